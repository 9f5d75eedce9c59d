//! `GET sessions`, `DELETE sessions/{handle}`

use http::StatusCode;
use serde_json::{Value, json};

use super::{allow, readable, same_origin, signed_in};
use crate::clock::unix_seconds;
use crate::error::Rejection;
use crate::flow;
use crate::message::Reply;
use crate::web::answer::Request;
use crate::web::{Web, json};

/// The visitor's own sessions; times are seconds since 1970.
pub(super) async fn list(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    allow(request, &["GET", "HEAD"], "GET, HEAD")?;
    readable(web, request)?;
    let current = signed_in(web, request).await?;
    let sessions = flow::sessions_of(&web.ports, current.account()).await?;
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

/// Ends one of the visitor's own sessions; another account's handle is as unknown as a made-up one.
pub(super) async fn end(web: &Web, request: &Request, handle: &str) -> Result<Reply, Rejection> {
    allow(request, &["DELETE"], "DELETE")?;
    same_origin(web, request)?;
    let current = signed_in(web, request).await?;
    if !flow::end_by_handle(&web.ports, current.account(), handle).await? {
        return Err(Rejection::NotFound);
    }
    let reply = Reply::new(StatusCode::NO_CONTENT);
    if current.key.handle() != handle {
        return Ok(reply);
    }
    let usual = flow::ending(&web.ports);
    let cookies = match &request.context.session {
        Some(credential) => credential.removal(usual),
        None => usual,
    };
    Ok(cookies.iter().fold(reply, Reply::cookie))
}
