//! Time as a value.
//!
//! No module below the flow asks for the time: it is an argument there, so that every lifetime can be tested at its
//! exact end. Code that needs the time asks the [`Clock`] that was given to the builder, never `SystemTime::now` (a
//! lint forbids it).

use std::fmt::Debug;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A source of the current time: the only way by which time enters the crate.
///
/// Give one to [`AuthBuilder::clock`](crate::AuthBuilder::clock); the default is [`SystemClock`]. It is asked several
/// times for each request, so it must not block. Instances that share a store may differ by five seconds
/// (docs/decisions/0025).
///
/// ```
/// use std::time::SystemTime;
/// use threelo::clock::Clock;
///
/// #[derive(Debug)]
/// struct Frozen(SystemTime);
///
/// impl Clock for Frozen {
///     fn now(&self) -> SystemTime {
///         self.0
///     }
/// }
///
/// assert_eq!(Frozen(SystemTime::UNIX_EPOCH).now(), SystemTime::UNIX_EPOCH);
/// ```
pub trait Clock: Debug + Send + Sync + 'static {
    /// The current time. It may go backwards, as the system's clock does when it is set.
    fn now(&self) -> SystemTime;
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock")]
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A clock for tests: it stands still until it is moved.
///
/// ```
/// use std::sync::Arc;
/// use std::time::{Duration, SystemTime};
/// use threelo::clock::ManualClock;
/// use threelo::{Auth, Credentials};
///
/// # fn main() -> Result<(), threelo::BuildError> {
/// let clock = Arc::new(ManualClock::new(SystemTime::now()));
/// let auth = Auth::builder(Credentials::new("my-client-id", "my-secret"), "http://localhost:3000")
///     .clock(clock.clone())
///     .build()?;
///
/// clock.advance(Duration::from_secs(8 * 3600)); // sessions have ended now
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ManualClock(Mutex<SystemTime>);

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn new(start: SystemTime) -> Self {
        Self(Mutex::new(start))
    }

    /// Moves the clock forward. A step beyond what a [`SystemTime`] can hold is ignored.
    pub fn advance(&self, by: Duration) {
        let mut time = self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        *time = time.checked_add(by).unwrap_or(*time);
    }

    /// Sets the clock to any time, an earlier one included.
    pub fn set(&self, to: SystemTime) {
        *self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner()) = to;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        *self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Whole seconds since the start of 1970, as stored rows and sealed values hold times; earlier times are 0.
pub fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// The inverse of [`unix_seconds`]. Seconds beyond what a [`SystemTime`] can hold become the start of 1970, which lies
/// in the past for every check: a hostile number ends a lifetime and never extends one.
pub fn from_unix_seconds(seconds: u64) -> SystemTime {
    UNIX_EPOCH
        .checked_add(Duration::from_secs(seconds))
        .unwrap_or(UNIX_EPOCH)
}

/// How far the clock of another instance may be ahead or behind (docs/decisions/0025).
pub(crate) const SKEW: Duration = Duration::from_secs(5);

/// The time that has passed since `at`, which another instance may have noted. Up to [`SKEW`] in the future it is zero;
/// further in the future it is `None`, and the caller treats the value as invalid.
pub(crate) fn age(now: SystemTime, at: SystemTime) -> Option<Duration> {
    match now.duration_since(at) {
        Ok(age) => Some(age),
        Err(ahead) => (ahead.duration() <= SKEW).then_some(Duration::ZERO),
    }
}

/// Whether `at` is not before `began`, with a tolerance of [`SKEW`], because another instance may have noted either.
pub(crate) fn is_since(at: SystemTime, began: SystemTime) -> bool {
    at.checked_add(SKEW).is_none_or(|at| at >= began)
}
