//! Navigations that begin on another site's page: it must not learn from them whether somebody is signed in.

use http::StatusCode;
use http::header::HeaderName;

use crate::error::Rejection;
use crate::message::Reply;
use crate::message::query::Param;
use crate::pages::Page;
use crate::web::request::{Request, Route, query};
use crate::web::state::Web;

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Marks the second arrival, so that there is no third.
const BOUNCED: &str = "bounced";

/// Whether it is a navigation from elsewhere to a page that depends on who is there.
pub(crate) fn is(route: Option<&Route>, request: &Request) -> bool {
    let depends = matches!(
        route,
        Some(
            Route::Me
                | Route::Sites
                | Route::Sessions
                | Route::Connections
                | Route::Logout
                | Route::Disconnect
        )
    );
    let head = request.head();
    // A login asks for whoever is signed in only where it is to be the same account; and it is the user's own wish, or the
    // second arrival, which comes from here, would pass for one.
    let asks_who = matches!(route, Some(Route::Login))
        && query(request).one("account").is_some()
        && head.is("sec-fetch-user", b"?1");
    let from_elsewhere = matches!(
        head.first("sec-fetch-site"),
        Some(b"cross-site" | b"same-site")
    );
    (depends || asks_who)
        && from_elsewhere
        && head.is("sec-fetch-mode", b"navigate")
        && matches!(request.method.as_str(), "GET" | "HEAD")
}

/// The answer to one: a page that is the same for everybody and comes again by itself, now from here. Whoever opened the
/// window loses sight of it, and a frame gets nothing.
pub(crate) fn judged(
    web: &Web,
    route: Option<&Route>,
    request: &Request,
) -> Option<Result<Reply, Rejection>> {
    if !is(route, request) {
        return None;
    }
    let is_second = !matches!(query(request).param(BOUNCED), Param::Absent);
    if is_second || !request.head().is("sec-fetch-dest", b"document") {
        return Some(Err(Rejection::Forbidden));
    }
    // Relative, so that it is right under every mount path.
    let again = match &request.query {
        Some(query) => format!("?{query}&{BOUNCED}=1"),
        None => format!("?{BOUNCED}=1"),
    };
    let reply = web.page(StatusCode::OK, &Page::Bounce { again: &again });
    // A login in a window needs its opener at the end, and leads to Atlassian whoever is there.
    Some(Ok(match route {
        Some(Route::Login) => reply,
        _ => reply.header(OPENER_POLICY, "same-origin"),
    }))
}
