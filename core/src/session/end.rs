//! Ending sessions.

use std::sync::Arc;

use crate::error::{Causes, Rejection};
use crate::ids::{AccountId, SessionTokenHash};
use crate::message::cookie::SetCookie;
use crate::ports::Ports;

/// The cookies that take a session from a browser: the removal, and a mark that lives one second.
///
/// Chromium throws a `no-store` page out of its back-forward cache when cookies change; but it overlooks a mere removal
/// when the page was reached by the very redirect that set the cookie, as the page after a login is (seen in Chromium
/// 156, `tests/browser`). A cookie that is set is never overlooked.
pub(crate) fn ending(ports: &Ports) -> Vec<SetCookie> {
    let cookies = &ports.config.cookies;
    let mark = format!("{}-ended", cookies.session);
    vec![
        SetCookie::removal(&cookies.session, cookies.secure),
        SetCookie::new(&mark, "1", cookies.secure).max_age(1),
    ]
}

/// Ends one session and gives the cookies that take it from the browser.
///
/// # Errors
///
/// [`Rejection::Store`] if the session may still be there.
pub(crate) async fn end(
    ports: &Arc<Ports>,
    key: &SessionTokenHash,
) -> Result<Vec<SetCookie>, Rejection> {
    let (worker, key) = (Arc::clone(ports), *key);
    let ended = ports
        .tasks
        .complete(async move { worker.sessions.delete(&key).await });
    ended.await?;
    tracing::info!(target: "threelo", "session ended");
    Ok(ending(ports))
}

/// Ends all sessions of an account.
///
/// # Errors
///
/// [`Rejection::Store`] if some may still be there.
pub(crate) async fn end_all(
    ports: &Arc<Ports>,
    account: &AccountId,
) -> Result<Vec<SetCookie>, Rejection> {
    let (worker, account) = (Arc::clone(ports), account.clone());
    let ended = async move { worker.sessions.delete_of(&account).await };
    ports.tasks.complete(ended).await?;
    tracing::info!(target: "threelo", "all sessions of an account ended");
    Ok(ending(ports))
}

/// Atlassian says that an account is not active any more: its sessions end. A store that is down is asked again at the next
/// look at the profile.
pub(crate) async fn account_ended(ports: &Ports, account: &AccountId) {
    match ports.sessions.delete_of(account).await {
        Ok(0) => {}
        Ok(_) => tracing::info!(target: "threelo", "the sessions of an inactive account ended"),
        Err(error) => {
            tracing::warn!(target: "threelo", error = %Causes(&error), "the sessions of an inactive account could not be ended");
        }
    }
}

/// Ends the account's session with this handle; `false` if it has none.
///
/// # Errors
///
/// [`Rejection::Store`] if the store failed.
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
