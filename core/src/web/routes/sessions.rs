//! `GET sessions`, `DELETE sessions/{handle}`: the visitor's own sessions. Sign-in mode only.

use http::StatusCode;
use serde_json::{Value, json};

use crate::clock::unix_seconds;
use crate::error::Rejection;
use crate::message::Reply;
use crate::session;
use crate::web::reply::json;
use crate::web::request::{Request, signed_in};
use crate::web::security::{require_method, require_readable, require_same_origin};
use crate::web::state::Web;

/// Lists the sessions of the account that is signed in, the newest first. Times are seconds since
/// 1970. A handle names a session in this list and is of no use as a cookie.
///
/// # Errors
///
/// 405; [`Rejection::Forbidden`] for reads from other sites; [`Rejection::NotSignedIn`];
/// [`Rejection::Store`].
pub(crate) async fn list(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET", "HEAD"], "GET, HEAD")?;
    require_readable(web, request)?;
    let current = signed_in(web, request).await?;
    let sessions = session::sessions_of(&web.ports, current.account()).await?;
    let sessions: Vec<Value> = sessions
        .iter()
        .map(|session| {
            json!({
                "handle": session.key.handle(),
                "created_at": unix_seconds(session.created_at),
                "seen_at": unix_seconds(session.seen_at),
                "expires_at": unix_seconds(session.expires_at),
                "current": session.key == current.key,
            })
        })
        .collect();
    Ok(json::reply(
        StatusCode::OK,
        &json!({ "sessions": sessions }),
    ))
}

/// Ends one of the visitor's own sessions: 204. If it is the current one, its cookie is removed.
///
/// The handle of another account's session is as unknown as a made-up one, so that nothing can be
/// learnt by trying.
///
/// # Errors
///
/// 405; [`Rejection::Forbidden`] without proof of the origin; [`Rejection::NotSignedIn`];
/// [`Rejection::NotFound`]; [`Rejection::Store`] if the session may still be there.
pub(crate) async fn end(web: &Web, request: &Request, handle: &str) -> Result<Reply, Rejection> {
    require_method(request, &["DELETE"], "DELETE")?;
    require_same_origin(web, request)?;
    let current = signed_in(web, request).await?;
    if !session::end_by_handle(&web.ports, current.account(), handle).await? {
        return Err(Rejection::NotFound);
    }
    let reply = Reply::new(StatusCode::NO_CONTENT);
    if current.key.handle() != handle {
        return Ok(reply);
    }
    let usual = session::ending(&web.ports);
    let cookies = match &request.context.session {
        Some(credential) => credential.removal(usual),
        None => usual,
    };
    Ok(cookies.iter().fold(reply, Reply::cookie))
}
