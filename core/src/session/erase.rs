//! Everything of an account leaves the store.

use std::sync::Arc;

use crate::grant::revoke;
use crate::ids::AccountId;
use crate::ports::Ports;
use crate::store::StoreError;

/// What was deleted of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Erased {
    /// Its sessions.
    pub sessions: u64,
    /// Its grants, with what was known of its sites and of the users of the app who had it.
    pub grants: u64,
}

/// Deletes sessions and grants, those that nobody can read included, and has the tokens revoked behind it.
///
/// # Errors
///
/// [`StoreError`] if some may still be there.
pub(crate) async fn erase(ports: &Arc<Ports>, account: &AccountId) -> Result<Erased, StoreError> {
    let (worker, account) = (Arc::clone(ports), account.clone());
    let erased = async move { erase_all(&worker, &account).await };
    ports.tasks.complete(erased).await
}

async fn erase_all(ports: &Arc<Ports>, account: &AccountId) -> Result<Erased, StoreError> {
    let theirs = ports.grants.of_account(&ports.app, account).await?;
    let deleted = delete(ports, account).await;
    // Whatever came of it: a deletion whose answer is lost may have been done.
    for key in theirs.iter().map(|grant| &grant.key) {
        ports.refresh.cache.forget(key, ports.now());
    }
    ports
        .refresh
        .cache
        .forget(&ports.grant_key(account), ports.now());
    for grant in &theirs {
        revoke(ports, grant);
    }
    let erased = deleted?;
    tracing::info!(target: "threelo", sessions = erased.sessions, grants = erased.grants, "an account was deleted");
    Ok(erased)
}

async fn delete(ports: &Ports, account: &AccountId) -> Result<Erased, StoreError> {
    Ok(Erased {
        sessions: ports.sessions.delete_of(account).await?,
        grants: ports.grants.delete_of(&ports.app, account).await?,
    })
}
