//! Reading and changing grant records. Each function keeps the process's grant cache in step with the store.

use std::sync::Arc;

use crate::error::{ConsentNeeded, GrantError};
use crate::ports::Ports;
use crate::store::{GrantKey, GrantRecord, Replaced, StoreError};

/// How often a compare-and-set is tried before the call fails.
pub(crate) const TRIES: u32 = 6;

/// Changes a stored grant: reads, applies `change` and replaces the version that was read, up to six times
/// while other writers get in between. `change` may be called several times and sees the newest record each
/// time.
///
/// Returns the record that was stored, or `None` if the grant is gone or `change` returned `None`.
///
/// # Errors
///
/// [`StoreError`] if the store failed, or if other writers won each time. After a failure of the write itself
/// it is unknown whether the change was stored.
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
    Err(StoreError::Failed(
        "too many concurrent writes to one grant".into(),
    ))
}

/// Deletes a grant here. What Atlassian keeps is the user's to remove (`docs/protocol.md`, section 9).
///
/// The cache forgets it even if the store failed, because the deletion may have happened although its answer
/// was lost; a reader that loaded the record before cannot put it back into the cache.
///
/// # Errors
///
/// [`StoreError`] if the grant may still be there.
pub(crate) async fn forget(ports: &Ports, key: &GrantKey) -> Result<(), StoreError> {
    let deleted = ports.grants.delete(key).await;
    // After an error too: the deletion may have happened although its answer was lost.
    ports.refresh.cache.forget(key, ports.now());
    deleted?;
    tracing::info!(target: "threelo", "a grant was forgotten");
    Ok(())
}

/// The grant under a key as it is stored, whether its token works or not. One store call, past the cache, which
/// is then brought up to date.
///
/// # Errors
///
/// [`GrantError::ConsentNeeded`] with [`ConsentReason::NoGrant`](crate::store::ConsentReason::NoGrant) if there
/// is none, [`GrantError::Store`] if the store failed.
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
