//! Checks at the beginning of a route.

use crate::error::Rejection;
use crate::message::Audience;
use crate::web::request::Request;
use crate::web::security::csrf::is_foreign_read;
use crate::web::state::Web;

/// Refuses every method but the allowed ones.
pub(crate) fn require_method(
    request: &Request,
    methods: &[&str],
    allowed: &'static str,
) -> Result<(), Rejection> {
    if methods.contains(&request.method.as_str()) {
        Ok(())
    } else {
        Err(Rejection::Method(allowed))
    }
}

/// A login starts and ends in a page's own navigation: prefetches, frames and fetches change nothing.
pub(crate) fn require_navigation(request: &Request) -> Result<(), Rejection> {
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

pub(crate) fn require_readable(web: &Web, request: &Request) -> Result<(), Rejection> {
    if is_foreign_read(web, &request.context, &request.head()) {
        Err(Rejection::Forbidden)
    } else {
        Ok(())
    }
}

/// Refuses changes that no page of ours, of a listed origin or with a bearer session asks for.
pub(crate) fn require_same_origin(web: &Web, request: &Request) -> Result<(), Rejection> {
    if crate::web::security::csrf::may_change(web, &request.head()) {
        Ok(())
    } else {
        Err(Rejection::Forbidden)
    }
}
