//! The time of the sandbox.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// The time of the sandbox: that of the machine, plus what a test added.
///
/// Clones share one offset. Codes and tokens expire by this clock; delays of faults and slow bodies
/// run in real time.
///
/// ```
/// use std::time::Duration;
/// use threelo_sandbox::SandboxClock;
///
/// let clock = SandboxClock::default();
/// let shared = clock.clone();
/// let before = clock.now();
///
/// shared.advance(Duration::from_secs(3600));
/// assert!(clock.now() >= before + Duration::from_secs(3600));
/// ```
#[derive(Clone, Debug, Default)]
pub struct SandboxClock(Arc<Mutex<Duration>>);

impl SandboxClock {
    /// Moves the time forward. Several calls add up, and it cannot be moved back.
    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    /// The machine's time plus everything that was added.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> SystemTime {
        SystemTime::now() + *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
