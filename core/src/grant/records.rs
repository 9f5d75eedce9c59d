//! Reading and changing grant records.

use std::sync::Arc;

use crate::error::{ConsentNeeded, GrantError};
use crate::ports::Ports;
use crate::store::{GrantKey, GrantRecord, Replaced, StoreError};

/// A compare-and-set is tried this often.
pub(crate) const TRIES: u32 = 6;

/// Changes a stored grant until no other writer is in between, six tries at most.
///
/// # Errors
///
/// [`StoreError`] if the store failed, or if others wrote each time. `None` if the grant is gone, or if `change` wants
/// nothing changed.
pub(crate) async fn change(
    ports: &Ports,
    key: &GrantKey,
    change: impl Fn(&GrantRecord) -> Option<GrantRecord>,
) -> Result<Option<Arc<GrantRecord>>, StoreError> {
    for _ in 0..TRIES {
        let Some(stored) = ports.grants.load(key).await? else {
            return Ok(None);
        };
        let Some(changed) = change(&stored) else {
            return Ok(None);
        };
        let record = Arc::new(GrantRecord {
            version: stored.version + 1,
            ..changed
        });
        let replaced = ports.grants.replace(stored.version, Arc::clone(&record));
        if replaced.await? == Replaced::Done {
            ports.refresh.cache.put(&record, ports.now());
            return Ok(Some(record));
        }
    }
    Err(StoreError::Failed("the grant is written too often".into()))
}

/// Deletes a grant here. What Atlassian keeps is the user's to remove.
pub(crate) async fn forget(ports: &Ports, key: &GrantKey) -> Result<(), StoreError> {
    let deleted = ports.grants.delete(key).await;
    // Also where nobody heard whether it was done.
    ports.refresh.cache.forget(key, ports.now());
    deleted?;
    tracing::info!(target: "threelo", "a grant was forgotten");
    Ok(())
}

/// The grant of an account as it is stored, whether its token works or not.
///
/// # Errors
///
/// [`ConsentReason::NoGrant`](crate::store::ConsentReason), or a store that failed.
pub(crate) async fn load(ports: &Ports, key: &GrantKey) -> Result<Arc<GrantRecord>, GrantError> {
    match ports.grants.load(key).await? {
        Some(record) => {
            ports.refresh.cache.put(&record, ports.now());
            Ok(record)
        }
        None => {
            ports.refresh.cache.forget(key, ports.now());
            Err(ConsentNeeded::NO_GRANT.into())
        }
    }
}
