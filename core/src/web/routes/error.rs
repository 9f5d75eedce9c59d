//! `GET error`: says why a login did not happen.

use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::{Value, json};

use crate::error::{Reason, Rejection};
use crate::flow::Flash;
use crate::message::{Audience, Reply};
use crate::pages::Page;
use crate::return_to::ReturnTo;
use crate::web::reply::{SOON, json};
use crate::web::request::{Request, clear_flash, flash, open_flash, query, return_target};
use crate::web::routes::login_params::handoff;
use crate::web::security::require_method;
use crate::web::state::Web;

/// Says what happened, in constant words.
///
/// `reason` is one word of a closed list; anything else counts as `refused` (docs/attacks.md T134,
/// T135). `return_to` is checked again, and a target that is refused is left out. Opening the
/// address changes nothing, so that it needs no proof; names are shown only if a sealed cookie of
/// this browser tells them. Scripts get a problem with the reason as `code`. Busy and unavailable
/// are 503 with `Retry-After`.
///
/// # Errors
///
/// 405.
pub(crate) async fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    require_method(request, &["GET", "HEAD"], "GET, HEAD")?;
    let config = &web.ports.config;
    let query = query(request);
    let reason = query.one("reason").and_then(Reason::parse);
    let reason = reason.unwrap_or(Reason::Refused);
    let place = return_target(web, query.one("return_to"));
    if reason == Reason::RefusedByApp
        && let Some(Flash::RefusedByApp { words }) = open_flash(web, request)
    {
        let reply = refused_by_app(web, request, place.as_ref(), &words);
        return Ok(clear_flash(web, request, reply));
    }
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
            words: None,
            try_again: &try_again,
            home_url,
        },
    };
    Ok(with_pause(
        reason,
        web.page(status(reason), &page, &request.context),
    ))
}

/// The app's own words, for a person or a script.
fn refused_by_app(web: &Web, request: &Request, place: Option<&ReturnTo>, words: &str) -> Reply {
    let reason = Reason::RefusedByApp;
    if request.context.audience == Audience::Fetch {
        let mut problem = as_json(reason);
        problem["detail"] = words.into();
        return json::problem(status(reason), &problem);
    }
    let waiting = handoff(web, &query(request));
    let page = Page::Failed {
        reason,
        words: Some(words),
        try_again: &web.again_url(place, waiting.as_ref()),
        home_url: place.map_or(web.ports.config.home(), ReturnTo::as_str),
    };
    web.page(status(reason), &page, &request.context)
}

/// Adds `Retry-After` to a 503: what does not work now may work soon.
fn with_pause(reason: Reason, reply: Reply) -> Reply {
    match status(reason) {
        StatusCode::SERVICE_UNAVAILABLE => reply.header(RETRY_AFTER, SOON),
        _ => reply,
    }
}

/// The page about a wrong account: with both names if the flash of this browser tells them, without
/// names otherwise. In connect mode it offers no other account, because the user of the app is the
/// same.
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
    clear_flash(
        web,
        request,
        web.page(status(Reason::WrongAccount), &page, &request.context),
    )
}

/// The problem for scripts.
fn as_json(reason: Reason) -> Value {
    json!({
        "type": "about:blank",
        "title": "the login did not happen",
        "status": status(reason).as_u16(),
        "code": reason.as_str(),
    })
}

/// The status of a reason. A cancelled login is 200: nothing failed.
fn status(reason: Reason) -> StatusCode {
    match reason {
        Reason::Cancelled => StatusCode::OK,
        Reason::Account | Reason::RefusedByApp => StatusCode::FORBIDDEN,
        Reason::WrongAccount | Reason::LinkedElsewhere => StatusCode::CONFLICT,
        Reason::Busy | Reason::Unavailable | Reason::AppFailed => StatusCode::SERVICE_UNAVAILABLE,
        Reason::Setup => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}
