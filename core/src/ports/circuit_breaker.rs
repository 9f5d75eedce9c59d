//! When grant after grant is refused, the provider is wrong, or the app's set-up: not the grants.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::ids::AccountId;

/// This many grants refused in a row, within the window, and no more refusals are believed.
const REFUSALS: usize = 5;
const WINDOW: Duration = Duration::from_secs(5 * 60);
/// More are not remembered; they would change nothing.
const MOST: usize = 64;

/// Refusals of different grants since the last success.
#[derive(Debug, Default)]
pub(crate) struct CircuitBreaker(Mutex<Vec<(AccountId, SystemTime)>>);

impl CircuitBreaker {
    /// Notes a refusal; `true` if it is not to be believed.
    pub(crate) fn record_refusal(&self, account: &AccountId, now: SystemTime) -> bool {
        let mut refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |at: SystemTime| now.duration_since(at).unwrap_or_default() < WINDOW;
        refusals.retain(|(other, at)| other != account && is_recent(*at));
        if refusals.len() < MOST {
            refusals.push((account.clone(), now));
        }
        refusals.len() >= REFUSALS
    }

    /// A grant was refreshed: the provider is well.
    pub(crate) fn record_success(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
