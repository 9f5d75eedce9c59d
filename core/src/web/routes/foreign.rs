//! Navigations that begin on another site's page: it must not learn from them whether somebody is signed in.

use http::StatusCode;
use http::header::HeaderName;

use crate::error::Rejection;
use crate::message::Reply;
use crate::web::Web;
use crate::web::answer::Request;
use crate::web::pages::Page;
use crate::web::route::Route;

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// The answer to a navigation from elsewhere to a page that depends on who is there: a page that is the same for everybody
/// and comes again by itself, now from here. Whoever opened the window loses sight of it, and a frame gets nothing.
pub(super) fn judged(
    web: &Web,
    route: Option<&Route>,
    request: &Request,
) -> Option<Result<Reply, Rejection>> {
    let depends = matches!(
        route?,
        Route::Me
            | Route::Sites
            | Route::Sessions
            | Route::Connections
            | Route::Logout
            | Route::Disconnect
    );
    let head = request.head();
    let from_elsewhere = matches!(
        head.first("sec-fetch-site"),
        Some(b"cross-site" | b"same-site")
    );
    let is_navigation = head.is("sec-fetch-mode", b"navigate");
    let is_read = matches!(request.method.as_str(), "GET" | "HEAD");
    if !depends || !from_elsewhere || !is_navigation || !is_read {
        return None;
    }
    if !head.is("sec-fetch-dest", b"document") {
        return Some(Err(Rejection::Forbidden));
    }
    // Relative, so that it is right under every mount path.
    let again = match &request.query {
        Some(query) => format!("?{query}"),
        None => request
            .path
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned(),
    };
    let reply = web.page(StatusCode::OK, &Page::Bounce { again: &again });
    Some(Ok(reply.header(OPENER_POLICY, "same-origin")))
}
