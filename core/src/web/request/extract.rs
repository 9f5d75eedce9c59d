//! What routes take out of a request.

use std::sync::Arc;

use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::environment::{is_loopback, origin_text};
use crate::error::Rejection;
use crate::flow::{Flash, flash};
use crate::message::Reply;
use crate::message::query::Query;
use crate::return_to::ReturnTo;
use crate::session;
use crate::store::SessionRecord;
use crate::web::request::request::Request;
use crate::web::state::Web;

pub(crate) async fn signed_in(
    web: &Web,
    request: &Request,
) -> Result<Arc<SessionRecord>, Rejection> {
    let session = session::current(&web.ports, request.context.session_key()).await?;
    session.ok_or(Rejection::NotSignedIn)
}

/// The place that a parameter names, if it is one of this app.
pub(crate) fn return_target(web: &Web, text: Option<&str>) -> Option<ReturnTo> {
    text.and_then(|text| web.ports.config.return_to.accept(text))
}

/// The fields of a small body: a form, or a JSON object of texts, `true` and `false`.
pub(crate) fn form(request: &Request) -> Result<Query, Rejection> {
    const UNREADABLE: Rejection = Rejection::BadRequest("the body cannot be read");
    let is_json = request
        .head()
        .first("content-type")
        .is_some_and(|kind| kind.starts_with(b"application/json"));
    if !is_json {
        return Query::parse(&request.body).map_err(|_large| UNREADABLE);
    }
    let body: serde_json::Map<String, Value> =
        serde_json::from_slice(&request.body).map_err(|_json| UNREADABLE)?;
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &body {
        match value {
            Value::String(text) => form.append_pair(name, text),
            Value::Bool(is) => form.append_pair(name, if *is { "true" } else { "false" }),
            Value::Null => continue,
            // Nothing is overlooked without a word.
            _ => return Err(Rejection::BadRequest("fields are texts, true or false")),
        };
    }
    Query::parse(form.finish().as_bytes()).map_err(|_large| UNREADABLE)
}

/// What happened on the way here, if a cookie of ours tells it to whoever is here now.
pub(crate) async fn flash(web: &Web, request: &Request) -> Option<Flash> {
    let cookie = request.context.flash.as_deref()?;
    if web.ports.config.mode.is_connect() {
        let subject = request.subject.required().ok()?;
        return flash::read(&web.ports, subject.as_str(), cookie);
    }
    let session = signed_in(web, request).await.ok()?;
    flash::read(&web.ports, session.account().as_str(), cookie)
}

/// A notice is shown once.
pub(crate) fn clear_flash(web: &Web, request: &Request, reply: Reply) -> Reply {
    match request.context.flash {
        Some(_) => reply.cookie(&flash::removal(&web.ports)),
        None => reply,
    }
}

/// The query's parameters; a query that cannot be read has none.
pub(crate) fn query(request: &Request) -> Query {
    Query::parse(request.query.as_deref().unwrap_or_default().as_bytes()).unwrap_or_default()
}

/// The public origin, if the visitor came by another loopback name, 127.0.0.1 for localhost: a flow's cookie would be set
/// where the callback cannot see it. Only for loopback names, because behind a proxy `Host` may be anything.
pub(crate) fn other_loopback_name(web: &Web, request: &Request) -> Option<String> {
    let public = &web.ports.config.public_url;
    let host = request
        .head()
        .first("host")
        .and_then(|host| std::str::from_utf8(host).ok())?;
    let visited = Url::parse(&format!("{}://{host}", public.scheme())).ok()?;
    let other_name = visited.host_str() != public.host_str() && visited.port() == public.port();
    if !is_loopback(public) || !is_loopback(&visited) || !other_name {
        return None;
    }
    Some(origin_text(public))
}
