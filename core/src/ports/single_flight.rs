//! Which refreshes are under way in this process, and what came of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use crate::error::{Causes, ConsentNeeded, GrantError};
use crate::secret::opaque_debug;
use crate::store::{GrantKey, GrantRecord, StoreError};

/// How far a refresh is.
#[derive(Clone, Debug)]
pub(crate) enum Phase {
    /// Worth waiting for.
    Working,
    /// It goes on, but nobody should wait: the provider is silent, or the store is down.
    Late,
    /// Over.
    Done(Outcome),
}

pub(crate) enum Entry {
    InFlight(watch::Receiver<Phase>),
    /// The last one failed; the next is not before `until`.
    BackingOff {
        until: SystemTime,
        failures: u32,
    },
}

/// The refreshes of this process.
#[derive(Default)]
pub(crate) struct SingleFlight(Mutex<HashMap<GrantKey, Entry>>);

opaque_debug!(SingleFlight);

impl SingleFlight {
    pub(crate) fn lock(&self) -> MutexGuard<'_, HashMap<GrantKey, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new consent: whatever failed before, the next refresh need not rest.
    pub(crate) fn wake(&self, key: &GrantKey) {
        let mut entries = self.lock();
        if matches!(entries.get(key), Some(Entry::BackingOff { .. })) {
            entries.remove(key);
        }
    }
}

/// What came of a refresh, for all who waited.
pub(crate) type Outcome = Result<Arc<GrantRecord>, Failure>;

/// Why a refresh gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Only a new consent helps.
    Consent(ConsentNeeded),
    /// Not now; not before this long.
    NotNow(Duration),
    /// The store failed.
    Store,
}

impl Failure {
    /// How long nobody should try again; nothing where trying again asks nobody but the store.
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
            Failure::Store => StoreError::Failed("the refresh could not reach it".into()).into(),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        tracing::warn!(target: "threelo", error = %Causes(&error), "a refresh could not reach the grant store");
        Self::Store
    }
}
