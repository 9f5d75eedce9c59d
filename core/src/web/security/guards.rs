//! Checks at the beginning of a route.
//!
//! A route calls them before it reads a store, in the order in which they stand in its function.
//! The first that fails decides the answer.

use crate::error::Rejection;
use crate::message::{Audience, FetchMetadata};
use crate::web::request::Request;
use crate::web::security::csrf::is_foreign_read;
use crate::web::state::Web;

/// Refuses every method that is not in `methods`.
///
/// # Errors
///
/// [`Rejection::Method`]: 405, with `allowed` as the field `Allow`.
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

/// Refuses everything but a navigation of a whole window: a login starts and ends there.
///
/// Browsers also send `GET` for prefetches, frames, images and scripts; none of them may start or
/// use up a flow (docs/attacks.md T036, T037; docs/decisions/0022). A browser without `Sec-Fetch-*`
/// fields passes.
///
/// # Errors
///
/// [`Rejection::Prefetch`] (503) for prefetches and prerendering; [`Rejection::NavigationOnly`]
/// (400, in JSON with the address of the login) for frames, fetches and htmx.
pub(crate) fn require_navigation(request: &Request) -> Result<(), Rejection> {
    let head = request.head();
    let fetch = FetchMetadata::of(&head);
    if fetch.is_prefetch {
        return Err(Rejection::Prefetch);
    }
    if !fetch.is_navigation() || request.context.audience == Audience::Htmx {
        return Err(Rejection::NavigationOnly);
    }
    Ok(())
}

/// Refuses reads from pages of other sites, unless their origin is listed.
///
/// # Errors
///
/// [`Rejection::Forbidden`]: 403, the same whether or not the visitor is signed in.
pub(crate) fn require_readable(web: &Web, request: &Request) -> Result<(), Rejection> {
    if is_foreign_read(web, &request.context, &request.head()) {
        Err(Rejection::Forbidden)
    } else {
        Ok(())
    }
}

/// Refuses changes without proof of their origin; see [`may_change`](super::csrf::may_change).
///
/// # Errors
///
/// [`Rejection::Forbidden`]: 403. Nothing was changed and no store was read.
pub(crate) fn require_same_origin(web: &Web, request: &Request) -> Result<(), Rejection> {
    if crate::web::security::csrf::may_change(web, &request.head()) {
        Ok(())
    } else {
        Err(Rejection::Forbidden)
    }
}
