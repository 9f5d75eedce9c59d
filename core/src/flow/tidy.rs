//! What has ended leaves the store.

use std::sync::Arc;
use std::time::Duration;

use super::Ports;

/// No process looks more often for what has ended.
const GAP: Duration = Duration::from_secs(10 * 60);

/// Deletes what has ended, behind the request: after callbacks, because it is with them that rows come. Several instances
/// may do so at once; what fails is done after a later callback.
pub(super) fn tidy(ports: &Arc<Ports>) {
    let now = ports.now();
    if !ports.tidyings.is_time(&(), now, GAP) {
        return;
    }
    let behind = Arc::clone(ports);
    drop(ports.tasks.spawn(async move {
        match behind.sessions.delete_expired(now).await {
            Ok(gone) => tracing::debug!(target: "threelo", gone, "what had ended was deleted"),
            Err(error) => {
                tracing::warn!(target: "threelo", %error, "what has ended cannot be deleted");
            }
        }
    }));
}
