//! One function per route.

pub(super) mod api;
mod callback;
mod connect;
mod connections;
mod disconnect;
mod done;
mod error;
pub(super) mod foreign;
mod login;
mod logout;
mod me;
mod openapi;
mod redeem;
mod sessions;
mod sites;
mod token;
mod worker;

use std::sync::Arc;

use serde_json::Value;
use url::{Url, form_urlencoded};

use super::Web;
use super::answer::Request;
use super::route::Route;
use super::same_origin::is_foreign_read;
use crate::environment::{is_loopback, origin_text};
use crate::error::Rejection;
use crate::flow::{self, Notice};
use crate::message::query::Query;
use crate::message::{Audience, Replied, Reply};
use crate::return_to::ReturnTo;
use crate::store::SessionRecord;

/// Runs a route.
pub(super) async fn run(
    web: &Arc<Web>,
    route: Option<&Route>,
    request: &Request,
) -> Result<Replied, Rejection> {
    if let Some(answer) = foreign::judged(web, route, request) {
        return answer.map(Replied::from);
    }
    match route {
        Some(Route::Api(call)) => api::run(web, request, call).await,
        route => whole(web, route, request).await.map(Replied::from),
    }
}

async fn whole(web: &Web, route: Option<&Route>, request: &Request) -> Result<Reply, Rejection> {
    match route {
        Some(Route::Token) => token::run(web, request).await,
        Some(Route::Redeem) => redeem::run(web, request).await,
        Some(Route::Done) => done::run(web, request).await,
        Some(Route::Script) => done::script(request),
        Some(Route::OpenApi) => openapi::run(web, request),
        None | Some(Route::Api(_)) => Err(Rejection::NotFound),
        Some(Route::Login) => login::run(web, request).await,
        Some(Route::Callback) => callback::run(web, request).await,
        Some(Route::Logout) => logout::run(web, request).await,
        Some(Route::Me) => me::run(web, request).await,
        Some(Route::Sites) => sites::list(web, request).await,
        Some(Route::Site) => sites::choose(web, request).await,
        Some(Route::Sessions) => sessions::list(web, request).await,
        Some(Route::SessionOf(handle)) => sessions::end(web, request, handle).await,
        Some(Route::Connect) => connect::run(web, request).await,
        Some(Route::Connections) => connections::run(web, request).await,
        Some(Route::Disconnect) => disconnect::run(web, request).await,
        Some(Route::Error) => error::run(web, request).await,
    }
}

/// Refuses every method but the allowed ones.
fn allow(request: &Request, methods: &[&str], allowed: &'static str) -> Result<(), Rejection> {
    if methods.contains(&request.method.as_str()) {
        Ok(())
    } else {
        Err(Rejection::Method(allowed))
    }
}

/// A login starts and ends in a page's own navigation: prefetches, frames and fetches change nothing.
fn navigation_only(request: &Request) -> Result<(), Rejection> {
    let head = request.head();
    let prefetches = |name| {
        head.first(name)
            .is_some_and(|value| value.windows(8).any(|part| part == b"prefetch"))
    };
    if prefetches("sec-purpose") || prefetches("purpose") {
        return Err(Rejection::Prefetch);
    }
    let is_document = head
        .first("sec-fetch-dest")
        .is_none_or(|dest| dest == b"document");
    let is_navigation = head
        .first("sec-fetch-mode")
        .is_none_or(|mode| mode == b"navigate");
    if !is_document || !is_navigation || request.context.audience == Audience::Htmx {
        return Err(Rejection::NavigationOnly);
    }
    Ok(())
}

fn readable(web: &Web, request: &Request) -> Result<(), Rejection> {
    if is_foreign_read(web, &request.context, &request.head()) {
        Err(Rejection::Forbidden)
    } else {
        Ok(())
    }
}

/// Refuses changes that no page of ours, of a listed origin or with a bearer session asks for.
fn same_origin(web: &Web, request: &Request) -> Result<(), Rejection> {
    if super::may_change(web, &request.head()) {
        Ok(())
    } else {
        Err(Rejection::Forbidden)
    }
}

async fn signed_in(web: &Web, request: &Request) -> Result<Arc<SessionRecord>, Rejection> {
    let session = flow::current(&web.ports, request.context.session_key()).await?;
    session.ok_or(Rejection::NotSignedIn)
}

/// The place that a parameter names, if it is one of this app.
fn place(web: &Web, text: Option<&str>) -> Option<ReturnTo> {
    text.and_then(|text| web.ports.config.return_to.accept(text))
}

/// The fields of a small body: a form, or a JSON object of texts, `true` and `false`.
fn fields(request: &Request) -> Result<Query, Rejection> {
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
async fn notice(web: &Web, request: &Request) -> Option<Notice> {
    let cookie = request.context.notice.as_deref()?;
    if web.ports.config.mode.is_connect() {
        let subject = request.subject.required().ok()?;
        return flow::read_notice(&web.ports, subject.as_str(), cookie);
    }
    let session = signed_in(web, request).await.ok()?;
    flow::read_notice(&web.ports, session.account().as_str(), cookie)
}

/// A notice is shown once.
fn seen(web: &Web, request: &Request, reply: Reply) -> Reply {
    match request.context.notice {
        Some(_) => reply.cookie(&flow::notice_removal(&web.ports)),
        None => reply,
    }
}

/// The query's parameters; a query that cannot be read has none.
fn query(request: &Request) -> Query {
    Query::parse(request.query.as_deref().unwrap_or_default().as_bytes()).unwrap_or_default()
}

/// The public origin, if the visitor came by another loopback name, 127.0.0.1 for localhost: a flow's cookie would be set
/// where the callback cannot see it. Only for loopback names, because behind a proxy `Host` may be anything.
fn other_loopback_name(web: &Web, request: &Request) -> Option<String> {
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
