//! What routes take out of a request.

use std::sync::Arc;

use serde_json::Value;
use url::form_urlencoded;

use crate::error::Rejection;
use crate::flow::{Flash, flash};
use crate::message::Reply;
use crate::message::query::Query;
use crate::return_to::ReturnTo;
use crate::session;
use crate::store::SessionRecord;
use crate::web::request::request::Request;
use crate::web::state::Web;

/// Looks up the session that the request shows. One read of the store.
///
/// # Errors
///
/// [`Rejection::NotSignedIn`] if there is none or it has ended; [`Rejection::Store`] if the store
/// cannot tell, which is never taken for "signed out" (docs/attacks.md T223).
pub(crate) async fn signed_in(
    web: &Web,
    request: &Request,
) -> Result<Arc<SessionRecord>, Rejection> {
    let session = session::current(&web.ports, request.context.session_key()).await?;
    session.ok_or(Rejection::NotSignedIn)
}

/// Checks a return target that came in a parameter. Anything but a place of this app or of a listed
/// origin is `None`, and the caller uses the default (docs/attacks.md T065).
pub(crate) fn return_target(web: &Web, text: Option<&str>) -> Option<ReturnTo> {
    text.and_then(|text| web.ports.config.return_to.accept(text))
}

/// Reads the fields of a small body: a JSON object if `Content-Type` begins with
/// `application/json`, otherwise a form.
///
/// JSON values become what a form would send: texts as they are, `true` and `false` as words,
/// `null` as a missing field.
///
/// # Errors
///
/// [`Rejection::BadRequest`] (400) for malformed JSON, for numbers, arrays and objects in it, and
/// for more than 64 fields or 8 KiB of them once they are written as a form.
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
            Value::Bool(value) => form.append_pair(name, if *value { "true" } else { "false" }),
            Value::Null => continue,
            // A field that cannot be used is an error, so that no client believes it was heeded.
            _ => return Err(Rejection::BadRequest("fields are texts, true or false")),
        };
    }
    Query::parse(form.finish().as_bytes()).map_err(|_large| UNREADABLE)
}

/// Reads what happened on the way here, from the flash cookie.
///
/// The cookie is sealed for its recipient: the account that is signed in, or in connect mode the
/// app's user. The next person at the same browser cannot read it (docs/decisions/0024). `None`
/// whenever it cannot be read, a failed store included: the page then says less.
pub(crate) async fn flash(web: &Web, request: &Request) -> Option<Flash> {
    let cookie = request.context.flash.as_deref()?;
    if web.ports.config.mode.is_connect() {
        let subject = request.subject.required().ok()?;
        return flash::read(&web.ports, subject.as_str(), cookie);
    }
    let session = signed_in(web, request).await.ok()?;
    flash::read(&web.ports, session.account().as_str(), cookie)
}

/// Reads a flash for which nobody need be signed in in sign-in mode: it is for whoever uses this browser.
/// In connect mode it is the app's user's, as any other.
pub(crate) fn open_flash(web: &Web, request: &Request) -> Option<Flash> {
    let cookie = request.context.flash.as_deref()?;
    let recipient = match web.ports.config.mode.is_connect() {
        true => request.subject.required().ok()?.as_str(),
        false => "",
    };
    flash::read(&web.ports, recipient, cookie)
}

/// Removes the flash cookie, if the request has one: a message is shown once.
pub(crate) fn clear_flash(web: &Web, request: &Request, reply: Reply) -> Reply {
    match request.context.flash {
        Some(_) => reply.cookie(&flash::removal(&web.ports)),
        None => reply,
    }
}

/// Reads the parameters of the query. A query beyond 8 KiB or 64 parameters counts as empty
/// (docs/attacks.md T203).
pub(crate) fn query(request: &Request) -> Query {
    Query::parse(request.query.as_deref().unwrap_or_default().as_bytes()).unwrap_or_default()
}
