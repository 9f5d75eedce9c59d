//! `GET callback`: where Atlassian sends the browser after the consent (RFC 6749 section 4.1.2).

use http::StatusCode;
use http::header::{REFRESH, RETRY_AFTER};

use crate::error::Rejection;
use crate::flow::{self, Busy, CallbackRequest, Destination, Interstitial};
use crate::message::query::Param;
use crate::message::{Audience, Reply};
use crate::pages::Page;
use crate::web::reply::{go, seconds};
use crate::web::request::{Request, query};
use crate::web::security::{require_method, require_navigation};
use crate::web::state::Web;

/// After how many seconds the page of a flow that is at work looks again.
const SOON: &str = "3";

/// The parameter that marks the second request, so that there is no third.
const BOUNCED: &str = "bounced";

/// Finishes a flow.
///
/// Takes `GET` only (`HEAD` is 405, docs/attacks.md T033) and only navigations (T036, T037); what
/// else must hold, [`flow::handle_callback`] checks. The end is a redirect: to the place that the
/// visitor wanted, to a page on the way, or to the error page. In this way neither code nor state
/// stays in the address bar or in the history (T133). Only three ends are pages: see [`bounce`],
/// [`still_working`] and [`come_again`].
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
        client: request.client,
        subject: request.subject.clone(),
        bounced: !matches!(query(request).param(BOUNCED), Param::Absent),
    };
    let reply = flow::handle_callback(&web.ports, arrival).await;
    Ok(match &reply.to {
        Destination::Bounce => bounce(web, request),
        Destination::StillWorking => still_working(web, request),
        Destination::Busy(busy) => come_again(web, request, busy),
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
    let reply = web.page(
        StatusCode::OK,
        &Page::Bounce { again: &again },
        &request.context,
    );
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
        Destination::Bounce | Destination::StillWorking | Destination::Busy(_) => {
            web.route("callback", &[])
        }
    }
}

/// Answers a second arrival while the first still exchanges the code. The page loads the same address again, by itself and
/// by a link to the empty address: it holds neither code nor state (docs/decisions/0020).
fn still_working(web: &Web, request: &Request) -> Reply {
    let page = Page::StillWorking {
        go_on: "",
        home_url: web.ports.config.home(),
    };
    let reply = web.page(StatusCode::OK, &page, &request.context);
    let reply = reply.header(REFRESH, SOON);
    reply.header(http::header::REFERRER_POLICY, "no-referrer")
}

/// Answers an arrival for which there is no place. Its state is not spent and its cookie stays, and the page loads the same
/// address again when there may be one.
fn come_again(web: &Web, request: &Request, busy: &Busy) -> Reply {
    let page = Page::Busy {
        is_limited: busy.is_limited,
        go_on: "",
        home_url: web.ports.config.home(),
    };
    let status = match busy.is_limited {
        true => StatusCode::TOO_MANY_REQUESTS,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    let seconds = seconds(busy.again_in).to_string();
    web.page(status, &page, &request.context)
        .computed(RETRY_AFTER, &seconds)
        .computed(REFRESH, &seconds)
        .header(http::header::REFERRER_POLICY, "no-referrer")
}
