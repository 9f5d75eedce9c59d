//! The sites that a grant record remembers.

use std::sync::Arc;
use std::time::Duration;

use crate::error::GrantError;
use crate::grant::records;
use crate::ports::Ports;
use crate::provider::site::Site;
use crate::store::GrantRecord;

/// After a refresh: reads old sites behind whoever waited for the token.
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

pub(crate) fn is_older(ports: &Ports, grant: &GrantRecord, age: Duration) -> bool {
    let read = ports.now().duration_since(grant.sites_read_at);
    read.unwrap_or_default() >= age
}

pub(crate) async fn keep(
    ports: &Ports,
    read_with: &GrantRecord,
    sites: &Arc<[Site]>,
) -> Result<(), GrantError> {
    records::change(ports, &read_with.key, |stored| {
        // A newer token knows more than the one that read these.
        (stored.generation == read_with.generation).then(|| GrantRecord {
            sites: Some(Arc::clone(sites)),
            sites_read_at: ports.now(),
            ..stored.clone()
        })
    })
    .await?;
    Ok(())
}

/// At a refresh they are read again when they are older.
pub(crate) const OLD: Duration = Duration::from_secs(15 * 60);
