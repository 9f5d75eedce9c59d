//! One refresh of a grant at a time in this process, for any number of waiters.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::error::GrantError;
use crate::ports::{Entry, Outcome, Phase, Ports};
use crate::refresh::attempt::Attempt;
use crate::store::{GrantKey, GrantRecord};

/// How many seconds a grant rests at most after failed refreshes: 1, 2, 4 and so on.
const LONGEST_REST: u64 = 30;
/// How many entries are kept before those whose rest is over are dropped.
const MOST_RESTS: usize = 10_000;

/// The answer to callers when a refresh takes too long: it goes on, and a later request finds its result.
pub(crate) const TRY_LATER: GrantError = GrantError::Unavailable {
    retry_after: Duration::from_secs(5),
};

/// Joins the refresh of a grant, or starts it for the generation of `record`. The receiver shows how far it is.
///
/// # Errors
///
/// [`GrantError::Unavailable`] while the grant rests after a failure, with the time that is left. Only the
/// process rests: another instance may try.
pub(crate) fn join(
    ports: &Arc<Ports>,
    record: &GrantRecord,
) -> Result<watch::Receiver<Phase>, GrantError> {
    let (key, now) = (&record.key, ports.now());
    let mut entries = ports.refresh.single_flight.lock();
    let failures = match entries.get(key) {
        Some(Entry::InFlight(flight)) => return Ok(flight.clone()),
        Some(resting @ Entry::BackingOff { failures, .. }) => {
            let retry_after = resting.rest(now);
            if !retry_after.is_zero() {
                return Err(GrantError::Unavailable { retry_after });
            }
            *failures
        }
        None => 0,
    };
    let (phase, flight) = watch::channel(Phase::Working);
    entries.insert(key.clone(), Entry::InFlight(flight.clone()));
    drop(entries);

    let guard = InFlightGuard {
        ports: Arc::clone(ports),
        key: key.clone(),
        failures,
        outcome: None,
    };
    let attempt = Attempt::new(Arc::clone(ports), record, phase);
    // The caller may hang up. The refresh token is spent all the same, so its successor must be stored.
    ports.tasks.spawn(run(attempt, guard));
    Ok(flight)
}

/// Runs a refresh to its end. The entry is cleared before the waiters are told, so that a waiter who asks again
/// starts anew instead of joining what has ended.
async fn run(mut attempt: Attempt, mut guard: InFlightGuard) {
    let outcome = attempt.run().await;
    guard.outcome = Some(outcome.clone());
    drop(guard);
    attempt.tell(Phase::Done(outcome));
}

/// Clears the way for the next refresh when it is dropped, also if the task panics or the runtime ends.
struct InFlightGuard {
    /// Where the entry is.
    ports: Arc<Ports>,
    /// Whose refresh it is.
    key: GrantKey,
    /// How many refreshes of the grant failed in a row before this one.
    failures: u32,
    /// What came of it; `None` if the task ended without an outcome, and then nothing rests.
    outcome: Option<Outcome>,
}

impl Drop for InFlightGuard {
    /// Removes the entry, or lets the grant rest after a failure: as long as the failure says, or 1, 2, 4 ...
    /// 30 seconds if that is longer. A refusal rests for no time, because the mark in the store answers the
    /// next caller.
    fn drop(&mut self) {
        let mut entries = self.ports.refresh.single_flight.lock();
        let rest = match &self.outcome {
            Some(Err(failure)) => failure.rest(),
            _ => None,
        };
        let Some(rest) = rest else {
            entries.remove(&self.key);
            return;
        };
        let doubled = Duration::from_secs((1 << self.failures.min(5)).min(LONGEST_REST));
        let now = self.ports.now();
        if entries.len() >= MOST_RESTS {
            entries.retain(|_, entry| {
                matches!(entry, Entry::InFlight(_)) || !entry.rest(now).is_zero()
            });
        }
        let entry = Entry::BackingOff {
            since: now,
            rest: doubled.max(rest),
            failures: self.failures + 1,
        };
        entries.insert(self.key.clone(), entry);
    }
}
