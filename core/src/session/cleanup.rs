//! Deleting expired rows (docs/decisions/0059).
//!
//! No timer and no leader is needed: sessions are made by callbacks, and it is callbacks that start
//! the cleanup.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::Causes;
use crate::ids::MarkKey;
use crate::ports::Ports;
use crate::store::{Spent, StoreError};

/// One instance cleans up in each interval of this length.
const GAP: Duration = Duration::from_secs(10 * 60);

/// Deletes expired sessions in the background, after a callback that spent its state. Never delays
/// or fails that callback.
///
/// This process tries at most once in ten minutes; of all processes, the one that spends the
/// interval's mark does the work. What fails is left to a later interval.
pub(crate) fn clean_up(ports: &Arc<Ports>) {
    let now = ports.now();
    if !ports.cleanup_throttle.allow(&(), now, GAP) {
        return;
    }
    let worker = Arc::clone(ports);
    drop(ports.tasks.spawn(async move {
        match delete(&worker, now).await {
            Ok(gone) => tracing::debug!(target: "threelo", gone, "expired sessions were deleted"),
            Err(error) => {
                tracing::warn!(target: "threelo", error = %Causes(&error), "expired sessions could not be deleted");
            }
        }
    }));
}

/// Deletes expired sessions if this instance has the turn; tells how many.
///
/// # Errors
///
/// [`StoreError`] if the turn or the deletion failed; some rows may be gone.
async fn delete(ports: &Ports, now: SystemTime) -> Result<u64, StoreError> {
    let until = now.checked_add(GAP).unwrap_or(now);
    match ports.marks.spend(turn(now), now, until).await? {
        Spent::First => ports.sessions.delete_expired(now).await,
        Spent::Again => Ok(0),
    }
}

/// The mark of this interval of ten minutes: the instance that spends it has the turn. Its name
/// must stay the same across versions.
fn turn(now: SystemTime) -> MarkKey {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let turn = since.as_secs() / GAP.as_secs();
    MarkKey::named(&format!("tidy {turn}"))
}
