//! `GET callback`

use http::StatusCode;

use crate::error::Rejection;
use crate::flow::{self, CallbackRequest, Interstitial, Landing};
use crate::message::query::Param;
use crate::message::{Audience, Reply};
use crate::pages::Page;
use crate::web::reply::redirect::go;
use crate::web::request::extract::query;
use crate::web::request::request::Request;
use crate::web::security::guards::{navigation_only, require_method};
use crate::web::state::Web;

/// Marks the second arrival, so that there is no third.
const BOUNCED: &str = "bounced";

pub(crate) async fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET"], "GET")?;
    navigation_only(request)?;
    let arrival = CallbackRequest {
        query: request.query.as_deref(),
        flows: &request.context.flows,
        session: request.context.session_key(),
        subject: request.subject.clone(),
        bounced: !matches!(query(request).param(BOUNCED), Param::Absent),
    };
    let landing = flow::handle_callback(&web.ports, arrival).await;
    Ok(match landing {
        Landing::Bounce => bounce(web, request),
        landing => answer(web, &landing),
    })
}

/// The browser comes again from this page, which is of the app's own site, with all of the app's cookies.
fn bounce(web: &Web, request: &Request) -> Reply {
    let query = request.query.as_deref().unwrap_or_default();
    let again = format!("?{query}&{BOUNCED}=1");
    let reply = web.page(StatusCode::OK, &Page::Bounce { again: &again });
    reply.header(http::header::REFERRER_POLICY, "no-referrer")
}

fn answer(web: &Web, landing: &Landing) -> Reply {
    // Every end but one is a redirect, so that no code stays in the address bar or in the history.
    let (to, cookies) = match landing {
        Landing::At(place, cookies) => (place.as_str().to_owned(), cookies.as_slice()),
        Landing::Failed {
            reason,
            return_to,
            handoff,
            cookies,
        } => {
            let waiting = handoff.as_ref();
            let to = web.error_url(*reason, return_to.as_ref(), waiting);
            (to, cookies.as_slice())
        }
        Landing::Handed(to, cookies) => (to.clone(), cookies.as_slice()),
        Landing::By(stop, place, cookies) => {
            let here = [("return_to", place.as_str())];
            let to = match stop {
                Interstitial::Picker(None) => web.route("sites", &here),
                Interstitial::Picker(Some(account)) => {
                    web.route("sites", &[here[0], ("account", account.as_str())])
                }
                Interstitial::Connections => web.route("connections", &here),
                Interstitial::Done => web.route("done", &[]),
            };
            (to, cookies.as_slice())
        }
        Landing::StillWorking | Landing::Bounce => return still_working(web),
    };
    cookies.iter().fold(go(Audience::Page, &to), Reply::cookie)
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
