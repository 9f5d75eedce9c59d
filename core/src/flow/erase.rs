//! Everything of an account leaves the store.

use std::sync::Arc;

use super::links::revoke;
use super::ports::Ports;
use crate::ids::AccountId;
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
    let theirs = ports.grants.of_account(&ports.app, account).await?;
    let erased = Erased {
        sessions: ports.sessions.delete_of(account, None).await?,
        grants: ports.grants.delete_of(&ports.app, account).await?,
    };
    for grant in &theirs {
        ports.refresh.cache.forget(&grant.key);
        revoke(ports, grant);
    }
    tracing::info!(target: "threelo", sessions = erased.sessions, grants = erased.grants, "an account was deleted");
    Ok(erased)
}
