//! `api/{product}/{cloud id}/…`: calls that are passed on to Atlassian, with the user's own token.

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
use crate::web::request::Request;
use crate::web::routes::account::current_account;
use crate::web::security::{may_change, require_readable, require_same_origin};
use crate::web::state::Web;

/// What an answer must not do under this app's address, whatever it is: run, be framed, load anything.
const POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";
/// The fields of a call that are passed on.
const SENT: [&str; 3] = ["accept", "content-type", "x-atlassian-token"];
/// The fields of an answer that are passed back; among them no cookie and nothing that leads elsewhere.
const RETURNED: [&str; 7] = [
    "content-language",
    "content-type",
    "etag",
    "last-modified",
    "retry-after",
    "atl-traceid",
    "beta-retry-after",
];
const LIMITS: [&str; 3] = ["x-ratelimit-", "ratelimit", "beta-ratelimit"];

/// A call that may be passed on.
struct Call<'a> {
    request: &'a Request,
    product: &'a str,
    site: Site,
    method: Method,
    /// Not yet known to stay below its base.
    path: &'a str,
}

pub(crate) async fn run(web: &Arc<Web>, request: &Request, call: &str) -> Result<Reply, Rejection> {
    scripts_only(request)?;
    let (product, id, path) = parts(call).ok_or(Rejection::NotForwarded)?;
    let method = allowed(web, request, product, path)?;
    match method {
        Method::GET | Method::HEAD => require_readable(web, request)?,
        _ => require_same_origin(web, request)?,
    }
    // Only in connect mode there may be several.
    let account = request.head().first("x-threelo-account");
    let account = account.and_then(|value| std::str::from_utf8(value).ok());
    let account = current_account(web, request, account).await?;
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
    Ok(passed_back(web, answer))
}

/// Never for navigations, frames, images: only scripts, which read what they asked for.
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

/// Whether a body of this size is worth reading: of a call that may be passed on, from a page of ours, by somebody.
pub(crate) fn may_carry(web: &Web, request: &Request, call: &str) -> bool {
    let config = &web.ports.config;
    let is_listed =
        parts(call).is_some_and(|(product, _, path)| allowed(web, request, product, path).is_ok());
    let is_somebody = match config.mode.is_connect() {
        true => request.subject.required().is_ok(),
        false => request.context.session.is_some(),
    };
    is_listed && is_somebody && may_change(web, &request.head())
}

/// Product, site and path of what stands behind `api/`.
fn parts(call: &str) -> Option<(&str, CloudId, &str)> {
    let (product, rest) = call.split_once('/')?;
    let (id, _) = rest.split_once('/')?;
    Some((product, CloudId::parse(id).ok()?, &rest[id.len()..]))
}

/// The method, if the app forwards it there.
fn allowed(web: &Web, request: &Request, product: &str, path: &str) -> Result<Method, Rejection> {
    let forwards = web.ports.config.browsers.forwards.iter();
    let is_passed = |forward: &Forward| forward.methods.contains(&request.method);
    let mut covering = forwards.filter(|forward| forward.covers(product, path));
    let method = Method::from_bytes(request.method.as_bytes());
    match (covering.any(is_passed), method) {
        (true, Ok(method)) => Ok(method),
        _ => Err(Rejection::NotForwarded),
    }
}

/// The answer as scripts of this app get it.
fn passed_back(web: &Web, answer: Response<Box<dyn Chunks>>) -> Reply {
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
    // An answer that has no body must not look as if it had one that is empty.
    let has_body = !matches!(
        head.status,
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
    );
    match has_body {
        true => reply.stream(limited_body(body, &web.turns)),
        false => reply,
    }
}

fn is_returned(name: &HeaderName) -> bool {
    let name = name.as_str();
    RETURNED.contains(&name) || LIMITS.iter().any(|limit| name.starts_with(limit))
}

/// Makes the call with the user's own token. The answer comes back whatever its status, but no redirect.
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
    if status.is_redirection() {
        tracing::warn!(target: "threelo", %status, "a redirect of Atlassian was not passed on");
        return Err(Rejection::Api(ApiErrorKind::Refused { status }));
    }
    Ok(answer.into_parts())
}
