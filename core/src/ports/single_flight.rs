//! Which refreshes are in progress in this process, and what came of them: one task refreshes, any
//! number of callers wait for its result (docs/decisions/0045).
//!
//! Other processes are kept out by the lease in the store; this room knows nothing of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use crate::error::{Causes, ConsentNeeded, GrantError};
use crate::secret::opaque_debug;
use crate::store::{GrantKey, GrantRecord, StoreError};

/// How far a refresh is, as its waiters are told.
#[derive(Clone, Debug)]
pub(crate) enum Phase {
    /// In progress, and worth waiting for.
    Working,
    /// It continues in the background, but waiting makes no sense: Atlassian does not answer, or
    /// the store is down. Waiters get a 503.
    Late,
    /// Over. The entry is removed before waiters are told, so that a new caller does not join a
    /// refresh that is over.
    Done(Outcome),
}

/// What is known of a grant: a refresh in progress, or a rest after a failure.
pub(crate) enum Entry {
    /// A refresh in progress, to be joined.
    InFlight(watch::Receiver<Phase>),
    /// The last refresh failed; callers are refused until the rest is over.
    BackingOff {
        /// When it failed. After a clock was set back the rest is over.
        since: SystemTime,
        /// How long it rests.
        rest: Duration,
        /// Failures in a row, each of which doubles the rest.
        failures: u32,
    },
}

impl Entry {
    /// What is left of a rest; zero if there is none.
    pub(crate) fn rest(&self, now: SystemTime) -> Duration {
        match self {
            Self::InFlight(_) => Duration::ZERO,
            Self::BackingOff { since, rest, .. } => {
                let age = now.duration_since(*since);
                age.map_or(Duration::ZERO, |age| rest.saturating_sub(age))
            }
        }
    }
}

/// The refreshes of this process, by grant. Grants do not wait for each other (docs/attacks.md,
/// T176).
#[derive(Default)]
pub(crate) struct SingleFlight(Mutex<HashMap<GrantKey, Entry>>);

opaque_debug!(SingleFlight);

impl SingleFlight {
    /// The entries. The lock is held for a moment and never across an await; a panic does not make
    /// the app unusable.
    pub(crate) fn lock(&self) -> MutexGuard<'_, HashMap<GrantKey, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new consent was stored: the grant need not rest for failures of the one before. A refresh
    /// in progress is left alone.
    pub(crate) fn wake(&self, key: &GrantKey) {
        let mut entries = self.lock();
        if matches!(entries.get(key), Some(Entry::BackingOff { .. })) {
            entries.remove(key);
        }
    }
}

/// What came of a refresh, for all who waited: the grant as it is stored, or why there is none.
pub(crate) type Outcome = Result<Arc<GrantRecord>, Failure>;

/// Why a refresh gave no token. The grant is not lost by any of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Only a new consent helps. There is no rest, because what is stored answers further callers.
    Consent(ConsentNeeded),
    /// Atlassian gives no token now; the next attempt makes sense after this time.
    NotNow(Duration),
    /// The store failed; only the rest that grows with each failure applies.
    Store,
}

impl Failure {
    /// The least rest before the next attempt; `None` if none is needed, because what is stored
    /// answers further callers.
    pub(crate) fn rest(self) -> Option<Duration> {
        match self {
            Self::Consent(_) => None,
            Self::NotNow(rest) => Some(rest),
            Self::Store => Some(Duration::ZERO),
        }
    }
}

impl From<Failure> for GrantError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Consent(needed) => needed.into(),
            Failure::NotNow(rest) => Self::Unavailable {
                retry_after: rest.max(Duration::from_secs(1)),
            },
            Failure::Store => {
                StoreError::Failed("a refresh could not reach the grant store".into()).into()
            }
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        tracing::warn!(target: "threelo", error = %Causes(&error), "a refresh could not reach the grant store");
        Self::Store
    }
}
