//! One function per route.

mod callback;
mod error;
mod login;
mod logout;
mod me;
mod sessions;
mod sites;

use std::sync::Arc;

use super::Web;
use super::answer::Request;
use super::route::Route;
use super::same_origin::is_foreign_read;
use crate::error::Rejection;
use crate::flow;
use crate::message::query::Query;
use crate::message::{Audience, Reply};
use crate::store::SessionRecord;

/// Runs a route.
pub(super) async fn run(
    web: &Web,
    route: Option<&Route>,
    request: &Request,
) -> Result<Reply, Rejection> {
    match route {
        None => Err(Rejection::NotFound),
        Some(Route::Login) => login::run(web, request),
        Some(Route::Callback) => callback::run(web, request).await,
        Some(Route::Logout) => logout::run(web, request).await,
        Some(Route::Me) => me::run(web, request).await,
        Some(Route::Sites) => sites::list(web, request).await,
        Some(Route::Site) => sites::choose(web, request).await,
        Some(Route::Sessions) => sessions::list(web, request).await,
        Some(Route::SessionOf(handle)) => sessions::end(web, request, handle).await,
        Some(Route::Error) => error::run(web, request),
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

fn readable(request: &Request) -> Result<(), Rejection> {
    if is_foreign_read(&request.head()) {
        Err(Rejection::Forbidden)
    } else {
        Ok(())
    }
}

fn same_origin(web: &Web, request: &Request) -> Result<(), Rejection> {
    if super::proves_same_origin(web, &request.head()) {
        Ok(())
    } else {
        Err(Rejection::Forbidden)
    }
}

async fn signed_in(web: &Web, request: &Request) -> Result<Arc<SessionRecord>, Rejection> {
    let session = flow::current(&web.ports, request.context.session.as_ref()).await?;
    session.ok_or(Rejection::NotSignedIn)
}

/// The query's parameters; a query that cannot be read has none.
fn query(request: &Request) -> Query {
    Query::parse(request.query.as_deref().unwrap_or_default().as_bytes()).unwrap_or_default()
}
