//! Deleting everything that is stored of an account.

use std::sync::Arc;

use crate::grant::revoke;
use crate::ids::AccountId;
use crate::ports::Ports;
use crate::session::end::delete_all;
use crate::store::StoreError;

/// What was deleted of an account.
///
/// ```no_run
/// # async fn erase(auth: threelo::Auth, account: threelo::AccountId) -> Result<(), threelo::GrantError> {
/// let erased = auth.delete_account(&account).await?;
/// if erased == threelo::Erased::default() {
///     println!("nothing was stored of {account}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Erased {
    /// Its sessions, of all kinds.
    pub sessions: u64,
    /// Its grants, with what was known of its sites and of the users of the app who had connected
    /// it.
    pub grants: u64,
}

/// Deletes sessions and grants, unreadable rows included, and asks Atlassian in the background to
/// revoke the tokens that could be read. It is finished even if the caller hangs up.
///
/// # Errors
///
/// [`StoreError`] if some may still exist: call it again.
pub(crate) async fn erase(ports: &Arc<Ports>, account: &AccountId) -> Result<Erased, StoreError> {
    let (worker, account) = (Arc::clone(ports), account.clone());
    let erased = async move { erase_all(&worker, &account).await };
    ports.tasks.complete(erased).await
}

/// The grants are read first, because their tokens are needed for the revocation. Then, whatever
/// came of the deletion, this process forgets them: a deletion whose answer was lost may have
/// happened.
async fn erase_all(ports: &Arc<Ports>, account: &AccountId) -> Result<Erased, StoreError> {
    let theirs = ports.grants.of_account(&ports.app, account).await?;
    let deleted = delete(ports, account).await;
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

/// Sessions first, so that a failure in between leaves no signed-in visitor without a grant.
async fn delete(ports: &Ports, account: &AccountId) -> Result<Erased, StoreError> {
    Ok(Erased {
        sessions: delete_all(&*ports.sessions, account).await?,
        grants: ports.grants.delete_of(&ports.app, account).await?,
    })
}
