//! Navigations that begin on a page of another site: that page must not learn from them whether the
//! visitor is signed in.
//!
//! A page can open an address of the app in a window and watch what happens: redirects, timing, the
//! number of frames (docs/attacks.md T127). Such a navigation therefore gets the same page for
//! every visitor (docs/decisions/0067).

use http::StatusCode;
use http::header::HeaderName;

use crate::error::Rejection;
use crate::message::query::Param;
use crate::message::{FetchMetadata, Reply};
use crate::pages::Page;
use crate::web::request::{Request, Route, query};
use crate::web::state::Web;

/// Cuts the window off from the page that opened it.
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// The parameter that marks the second request, so that there is no third.
pub(crate) const BOUNCED: &str = "bounced";

/// Whether a request is a navigation from another site to a page that depends on the visitor.
///
/// `same-site` counts as another site: a sibling host may belong to someone else. A browser that
/// sends no `Sec-Fetch-*` fields is not recognized. A login counts only if it names an account,
/// because a plain login looks the same for every visitor, and only after a click: without one the
/// login asks first anyway, and the reload would pass for the user's own navigation.
pub(crate) fn is_foreign_navigation(route: Option<&Route>, request: &Request) -> bool {
    let depends = route.is_some_and(Route::tells_of_visitor);
    let head = request.head();
    let fetch = FetchMetadata::of(&head);
    // Only a login that is bound to the account reads the session. It must follow a click here already: the second
    // request comes from the app's own site and is not asked any more.
    let asks_who = matches!(route, Some(Route::Login))
        && query(request).one("account").is_some()
        && !fetch.is_pushed();
    let from_elsewhere = fetch.is_from_elsewhere();
    (depends || asks_who)
        && from_elsewhere
        && head.is("sec-fetch-mode", b"navigate")
        && matches!(request.method.as_str(), "GET" | "HEAD")
}

/// Answers such a navigation; `None` for every other request.
///
/// A top-level navigation gets a page that reloads the same address, now from the app's own site,
/// and that cuts its opener off, so that what follows cannot be watched. Frames and the like get
/// 403, and so does a request that has `bounced` in its query already: there is no third round.
pub(crate) fn same_page_for_all(
    web: &Web,
    route: Option<&Route>,
    request: &Request,
) -> Option<Result<Reply, Rejection>> {
    if !is_foreign_navigation(route, request) {
        return None;
    }
    let is_second = !matches!(query(request).param(BOUNCED), Param::Absent);
    let head = request.head();
    let fetch = FetchMetadata::of(&head);
    if is_second || fetch.dest.is_none() || !fetch.is_navigation() {
        return Some(Err(Rejection::Forbidden));
    }
    // A relative address is right under every mount path.
    let again = match &request.query {
        Some(query) => format!("?{query}&{BOUNCED}=1"),
        None => format!("?{BOUNCED}=1"),
    };
    let reply = web.page(
        StatusCode::OK,
        &Page::Bounce { again: &again },
        &request.context,
    );
    // A login in a popup needs its opener at the end, and leads to Atlassian for every visitor.
    Some(Ok(match route {
        Some(Route::Login) => reply,
        _ => reply.header(OPENER_POLICY, "same-origin"),
    }))
}
