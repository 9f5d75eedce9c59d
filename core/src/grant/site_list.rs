//! The list of sites in a grant record (`docs/decisions/0041-when-sites-are-read.md`).

use std::sync::Arc;
use std::time::Duration;

use crate::error::GrantError;
use crate::grant::records;
use crate::ports::Ports;
use crate::provider::site::Site;
use crate::store::GrantRecord;

/// After a refresh: reads an old list of sites in the background, so that the caller who waited for the token
/// does not wait for this too. A list that was never read is left to those who need it. A failure keeps the
/// list that is known.
pub(crate) fn read_if_old(ports: &Arc<Ports>, grant: &Arc<GrantRecord>) {
    if !is_older(ports, grant, OLD) || grant.sites.is_none() {
        return;
    }
    let (worker, grant) = (Arc::clone(ports), Arc::clone(grant));
    ports.tasks.spawn(async move {
        if let Ok(sites) = worker.provider.sites(&grant.tokens).await {
            let _ = keep(&worker, &grant, &sites).await;
        }
    });
}

/// Whether the list was read at least `age` ago. A list from the future of this clock is young.
pub(crate) fn is_older(ports: &Ports, grant: &GrantRecord, age: Duration) -> bool {
    let read = ports.now().duration_since(grant.sites_read_at);
    read.unwrap_or_default() >= age
}

/// Stores sites that were read with the tokens of `read_with`, unless other tokens are stored by now: a newer
/// consent may reach more, and its own list must not be overwritten.
///
/// # Errors
///
/// [`GrantError::Store`] if the store failed.
pub(crate) async fn keep(
    ports: &Ports,
    read_with: &GrantRecord,
    sites: &Arc<[Site]>,
) -> Result<(), GrantError> {
    records::change(ports, &read_with.key, |stored| {
        // A newer token may reach more than the one with which these were read.
        (stored.generation == read_with.generation).then(|| GrantRecord {
            sites: Some(Arc::clone(sites)),
            sites_read_at: ports.now(),
            ..stored.clone()
        })
    })
    .await?;
    Ok(())
}

/// How old a list may become before a refresh or a page reads it again.
pub(crate) const OLD: Duration = Duration::from_secs(15 * 60);
