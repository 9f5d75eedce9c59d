//! CORS: what browsers let pages of listed origins read and send (the Fetch standard, 3.3).
//!
//! The list has exact origins, compared byte by byte; no wildcard can be configured
//! (docs/attacks.md T076, T119, T120).

use http::StatusCode;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW,
    CONTENT_TYPE, VARY,
};

use crate::error::Rejection;
use crate::message::Reply;
use crate::web::request::{Request, Route};
use crate::web::state::Web;

/// For how many seconds a browser may keep the answer to a preflight. Ten minutes, so that an
/// origin that is taken off the list soon loses its access.
const MAX_AGE: &str = "600";
/// What the answer to a preflight depends on, for caches between browser and app (docs/attacks.md
/// T121).
const VARIES: &str =
    "Cookie, Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
/// The header fields that scripts may send.
const FIELDS: &str = "Content-Type, X-Threelo, X-Threelo-Account, X-Threelo-Site";
/// Those that are forwarded to Atlassian besides, and that a preflight may ask for.
const FORWARDED: [&str; 3] = ["X-ExperimentalApi", "If-Match", "If-None-Match"];
/// The header fields that scripts may read besides those that the standard lets them read: when to
/// try again, the name of a file, the rate limits of Atlassian, and its trace id.
const EXPOSED: &str = "Retry-After, Content-Disposition, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, \
                       X-RateLimit-NearLimit, RateLimit-Reason, Beta-RateLimit-Policy, Beta-RateLimit, Beta-Retry-After, \
                       Atl-Traceid, ETag";

/// Answers a preflight; `None` for any other request, for routes that are pages, and if no origin
/// is listed.
///
/// Answered from the lists, before any store is read and before the app is asked for its user
/// (docs/attacks.md T122). A listed origin gets 204 with the methods of the route and the fields
/// that scripts may send; any other origin gets 403. `Access-Control-Allow-Private-Network` is
/// never sent (T125). The origin itself is added by [`readable`].
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
    let methods = route.and_then(|route| route.methods_of_scripts(config))?;
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
        for name in asked_to_forward(request) {
            fields.push_str(", ");
            fields.push_str(name);
        }
    }
    let reply = Reply::new(StatusCode::NO_CONTENT)
        .computed(ALLOW, &methods)
        .computed(ACCESS_CONTROL_ALLOW_METHODS, &methods)
        .computed(ACCESS_CONTROL_ALLOW_HEADERS, &fields)
        .header(ACCESS_CONTROL_MAX_AGE, MAX_AGE)
        .header(VARY, VARIES);
    Some(Ok(reply))
}

/// Which fields of [`FORWARDED`] the preflight asks for.
fn asked_to_forward(request: &Request) -> impl Iterator<Item = &'static str> {
    let head = request.head();
    let asked = head.first("access-control-request-headers");
    let asked = asked.unwrap_or_default().to_ascii_lowercase();
    let is_asked = move |name: &&str| {
        let mut names = asked.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        names.any(|asked| asked.eq_ignore_ascii_case(name.as_bytes()))
    };
    FORWARDED.into_iter().filter(is_asked)
}

/// Lets the listed origin that sent the request read the reply, with its credentials.
///
/// Replies of every status are readable, so that scripts see why they were refused. Never readable
/// are the routes that are pages, pages and redirects of other routes (docs/attacks.md T123), and
/// replies to origins that are not listed. What Atlassian sends to a forwarded call is readable
/// whatever its type.
pub(crate) fn readable(web: &Web, route: Option<&Route>, request: &Request, reply: Reply) -> Reply {
    let Some(origin) = &request.context.origin else {
        return reply;
    };
    let is_json = route.is_some_and(|route| route.methods_of_scripts(&web.ports.config).is_some());
    // HTML that Atlassian sends to a forwarded call is data for the script, not a page.
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
