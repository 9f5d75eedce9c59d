//! CORS: what browsers let pages of listed origins read and send (the Fetch standard, 3.3).

use http::StatusCode;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW,
    CONTENT_TYPE, VARY,
};

use crate::config::Config;
use crate::error::Rejection;
use crate::message::Reply;
use crate::web::request::{Request, Route};
use crate::web::state::Web;

/// How long a browser keeps what a preflight said: a change of the list should soon be everywhere.
const MAX_AGE: &str = "600";
const VARIES: &str =
    "Cookie, Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
/// What scripts may send.
const FIELDS: &str = "Content-Type, X-Threelo, X-Threelo-Account, X-Threelo-Site";
/// What scripts may read besides what the standard lets them.
const EXPOSED: &str = "Retry-After, Content-Disposition, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, \
                       X-RateLimit-NearLimit, RateLimit-Reason, Beta-RateLimit-Policy, Beta-RateLimit, Beta-Retry-After, \
                       Atl-Traceid";

/// The answer to a preflight, if it is one: from lists, before anybody asks who is there. `None` for any other request, and
/// where no origin is listed.
pub(crate) fn preflight(
    web: &Web,
    route: Option<&Route>,
    request: &Request,
) -> Option<Result<Reply, Rejection>> {
    let config = &web.ports.config;
    let head = request.head();
    let is_preflight = request.method == "OPTIONS"
        && head.first("origin").is_some()
        && head.first("access-control-request-method").is_some();
    let methods = route.and_then(|route| methods(config, route))?;
    if !is_preflight || config.browsers.origins.is_empty() {
        return None;
    }
    if request.context.origin.is_none() {
        return Some(Err(Rejection::Forbidden));
    }
    let mut fields = String::from(FIELDS);
    if config.browsers.bearer_sessions {
        fields.insert_str(0, "Authorization, ");
    }
    if !config.browsers.forwards.is_empty() {
        fields.push_str(", X-Atlassian-Token");
    }
    let reply = Reply::new(StatusCode::NO_CONTENT)
        .computed(ALLOW, &methods)
        .computed(ACCESS_CONTROL_ALLOW_METHODS, &methods)
        .computed(ACCESS_CONTROL_ALLOW_HEADERS, &fields)
        .header(ACCESS_CONTROL_MAX_AGE, MAX_AGE)
        .header(VARY, VARIES);
    Some(Ok(reply))
}

/// Lets the listed origin that asks read a reply, whatever its status: of JSON routes, never a page, never a redirect.
pub(crate) fn readable(web: &Web, route: Option<&Route>, request: &Request, reply: Reply) -> Reply {
    let Some(origin) = &request.context.origin else {
        return reply;
    };
    let is_json = route.is_some_and(|route| methods(&web.ports.config, route).is_some());
    // What Atlassian sends is no page of ours, whatever it says it is.
    let is_page = !matches!(route, Some(Route::Api(_)))
        && reply
            .headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_json || is_page || reply.status.is_redirection() {
        return reply;
    }
    let reply = reply
        .computed(ACCESS_CONTROL_ALLOW_ORIGIN, &origin.text)
        .header(ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    match request.method.as_str() {
        "OPTIONS" => reply,
        _ => reply.header(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED),
    }
}

/// The methods of a route that scripts of other origins may use; `None` for routes that are pages.
fn methods(config: &Config, route: &Route) -> Option<String> {
    let fixed = match route {
        Route::Me | Route::Sites | Route::Sessions | Route::Connections => "GET, HEAD",
        Route::Site | Route::Logout | Route::Connect | Route::Disconnect => "POST",
        Route::Token | Route::Redeem => "POST",
        Route::SessionOf(_) => "DELETE",
        Route::Api(_) => {
            let forwards = config.browsers.forwards.iter();
            let mut methods: Vec<&str> = forwards
                .flat_map(|forward| forward.methods.iter().map(String::as_str))
                .collect();
            methods.sort_unstable();
            methods.dedup();
            return Some(methods.join(", "));
        }
        Route::Login
        | Route::Callback
        | Route::Error
        | Route::Done
        | Route::Script
        | Route::OpenApi => return None,
    };
    Some(fixed.to_owned())
}
