//! Redirects, and the start of a login, in the form that the audience understands.

use http::StatusCode;
use http::header::{HeaderName, REFERRER_POLICY, X_FRAME_OPTIONS};

use crate::error::Rejection;
use crate::flow::{self, Flash, LoginRequest, flash};
use crate::ids::Subject;
use crate::message::{Audience, Reply};
use crate::pages::Page;
use crate::web::reply::urls::Place;
use crate::web::request::Context;
use crate::web::state::Web;

/// Sends the browser to an address: 303, or 200 with `HX-Redirect` for htmx.
///
/// 303 and never 307, so that a form is not sent again to the next address (docs/attacks.md T078;
/// RFC 9700 section 4.12). `no-referrer`, because the address of the request may hold a code
/// (T132). The reply has no body (T077). `to` must be an address that threelo made or that passed
/// the rules.
pub(crate) fn go(audience: Audience, to: &str) -> Reply {
    match audience {
        Audience::Htmx => Reply::new(StatusCode::OK).computed(HX_REDIRECT, to),
        Audience::Page | Audience::Fetch => Reply::new(StatusCode::SEE_OTHER)
            .location(to)
            .header(REFERRER_POLICY, "no-referrer")
            .header(X_FRAME_OPTIONS, "DENY"),
    }
}

/// Sends the browser to the address where a flow goes on.
///
/// A script that asked for it by a change gets `{"location": …}` with 200 instead: `fetch` would
/// follow a redirect to Atlassian itself and fail there. A `GET` by a script is redirected.
pub(crate) fn started(context: &Context, location: &str) -> Reply {
    match context.audience {
        Audience::Fetch if !context.is_safe => crate::web::reply::json::reply(
            StatusCode::OK,
            &serde_json::json!({ "location": location }),
        ),
        audience => go(audience, location),
    }
}

/// Starts a login and sends the browser to Atlassian, in the form of [`started`], with the flow
/// cookie.
///
/// The caller has decided that the request may start a flow: a user's own navigation, or in connect
/// mode a change with proof of its origin.
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
    let location = flow.location.as_str();
    let reply = leaving(web, location, context, subject);
    let reply = reply.unwrap_or_else(|| started(context, location));
    Ok(flow.cookies.iter().fold(reply, Reply::cookie))
}

/// The longest address that fits into the cookie of a flash.
const LONGEST: usize = 2048;

/// Sends a script that shows what comes back, as Turbo does, to a page of ours which the browser itself must load: from there
/// it goes on to Atlassian, where a script cannot follow. `None` for everybody else.
fn leaving(
    web: &Web,
    location: &str,
    context: &Context,
    subject: Option<&Subject>,
) -> Option<Reply> {
    let is_script = context.audience == Audience::Page && context.by_script;
    if !is_script || location.len() > LONGEST {
        return None;
    }
    let leave = Flash::Leave {
        location: location.to_owned(),
    };
    let recipient = subject.map(Subject::as_str).unwrap_or_default();
    let carried = flash::carry(&web.ports, recipient, &leave)?;
    Some(go(Audience::Page, &web.route("continue", &[])).cookie(&carried))
}

/// The page that asks before a login that another site began. The link leads to `again`, and its click is the
/// visitor's own.
pub(crate) fn ask_first(web: &Web, again: &str, context: &Context) -> Reply {
    web.page(
        StatusCode::OK,
        &Page::Continue {
            login_url: again,
            home_url: web.ports.config.home(),
        },
        context,
    )
}

/// Sends the browser to the page with the button that starts such a flow, where the request itself
/// must not start it (docs/decisions/0034). Scopes, site, account and return target go along as
/// parameters; the app's details do not pass through a page and are lost.
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

/// The field with which htmx sends the browser elsewhere; it does not see redirects.
pub(crate) const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");
