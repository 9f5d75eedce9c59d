//! Redirects, and the start of a login, in the form that the audience understands.

use http::StatusCode;
use http::header::{HeaderName, REFERRER_POLICY, X_FRAME_OPTIONS};

use crate::error::Rejection;
use crate::flow::{self, LoginRequest};
use crate::ids::Subject;
use crate::message::{Audience, Reply};
use crate::web::reply::urls::Place;
use crate::web::request::Context;
use crate::web::state::Web;

/// "Go there", in the form that the audience understands.
pub(crate) fn go(audience: Audience, to: &str) -> Reply {
    match audience {
        Audience::Htmx => Reply::new(StatusCode::OK).computed(HX_REDIRECT, to),
        Audience::Page | Audience::Fetch => Reply::new(StatusCode::SEE_OTHER)
            .location(to)
            .header(REFERRER_POLICY, "no-referrer")
            .header(X_FRAME_OPTIONS, "DENY"),
    }
}

/// Where a flow goes on; scripts are told the address, because they cannot follow it.
pub(crate) fn started(context: &Context, location: &str) -> Reply {
    match context.audience {
        Audience::Fetch if !context.is_safe => crate::web::reply::json::reply(
            StatusCode::OK,
            &serde_json::json!({ "location": location }),
        ),
        audience => go(audience, location),
    }
}

/// Starts a login for a request: a redirect for navigations, `HX-Redirect` for htmx, and for scripts the address.
///
/// # Errors
///
/// Those of [`flow::start`].
pub(crate) fn start_login(
    web: &Web,
    login: &LoginRequest,
    context: &Context,
    subject: Option<&Subject>,
) -> Result<Reply, Rejection> {
    let flow = flow::start(&web.ports, login, &context.flows, subject)?;
    let reply = started(context, flow.location.as_str());
    Ok(flow.cookies.iter().fold(reply, Reply::cookie))
}

/// Leads to the page with the button that starts such a flow, where a request must not start it by itself.
pub(crate) fn to_button(web: &Web, login: &LoginRequest, context: &Context) -> Reply {
    let wanted = login.parameters();
    let parameters = wanted.parameters.iter();
    let more: Vec<(&str, &str)> = parameters
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let place = wanted.return_to.as_deref();
    let place = place.and_then(|place| web.ports.config.return_to.accept(place));
    started(context, &web.more_url(&more, Place::at(place.as_ref())))
}

pub(crate) const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");
