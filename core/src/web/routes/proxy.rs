//! `api/{product}/{cloud id}/…`: forwards calls of scripts to Atlassian, with the user's own token
//! (docs/decisions/0068).
//!
//! The token never reaches the browser, and a script can do no more than the app lists.

use std::sync::Arc;

use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
};
use http::{Method, Response, StatusCode};

use crate::atlassian::ApiClient;
use crate::config::Forward;
use crate::error::{ApiErrorKind, Rejection};
use crate::grant::Holder;
use crate::http_client::Chunks;
use crate::ids::CloudId;
use crate::message::{Audience, Reply, is_json_type};
use crate::provider::site::Site;
use crate::sites::{self, SiteSelection};
use crate::web::proxy::body::limited_body;
use crate::web::proxy::calls::CallInFlight;
use crate::web::request::Request;
use crate::web::routes::account::current_account;
use crate::web::security::{may_change, require_readable, require_same_origin};
use crate::web::state::Web;

/// What an answer must not do under the app's address, whatever Atlassian sends: run, be framed,
/// load anything. A sandboxed document has an opaque origin, so that it cannot act as a page of the
/// app.
const POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";
/// The header fields of a call that are forwarded. No cookie, no `Authorization`, nothing about addresses.
const SENT: [&str; 6] = [
    "accept",
    "content-type",
    "if-match",
    "if-none-match",
    "x-atlassian-token",
    "x-experimentalapi",
];
/// The header fields of an answer that are passed back: no cookie, and nothing that leads
/// elsewhere.
const RETURNED: [&str; 7] = [
    "content-language",
    "content-type",
    "etag",
    "last-modified",
    "retry-after",
    "atl-traceid",
    "beta-retry-after",
];
/// What the names of fields begin with that tell of rate limits; they are passed back too.
const LIMITS: [&str; 3] = ["x-ratelimit-", "ratelimit", "beta-ratelimit"];

/// A call that the app forwards, for an account that reaches its site.
struct Call<'a> {
    /// The request: its query, its fields and its body are forwarded.
    request: &'a Request,
    /// The product, such as `jira`.
    product: &'a str,
    /// The site that the cloud id names.
    site: Site,
    /// The method, which a forward of the app lists.
    method: Method,
    /// The path, which begins as the forward says. Whether it leaves its base by `..` is not yet
    /// known; the API client checks that (docs/attacks.md T152).
    path: &'a str,
}

/// Forwards a call and passes the answer back, whatever its status.
///
/// Checked in this order, and nothing is sent before all of it holds: that a script calls; product,
/// path and method against the list; the proof of origin (for reads, that no other site reads); the
/// account, which in connect mode `X-Threelo-Account` names if there are several; and that it
/// reaches the site.
///
/// # Errors
///
/// 403 ([`Rejection::ScriptsOnly`], [`Rejection::NotForwarded`], [`Rejection::Forbidden`],
/// [`Rejection::UnknownSite`]), those of [`current_account`] and of [`sites::site_for`], and those
/// of
/// [`forward`].
pub(crate) async fn run(web: &Arc<Web>, request: &Request, call: &str) -> Result<Reply, Rejection> {
    scripts_only(request)?;
    let (product, id, path) = parts(call).ok_or(Rejection::NotForwarded)?;
    let method = allowed(web, request, product, path)?;
    match method {
        Method::GET | Method::HEAD => require_readable(web, request)?,
        _ => require_same_origin(web, request)?,
    }
    // Only in connect mode can there be several accounts.
    let account = request.head().first("x-threelo-account");
    let account = account.and_then(|value| std::str::from_utf8(value).ok());
    let account = current_account(web, request, account).await?;
    let in_flight = match &request.call {
        Some(counted) => Arc::clone(counted),
        None => web.calls.begin(account.grants.account().as_str())?,
    };
    let selection = SiteSelection {
        chosen: None,
        named: Some(id.as_str()),
    };
    let site = sites::site_for(&web.ports, account.holder(), selection).await?;
    let call = Call {
        request,
        product,
        site,
        method,
        path,
    };
    let answer = forward(web, account.holder().clone(), call).await?;
    Ok(passed_back(web, answer, in_flight))
}

/// Refuses navigations, frames and images: an answer must be read by a script, never shown as a
/// page of the app's origin. Clients that send no `Sec-Fetch-Mode` are judged by `Accept`.
///
/// # Errors
///
/// [`Rejection::ScriptsOnly`]: 403.
fn scripts_only(request: &Request) -> Result<(), Rejection> {
    let head = request.head();
    let is_script = match head.first("sec-fetch-mode") {
        Some(mode) => {
            matches!(mode, b"cors" | b"same-origin") && head.is("sec-fetch-dest", b"empty")
        }
        None => request.context.audience != Audience::Page,
    };
    match is_script {
        true => Ok(()),
        false => Err(Rejection::ScriptsOnly),
    }
}

