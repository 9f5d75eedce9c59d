//! What has ended leaves the store.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::Causes;
use crate::ids::MarkKey;
use crate::ports::Ports;
use crate::store::{Spent, StoreError};

/// Nobody looks more often for what has ended.
const GAP: Duration = Duration::from_secs(10 * 60);

/// Deletes what has ended, behind the request: after callbacks, because it is with them that rows come. In each ten minutes
/// one instance does it; what fails is done in later ones.
pub(crate) fn clean_up(ports: &Arc<Ports>) {
    let now = ports.now();
    if !ports.cleanup_throttle.allow(&(), now, GAP) {
        return;
    }
    let behind = Arc::clone(ports);
    drop(ports.tasks.spawn(async move {
        match delete(&behind, now).await {
            Ok(gone) => tracing::debug!(target: "threelo", gone, "what had ended was deleted"),
            Err(error) => {
                tracing::warn!(target: "threelo", error = %Causes(&error), "what has ended cannot be deleted");
            }
        }
    }));
}

async fn delete(ports: &Ports, now: SystemTime) -> Result<u64, StoreError> {
    let until = now.checked_add(GAP).unwrap_or(now);
    match ports.marks.spend(turn(now), now, until).await? {
        Spent::First => ports.sessions.delete_expired(now).await,
        Spent::Again => Ok(0),
    }
}

/// The mark of these ten minutes: whoever spends it has the turn.
fn turn(now: SystemTime) -> MarkKey {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let turn = since.as_secs() / GAP.as_secs();
    MarkKey::named(&format!("tidy {turn}"))
}
