//! `api/{product}/{cloud id}/…`: calls that are passed on to Atlassian, with the user's own token.

use std::sync::Arc;

use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
};
use http::{Method, Response, StatusCode};

use super::worker::worker;
use super::{readable, same_origin};
use crate::config::Forward;
use crate::error::Rejection;
use crate::flow;
use crate::http_client::Chunks;
use crate::ids::CloudId;
use crate::message::{Audience, Replied, Reply, is_json_type};
use crate::web::Web;
use crate::web::answer::Request;
use crate::web::forward::Call;
use crate::web::same_origin::may_change;
use crate::web::streamed::streamed;

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

pub(super) async fn run(
    web: &Arc<Web>,
    request: &Request,
    call: &str,
) -> Result<Replied, Rejection> {
    scripts_only(request)?;
    let (product, id, path) = parts(call).ok_or(Rejection::NotForwarded)?;
    let method = allowed(web, request, (product, path))?;
    match method {
        Method::GET | Method::HEAD => readable(web, request)?,
        _ => same_origin(web, request)?,
    }
    // Only in connect mode there may be several.
    let account = request.head().first("x-threelo-account");
    let account = account.and_then(|value| std::str::from_utf8(value).ok());
    let worker = worker(web, request, account).await?;
    let wish = (None, Some(id.as_str()));
    let site = flow::site_for(&web.ports, &worker.holder, wish).await?;
    let fields = SENT.iter().filter_map(|name| {
        let value = request.head().first(name)?;
        Some((*name, std::str::from_utf8(value).ok()?.to_owned()))
    });
    let answer = web
        .forwarder
        .forward(
            &web.ports,
            Call {
                holder: worker.holder,
                product: product.to_owned(),
                site,
                method,
                path: path.to_owned(),
                query: request.query.clone(),
                fields: fields.collect(),
                body: request.body.clone(),
            },
        )
        .await?;
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
pub(in crate::web) fn may_carry(web: &Web, request: &Request, call: &str) -> bool {
    let config = &web.ports.config;
    let is_listed = parts(call)
        .is_some_and(|(product, _, path)| allowed(web, request, (product, path)).is_ok());
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
fn allowed(
    web: &Web,
    request: &Request,
    (product, path): (&str, &str),
) -> Result<Method, Rejection> {
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
fn passed_back(web: &Web, answer: Response<Box<dyn Chunks>>) -> Replied {
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
        true => Replied {
            reply,
            body: streamed(body, &web.turns),
        },
        false => Replied::from(reply),
    }
}

fn is_returned(name: &HeaderName) -> bool {
    let name = name.as_str();
    RETURNED.contains(&name) || LIMITS.iter().any(|limit| name.starts_with(limit))
}
