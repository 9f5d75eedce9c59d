//! `GET continue`: on to Atlassian, for scripts that show what comes back, as Turbo does.

use http::StatusCode;

use crate::error::Rejection;
use crate::flow::Flash;
use crate::message::{Audience, Reply};
use crate::pages::Page;
use crate::web::reply::go;
use crate::web::request::{Request, clear_flash, open_flash};
use crate::web::security::require_method;
use crate::web::state::Web;

/// Leads a flow on that such a script has begun.
///
/// The script gets a page that says to load the address by the browser itself (`turbo-visit-control`, and a refresh for
/// others). The browser gets a redirect to Atlassian, once: the address is in a sealed cookie, which only the answer that
/// began the flow has set. Whoever opens this address without it is sent home.
///
/// # Errors
///
/// 405.
pub(crate) fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET"], "GET")?;
    let Some(Flash::Leave { location }) = open_flash(web, request) else {
        return Ok(go(Audience::Page, web.ports.config.home()));
    };
    if request.context.by_script {
        let page = Page::Bounce { again: "?now=1" };
        return Ok(web.page(StatusCode::OK, &page, &request.context));
    }
    Ok(clear_flash(web, request, go(Audience::Page, &location)))
}
