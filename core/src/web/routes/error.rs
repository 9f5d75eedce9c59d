//! `GET error`

use http::StatusCode;

use super::{allow, query};
use crate::error::{Reason, Rejection};
use crate::message::Reply;
use crate::web::Web;
use crate::web::answer::Request;
use crate::web::pages::Page;

/// Says what happened, in words of ours; nothing of the request's text is shown.
pub(super) fn run(web: &Web, request: &Request) -> Result<Reply, Rejection> {
    allow(request, &["GET", "HEAD"], "GET, HEAD")?;
    let config = &web.ports.config;
    let query = query(request);
    let reason = query
        .one("reason")
        .and_then(Reason::parse)
        .unwrap_or(Reason::Refused);
    let place = query
        .one("return_to")
        .and_then(|place| config.return_to.accept(place));
    let try_again = web.login_url(place.as_ref());
    let home_url = place.as_ref().unwrap_or(&config.default_return_to).as_str();
    let page = match reason {
        Reason::Cancelled => Page::Cancelled {
            try_again: &try_again,
            home_url,
        },
        _ => Page::Failed {
            reason,
            try_again: &try_again,
            home_url,
        },
    };
    Ok(web.page(status(reason), &page))
}

fn status(reason: Reason) -> StatusCode {
    match reason {
        Reason::Cancelled => StatusCode::OK,
        Reason::Account => StatusCode::FORBIDDEN,
        Reason::Busy | Reason::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Reason::Setup => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}
