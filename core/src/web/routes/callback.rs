//! `GET callback`: where Atlassian sends the browser after the consent (RFC 6749 section 4.1.2).

use http::StatusCode;

use crate::error::Rejection;
use crate::flow::{self, CallbackRequest, Destination, Interstitial};
use crate::message::query::Param;
use crate::message::{Audience, Reply};
use crate::pages::Page;
use crate::web::reply::go;
use crate::web::request::{Request, query};
use crate::web::security::{require_method, require_navigation};
use crate::web::state::Web;

/// The parameter that marks the second request, so that there is no third.
const BOUNCED: &str = "bounced";

/// Finishes a flow.
///
/// Takes `GET` only (`HEAD` is 405, docs/attacks.md T033) and only navigations (T036, T037); what
/// else must hold, [`flow::handle_callback`] checks. The end is a redirect: to the place that the
/// visitor wanted, to a page on the way, or to the error page. In this way neither code nor state
/// stays in the address bar or in the history (T133). Only two ends are pages: see [`bounce`] and
/// [`still_working`].
///
/// # Errors
///
/// [`Rejection::Method`], [`Rejection::Prefetch`], [`Rejection::NavigationOnly`]; the flow is
/// untouched.
pub(crate) async fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET"], "GET")?;
    require_navigation(request)?;
    let arrival = CallbackRequest {
        query: request.query.as_deref(),
        flows: &request.context.flows,
        session: request.context.session_key(),
        subject: request.subject.clone(),
        bounced: !matches!(query(request).param(BOUNCED), Param::Absent),
    };
    let reply = flow::handle_callback(&web.ports, arrival).await;
    Ok(match &reply.to {
        Destination::Bounce => bounce(web, request),
        Destination::StillWorking => still_working(web),
        to => {
            let redirect = go(Audience::Page, &address(web, to));
            reply.cookies.iter().fold(redirect, Reply::cookie)
        }
    })
}

/// Answers with a page that reloads the callback once, from the app's own site: only then does the
/// browser send the app's `SameSite=Strict` cookies (docs/decisions/0033; docs/attacks.md T012).
/// Nothing was spent yet. The address holds the code, so the page has `no-referrer`.
fn bounce(web: &Web, request: &Request) -> Reply {
    let query = request.query.as_deref().unwrap_or_default();
    let again = format!("?{query}&{BOUNCED}=1");
    let reply = web.page(StatusCode::OK, &Page::Bounce { again: &again });
    reply.header(http::header::REFERRER_POLICY, "no-referrer")
}

/// Returns where the browser goes. A bounce and a wait have no address; their arm is never used.
fn address(web: &Web, to: &Destination) -> String {
    match to {
        Destination::App(place) => place.as_str().to_owned(),
        Destination::Handoff(address) => address.clone(),
        Destination::Error(page) => {
            web.error_url(page.reason, page.return_to.as_ref(), page.handoff.as_ref())
        }
        Destination::Page(page, place) => {
            let here = ("return_to", place.as_str());
            match page {
                Interstitial::Picker(None) => web.route("sites", &[here]),
                Interstitial::Picker(Some(account)) => {
                    web.route("sites", &[here, ("account", account.as_str())])
                }
                Interstitial::Connections => web.route("connections", &[here]),
                Interstitial::Done => web.route("done", &[]),
            }
        }
        Destination::Bounce | Destination::StillWorking => web.route("callback", &[]),
    }
}

/// Answers a second arrival while the first still exchanges the code. The link leads to the empty
/// address, which is this one: the page itself holds neither code nor state (docs/decisions/0020).
fn still_working(web: &Web) -> Reply {
    let page = Page::StillWorking {
        go_on: "",
        home_url: web.ports.config.home(),
    };
    let reply = web.page(StatusCode::OK, &page);
    reply.header(http::header::REFERRER_POLICY, "no-referrer")
}
