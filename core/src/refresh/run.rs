//! One refresh of a grant at a time in this process, for any number of waiters.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::error::GrantError;
use crate::ports::{Entry, Outcome, Phase, Ports};
use crate::refresh::attempt::Attempt;
use crate::store::{GrantKey, GrantRecord};

/// Failures rest 1, 2, 4 ... seconds, this long at most.
const LONGEST_REST: u64 = 30;
const MOST_RESTS: usize = 10_000;

/// What waiters are told when a refresh takes too long.
pub(crate) const TRY_LATER: GrantError = GrantError::Unavailable {
    retry_after: Duration::from_secs(5),
};

/// Joins the refresh of a grant, or starts it.
///
/// # Errors
///
/// [`GrantError::Unavailable`] while the grant rests after a failure.
pub(crate) fn join(
    ports: &Arc<Ports>,
    record: &GrantRecord,
) -> Result<watch::Receiver<Phase>, GrantError> {
    let (key, now) = (&record.key, ports.now());
    let mut entries = ports.refresh.single_flight.lock();
    let failures = match entries.get(key) {
        Some(Entry::InFlight(flight)) => return Ok(flight.clone()),
        Some(Entry::BackingOff { until, failures }) => {
            let rest = until.duration_since(now).unwrap_or_default();
            if !rest.is_zero() {
                return Err(GrantError::Unavailable { retry_after: rest });
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
    // Whoever waits may hang up: the refresh token is spent all the same, so its successor must be stored.
    ports.tasks.spawn(run(attempt, guard));
    Ok(flight)
}

async fn run(mut attempt: Attempt, mut guard: InFlightGuard) {
    let outcome = attempt.run().await;
    guard.outcome = Some(outcome.clone());
    drop(guard);
    attempt.tell(Phase::Done(outcome));
}

/// Clears the way for the next refresh, also when the task panics or the runtime ends.
struct InFlightGuard {
    ports: Arc<Ports>,
    key: GrantKey,
    failures: u32,
    outcome: Option<Outcome>,
}

impl Drop for InFlightGuard {
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
            entries.retain(|_, entry| match entry {
                Entry::InFlight(_) => true,
                Entry::BackingOff { until, .. } => *until > now,
            });
        }
        let entry = Entry::BackingOff {
            until: now.checked_add(doubled.max(rest)).unwrap_or(now),
            failures: self.failures + 1,
        };
        entries.insert(self.key.clone(), entry);
    }
}
