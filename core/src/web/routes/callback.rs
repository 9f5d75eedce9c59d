//! `GET callback`

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

/// Marks the second arrival, so that there is no third.
const BOUNCED: &str = "bounced";

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

/// The browser comes again from this page, which is of the app's own site, with all of the app's cookies.
fn bounce(web: &Web, request: &Request) -> Reply {
    let query = request.query.as_deref().unwrap_or_default();
    let again = format!("?{query}&{BOUNCED}=1");
    let reply = web.page(StatusCode::OK, &Page::Bounce { again: &again });
    reply.header(http::header::REFERRER_POLICY, "no-referrer")
}

/// Every end but two is a redirect, so that no code stays in the address bar or in the history.
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

/// The link leads to this very address, which the browser knows: the page itself holds no code and no state.
fn still_working(web: &Web) -> Reply {
    let page = Page::StillWorking {
        go_on: "",
        home_url: web.ports.config.home(),
    };
    let reply = web.page(StatusCode::OK, &page);
    reply.header(http::header::REFERRER_POLICY, "no-referrer")
}
