//! `GET done`, `GET popup.js`: where a login ends that happened in a window of its own.

use http::StatusCode;
use http::header::CONTENT_SECURITY_POLICY;
use serde_json::json;

use crate::config::SiteRelation;
use crate::error::Rejection;
use crate::flow::Flash;
use crate::message::Reply;
use crate::pages::{Page, Tell};
use crate::session::{self, Handoff};
use crate::web::request::{Request, clear_flash, flash, return_target};
use crate::web::security::{require_method, require_navigation};
use crate::web::state::Web;

const SCRIPT: &str = include_str!("popup.js");

/// Tells whoever opened this window, once, and closes it. Anybody else, and a second look, is told that they may close it.
pub(crate) async fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET"], "GET")?;
    require_navigation(request)?;
    let told = match flash(web, request).await {
        Some(Flash::Done { handoff, return_to }) => {
            announcement(web, request, &handoff, &return_to)
        }
        _ => None,
    };
    let script = web.route("popup.js", &[]);
    let page = Page::Done {
        tell: told.as_ref().map(|told| Tell {
            script_url: &script,
            origin: &told.origin,
            message: &told.message,
            fallback: told.fallback.as_deref(),
        }),
        home_url: web.ports.config.home(),
    };
    let policy = format!("{}; script-src 'self'", web.policy);
    let reply = web.page(StatusCode::OK, &page);
    let reply = match told {
        Some(_) => reply.computed(CONTENT_SECURITY_POLICY, &policy),
        None => reply,
    };
    Ok(clear_flash(web, request, reply))
}

struct Announcement {
    origin: String,
    message: String,
    fallback: Option<String>,
}

/// What is told: to an origin that is still listed, with a ticket if it is of another site.
fn announcement(
    web: &Web,
    request: &Request,
    handoff: &Handoff,
    return_to: &str,
) -> Option<Announcement> {
    let ports = &web.ports;
    let origin = ports.config.browsers.origin(handoff.origin.as_bytes())?;
    let ticket = match (origin.relation, request.context.session_key()) {
        (SiteRelation::CrossSite, Some(session)) => handoff.ticket(ports, session),
        _ => None,
    };
    let mut message = json!({ "type": "threelo:done" });
    if let Some(ticket) = &ticket {
        message["ticket"] = ticket.as_str().into();
    }
    // A page that the session cookie reaches needs no detour: it asks whether somebody is signed in.
    let page = return_target(web, Some(return_to)).filter(|place| handoff.owns(place));
    Some(Announcement {
        origin: handoff.origin.clone(),
        message: message.to_string(),
        fallback: page
            .zip(ticket)
            .map(|(page, ticket)| session::with_ticket(&page, &ticket)),
    })
}

/// The script of that page.
pub(crate) fn script(request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET", "HEAD"], "GET, HEAD")?;
    Ok(Reply::new(StatusCode::OK).body("text/javascript; charset=utf-8", SCRIPT))
}
