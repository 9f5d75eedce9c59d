//! `GET error`

use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::{Value, json};

use crate::error::{Reason, Rejection};
use crate::flow::Flash;
use crate::message::{Audience, Reply};
use crate::pages::Page;
use crate::web::reply::{SOON, json};
use crate::web::request::{Request, clear_flash, flash, query};
use crate::web::routes::login_params::handoff;
use crate::web::security::require_method;
use crate::web::state::Web;

/// Says what happened, in words of ours; nothing of the request's text is shown.
pub(crate) async fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET", "HEAD"], "GET, HEAD")?;
    let config = &web.ports.config;
    let query = query(request);
    let reason = query
        .one("reason")
        .and_then(Reason::parse)
        .unwrap_or(Reason::Refused);
    let place = query
        .one("return_to")
        .and_then(|place| config.return_to.accept(place));
    if request.context.audience == Audience::Fetch {
        let reply = json::problem(status(reason), &as_json(reason));
        return Ok(with_pause(reason, reply));
    }
    let waiting = handoff(web, &query);
    let try_again = web.again_url(place.as_ref(), waiting.as_ref());
    let home_url = place.as_ref().unwrap_or(&config.default_return_to).as_str();
    let page = match reason {
        Reason::Cancelled => Page::Cancelled {
            try_again: &try_again,
            home_url,
        },
        Reason::WrongAccount => {
            return Ok(wrong_account(web, request, home_url, &try_again).await);
        }
        _ => Page::Failed {
            reason,
            try_again: &try_again,
            home_url,
        },
    };
    Ok(with_pause(reason, web.page(status(reason), &page)))
}

/// What does not work now may work soon.
fn with_pause(reason: Reason, reply: Reply) -> Reply {
    match status(reason) {
        StatusCode::SERVICE_UNAVAILABLE => reply.header(RETRY_AFTER, SOON),
        _ => reply,
    }
}

/// Both by the names that they show, if this browser's cookie tells them.
async fn wrong_account(web: &Web, request: &Request, home_url: &str, sign_in: &str) -> Reply {
    let (expected, chosen) = match flash(web, request).await {
        Some(Flash::WrongAccount { expected, chosen }) => (expected, chosen),
        _ => (String::new(), String::new()),
    };
    let is_connect = web.ports.config.mode.is_connect();
    let page = Page::WrongAccount {
        expected: &expected,
        chosen: &chosen,
        home_url,
        switch_url: (!is_connect).then_some(sign_in),
    };
    clear_flash(web, request, web.page(status(Reason::WrongAccount), &page))
}

fn as_json(reason: Reason) -> Value {
    json!({
        "type": "about:blank",
        "title": "the login did not happen",
        "status": status(reason).as_u16(),
        "code": reason.as_str(),
    })
}

fn status(reason: Reason) -> StatusCode {
    match reason {
        Reason::Cancelled => StatusCode::OK,
        Reason::Account => StatusCode::FORBIDDEN,
        Reason::WrongAccount | Reason::LinkedElsewhere => StatusCode::CONFLICT,
        Reason::Busy | Reason::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Reason::Setup => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}
