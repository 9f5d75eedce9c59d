//! `GET done`, where a login in a popup ends, and `GET popup.js`, the script of that page.

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

/// The script: a constant file, so that the policy can name its origin instead of allowing inline
/// scripts (docs/decisions/0066).
const SCRIPT: &str = include_str!("popup.js");

/// Tells the window that opened this one that the login has ended, once, and closes this one.
///
/// Whether there is a window to tell, a flash says that the callback sealed: no address can make
/// the page tell anything. Without the flash, and on a second visit, the page says that it may be
/// closed. Only the page that tells may run a script. It sends no opener policy, which would cut it
/// off from its opener (docs/attacks.md T138).
///
/// # Errors
///
/// 405, and those of [`require_navigation`].
pub(crate) async fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET"], "GET")?;
    require_navigation(request)?;
    let announced = match flash(web, request).await {
        Some(Flash::Done { handoff, return_to }) => {
            announcement(web, request, &handoff, &return_to)
        }
        _ => None,
    };
    let script = web.route("popup.js", &[]);
    let page = Page::Done {
        tell: announced.as_ref().map(|announced| Tell {
            script_url: &script,
            origin: &announced.origin,
            message: &announced.message,
            fallback: announced.fallback.as_deref(),
        }),
        home_url: web.ports.config.home(),
    };
    let policy = format!("{}; script-src 'self'", web.policy);
    let reply = web.page(StatusCode::OK, &page, &request.context);
    let reply = match announced {
        Some(_) => reply.computed(CONTENT_SECURITY_POLICY, &policy),
        None => reply,
    };
    Ok(clear_flash(web, request, reply))
}

/// What the page tells.
struct Announcement {
    /// The listed origin that may hear it, exactly.
    origin: String,
    /// What it hears, as JSON.
    message: String,
    /// Where this window goes if its opener was cut off.
    fallback: Option<String>,
}

/// Makes the announcement for an origin that is still listed; `None` if it is not any more.
///
/// An origin of another site gets a ticket for the session of this browser, if it gave a challenge.
/// An origin of the same site needs none: the session cookie reaches it. The fallback is a
/// registered page of that very origin and no other, because its address holds the ticket
/// (docs/decisions/0065, 0084).
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
    // A page that the session cookie reaches needs no detour: it asks `GET me` itself.
    let page =
        return_target(web, Some(return_to)).filter(|place| handoff.may_come_to(ports, place));
    Some(Announcement {
        origin: handoff.origin.clone(),
        message: message.to_string(),
        fallback: page
            .zip(ticket)
            .map(|(page, ticket)| session::with_ticket(&page, &ticket)),
    })
}

/// Serves the script. Like every reply it has `no-store` and cannot be embedded by other origins.
///
/// # Errors
///
/// 405.
pub(crate) fn script(request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET", "HEAD"], "GET, HEAD")?;
    Ok(Reply::new(StatusCode::OK).body("text/javascript; charset=utf-8", SCRIPT))
}
