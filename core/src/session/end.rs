//! Ending sessions: at the store first and in the browser second.
//!
//! The cookie is removed only after the row is gone. If the store fails, the visitor keeps the
//! cookie and can try again, instead of being told that they are signed out while the session still
//! works (docs/decisions/0029).

use std::sync::Arc;

use crate::error::{Causes, Rejection};
use crate::ids::{AccountId, SessionTokenHash};
use crate::message::cookie::SetCookie;
use crate::ports::Ports;
use crate::store::{SessionStore, StoreError};

/// The cookies that take a session from a browser: the removal, and a marker that lives one second
/// (docs/decisions/0030).
///
/// Chromium drops a `no-store` page from its back-forward cache when cookies change, but it
/// overlooks a removal when the page was reached by the very redirect that set the cookie, as the
/// page after a login is (seen in Chromium 156, `tests/browser`). A cookie that is set is never
/// overlooked.
pub(crate) fn ending(ports: &Ports) -> Vec<SetCookie> {
    let cookies = &ports.config.cookies;
    vec![
        SetCookie::removal(&cookies.session, cookies.secure),
        SetCookie::new(&cookies.ended, "1", cookies.secure).max_age(1),
    ]
}

/// Ends one session and gives the cookies that take it from the browser. The deletion is finished
/// even if the visitor hangs up. A session that has already ended is no error.
///
/// # Errors
///
/// [`Rejection::Store`] if the session may still exist.
pub(crate) async fn end(
    ports: &Arc<Ports>,
    key: &SessionTokenHash,
) -> Result<Vec<SetCookie>, Rejection> {
    let (worker, key) = (Arc::clone(ports), *key);
    let ended = ports.tasks.complete(async move {
        // The log tells of sessions that were there, not of made-up cookies.
        let was_there = worker.sessions.load(&key).await?.is_some();
        worker.sessions.delete(&key).await?;
        Ok(was_there)
    });
    if ended.await? {
        tracing::info!(target: "threelo", "session ended");
    }
    Ok(ending(ports))
}

/// Ends all sessions of an account, of every kind, on all devices. A session that is being made at
/// this moment notices it and ends itself (see `share`).
///
/// # Errors
///
/// [`Rejection::Store`] if some may still exist.
pub(crate) async fn end_all(
    ports: &Arc<Ports>,
    account: &AccountId,
) -> Result<Vec<SetCookie>, Rejection> {
    let (worker, account) = (Arc::clone(ports), account.clone());
    let ended = async move { delete_all(&*worker.sessions, &account).await };
    ports.tasks.complete(ended).await?;
    tracing::info!(target: "threelo", "all sessions of an account ended");
    Ok(ending(ports))
}

/// Deletes an account's sessions, and looks again until there are none.
///
/// A session that is being made of another one (`share`) is stored first, and then the other one is looked for: it may
/// have been stored after the first deletion had read the list, and have found the other one before that deletion was
/// done. The second deletion sees it.
///
/// # Errors
///
/// [`StoreError`] if the store failed; some sessions may be gone.
pub(crate) async fn delete_all(
    sessions: &dyn SessionStore,
    account: &AccountId,
) -> Result<u64, StoreError> {
    let mut total = 0;
    for _ in 0..MOST_LOOKS {
        match sessions.delete_of(account).await? {
            0 => break,
            gone => total += gone,
        }
    }
    Ok(total)
}

/// Somebody who begins sessions as fast as they are deleted is not waited for.
const MOST_LOOKS: usize = 10;

/// Ends the sessions of an account that is not active any more, as Atlassian's profile says. If the
/// store fails, the next look at the profile tries again; the failure is logged.
pub(crate) async fn account_ended(ports: &Ports, account: &AccountId) {
    match delete_all(&*ports.sessions, account).await {
        Ok(0) => {}
        Ok(_) => tracing::info!(target: "threelo", "the sessions of an inactive account ended"),
        Err(error) => {
            tracing::warn!(
                target: "threelo",
                error = %Causes(&error),
                "the sessions of an inactive account could not be ended"
            );
        }
    }
}

/// Ends the account's session with this handle; `false` if the account has none. Only sessions of
/// `account` are searched, so a handle of another account ends nothing.
///
/// # Errors
///
/// [`Rejection::Store`] if the store failed; the session may still exist.
pub(crate) async fn end_by_handle(
    ports: &Ports,
    account: &AccountId,
    handle: &str,
) -> Result<bool, Rejection> {
    let sessions = ports.sessions.list_of(account).await?;
    let Some(session) = sessions
        .iter()
        .find(|session| session.key.handle() == handle)
    else {
        return Ok(false);
    };
    let (store, key) = (Arc::clone(&ports.sessions), session.key);
    ports
        .tasks
        .complete(async move { store.delete(&key).await })
        .await?;
    Ok(true)
}