/// Returns how many bytes of the body of a call are worth reading: none unless the call is listed,
/// shows an identity and has proof of its origin (docs/attacks.md T200). Whether that session exists
/// is not looked up here.
pub(crate) fn body_limit(web: &Web, request: &Request, call: &str) -> Option<usize> {
    let config = &web.ports.config;
    let (product, _, path) = parts(call)?;
    let limit = listed(web, request, product, path).map(|forward| forward.body_limit)?;
    let shows_identity = match config.mode.is_connect() {
        true => request.subject.required().is_ok(),
        false => request.context.session.is_some(),
    };
    (shows_identity && may_change(web, &request.head())).then_some(limit)
}

/// The forward of the app that lists a call; of several, that which lets its body be largest.
fn listed<'a>(web: &'a Web, request: &Request, product: &str, path: &str) -> Option<&'a Forward> {
    let forwards = web.ports.config.browsers.forwards.iter();
    let lists = |forward: &&Forward| {
        forward.covers(product, path) && forward.methods.contains(&request.method)
    };
    forwards
        .filter(lists)
        .max_by_key(|forward| forward.body_limit)
}

/// Takes a path below `api/` apart: product, cloud id, and the rest from its slash. The id must be
/// a UUID (docs/attacks.md T150).
fn parts(call: &str) -> Option<(&str, CloudId, &str)> {
    let (product, rest) = call.split_once('/')?;
    let (id, _) = rest.split_once('/')?;
    Some((product, CloudId::parse(id).ok()?, &rest[id.len()..]))
}

/// Returns the method, if a forward of the app covers product and path and lists it.
fn allowed(web: &Web, request: &Request, product: &str, path: &str) -> Result<Method, Rejection> {
    let method = Method::from_bytes(request.method.as_bytes());
    match (listed(web, request, product, path), method) {
        (Some(_forward), Ok(method)) => Ok(method),
        _ => Err(Rejection::NotForwarded),
    }
}

/// Makes the reply from Atlassian's answer: its status, the listed fields, and its body as a
/// stream.
///
/// Whatever is not JSON becomes a download, and the policy sandboxes everything. An answer without
/// a body (204, 205, 304) gets none.
fn passed_back(
    web: &Web,
    answer: Response<Box<dyn Chunks>>,
    in_flight: Arc<CallInFlight>,
) -> Reply {
    let (head, body) = answer.into_parts();
    let mut reply = Reply::new(head.status)
        .header(CONTENT_SECURITY_POLICY, POLICY)
        .header(CACHE_CONTROL, "no-store");
    let is_json = head.headers.contains_key(CONTENT_TYPE) && is_json_type(&head.headers);
    if !is_json {
        reply = reply.header(CONTENT_DISPOSITION, "attachment");
    }
    for (name, value) in &head.headers {
        if is_returned(name) {
            reply.headers.append(name, value.clone());
        }
    }
    // No body and an empty body are not the same: the second has a `Content-Length`.
    let has_body = !matches!(
        head.status,
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
    );
    match has_body {
        true => reply.stream(limited_body(body, &web.turns, in_flight)),
        false => reply,
    }
}

/// Whether a header field of the answer is passed back.
fn is_returned(name: &HeaderName) -> bool {
    let name = name.as_str();
    RETURNED.contains(&name) || LIMITS.iter().any(|limit| name.starts_with(limit))
}

/// Makes the call with the user's own token, which is refreshed if need be. The answer comes back
/// whatever its status, but no redirect (docs/attacks.md T145).
///
/// # Errors
///
/// [`Rejection::BadRequest`] for a path that leaves its base or a field that cannot be sent;
/// nothing was sent then. [`Rejection::Api`] for a redirect and if there was no answer, and the
/// rejections that a failed call becomes.
async fn forward(
    web: &Web,
    holder: Holder,
    call: Call<'_>,
) -> Result<Response<Box<dyn Chunks>>, Rejection> {
    let client = ApiClient::new(Arc::clone(&web.ports), holder, None);
    let api = client.product(call.product, &call.site);
    let mut request = api
        .request(call.method, call.path)
        .written_query(call.request.query.clone());
    for name in SENT {
        let value = call.request.head().first(name);
        if let Some(Ok(value)) = value.map(std::str::from_utf8) {
            request = request.header(name, value);
        }
    }
    if let Some(fault) = request.fault() {
        return Err(Rejection::BadRequest(fault));
    }
    let body = call.request.body.clone();
    let answer = request.carrying(body).response().await;
    let answer = answer.map_err(|error| Rejection::from(error.into_kind()))?;
    let status = answer.status();
    if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
        tracing::warn!(target: "threelo", %status, "a redirect from Atlassian was not forwarded");
        return Err(Rejection::Api(ApiErrorKind::Redirected));
    }
    Ok(answer.into_parts())
}
