//! When the refresh tokens of one account after another are refused, the fault is in the app's
//! set-up or at Atlassian, and not in the grants (docs/decisions/0049).
//!
//! While that is so, no grant is marked as needing a new consent; callers get a 503.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::ids::AccountId;

/// This many accounts refused in a row, within the window, open the breaker: no further refusal is
/// believed.
const REFUSALS: usize = 5;
/// A refusal that is older than this counts no longer.
const WINDOW: Duration = Duration::from_secs(5 * 60);
/// More refusals are not remembered; they would change nothing.
const MOST: usize = 64;

/// The refusals of different accounts since the last success, in this process.
#[derive(Debug, Default)]
pub(crate) struct CircuitBreaker(Mutex<Vec<(AccountId, SystemTime)>>);

impl CircuitBreaker {
    /// Notes a refusal; `true` if it must not be believed. An account counts once, however often it
    /// is refused: a single dead grant that is asked for again and again proves nothing about the
    /// others.
    pub(crate) fn record_refusal(&self, account: &AccountId, now: SystemTime) -> bool {
        let mut refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |at: SystemTime| now.duration_since(at).unwrap_or_default() < WINDOW;
        refusals.retain(|(other, at)| other != account && is_recent(*at));
        if refusals.len() < MOST {
            refusals.push((account.clone(), now));
        }
        refusals.len() >= REFUSALS
    }

    /// A grant was refreshed, so Atlassian and the set-up work: earlier refusals were meant.
    pub(crate) fn record_success(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
