//! The server: one port for both of Atlassian's hosts; it can hang up without an answer.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use url::form_urlencoded;

use crate::api;
use crate::body::Body;
use crate::mint;
use crate::oauth::authorize;
use crate::oauth::pages;
use crate::oauth::token;
use crate::products;
use crate::response::{json_response, not_found};
use crate::state::fault::{Endpoint, Fault};
use crate::state::journal::JournalEntry;
use crate::state::{Shared, lock};

const MOST_BODY: usize = 256 * 1024;

/// Serves until the task is aborted.
pub(crate) async fn serve(listener: TcpListener, shared: Shared) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let open = Open::new(&shared);
            let service = service_fn(move |request| answer(Arc::clone(&shared), request));
            // An error is the client's hang-up, or ours.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
            drop(open);
        });
    }
}

/// A connection that is open.
struct Open(Shared);

impl Open {
    fn new(shared: &Shared) -> Self {
        lock(shared).connections += 1;
        Self(Arc::clone(shared))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        lock(&self.0).connections -= 1;
    }
}

/// What a handler needs of a request.
struct Seen {
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
    fields: BTreeMap<String, String>,
    /// The `site` fields of a form, the only ones that may repeat.
    sites: Vec<String>,
    json: serde_json::Value,
}

/// An error makes hyper close the connection without an answer.
async fn answer(shared: Shared, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let seen = read(request).await?;
    let entry = note(&shared, &seen);
    let fault = Endpoint::of(&seen.method, &seen.path)
        .and_then(|endpoint| lock(&shared).faults.take(endpoint));
    let mut response = match fault {
        Some(Fault::CutBefore) => return Err(io::Error::other("cut")),
        Some(Fault::CutAfter) => {
            route(&shared, &seen);
            return Err(io::Error::other("cut"));
        }
        Some(Fault::Delay(time)) => {
            tokio::time::sleep(time).await;
            route(&shared, &seen).map(Body::from)
        }
        Some(broken) => broken_answer(&broken),
        None => route(&shared, &seen).map(Body::from),
    };
    if let Some(entry) = lock(&shared).journal.get_mut(entry) {
        entry.status = Some(response.status().as_u16());
    }
    if lock(&shared).knobs.cuts_opener && !is_api(&seen.path) {
        let policy = HeaderValue::from_static("same-origin");
        response
            .headers_mut()
            .insert("cross-origin-opener-policy", policy);
    }
    trace(&seen, response.headers_mut());
    cors(&seen, response.headers_mut());
    Ok(response)
}

async fn read(request: Request<Incoming>) -> io::Result<Seen> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MOST_BODY)
        .collect()
        .await
        .map_err(io::Error::other)?
        .to_bytes();
    let mut fields = body_fields(&parts.headers, &body);
    fields.extend(basic_client(&parts.headers).into_iter().flatten());
    Ok(Seen {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        sites: sites_of(&body),
        json: serde_json::from_slice(&body).unwrap_or_default(),
        fields,
    })
}

fn body_fields(headers: &HeaderMap, body: &[u8]) -> BTreeMap<String, String> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        return form_urlencoded::parse(body).into_owned().collect();
    }
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(body).unwrap_or_default();
    let texts = object
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())));
    texts.collect()
}

fn sites_of(form: &[u8]) -> Vec<String> {
    let fields = form_urlencoded::parse(form).into_owned();
    let sites = fields.filter(|(name, _)| name == "site");
    sites.map(|(_, site)| site).collect()
}

/// HTTP Basic as a form of client authentication.
fn basic_client(headers: &HeaderMap) -> Option<Vec<(String, String)>> {
    let value = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Basic ")?;
    let pair = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some(vec![
        ("client_id".to_owned(), id.to_owned()),
        ("client_secret".to_owned(), secret.to_owned()),
    ])
}

impl Seen {
    /// The token of the `Authorization` field.
    fn bearer(&self) -> Option<&str> {
        let value = self
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        value?.strip_prefix("Bearer ")
    }
}

fn note(shared: &Shared, seen: &Seen) -> usize {
    let mut state = lock(shared);
    state.journal.push(JournalEntry {
        method: seen.method.clone(),
        path: seen.path.clone(),
        query: (!seen.query.is_empty()).then(|| seen.query.clone()),
        bearer: seen.bearer().map(str::to_owned),
        fields: seen.fields.clone(),
        headers: named(&seen.headers),
        status: None,
    });
    state.journal.len() - 1
}

/// The header fields as text; of several under one name, the last.
fn named(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let fields = headers.iter();
    fields
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect()
}

fn route(shared: &Shared, seen: &Seen) -> Response<String> {
    let state = &mut *lock(shared);
    let bearer = seen.bearer();
    match (seen.method.as_str(), seen.path.as_str()) {
        ("OPTIONS", path) if is_api(path) => no_content(),
        ("GET", "/") => html(pages::index(state)),
        ("GET", "/authorize") => authorize::login(state, &seen.query),
        ("POST", "/authorize/user") => authorize::chosen_user(state, &seen.fields),
        ("POST", "/authorize/consent") => authorize::decided(state, &seen.fields, &seen.sites),
        ("POST", "/oauth/token") => token::token(state, &seen.fields),
        ("POST", "/oauth/revoke") => token::revoke(state, &seen.fields),
        ("GET", "/oauth/token/accessible-resources") => api::sites(state, bearer),
        ("GET", "/me") => api::me(state, bearer),
        (method, path) if path.starts_with("/ex/") => {
            let call = products::Call {
                method,
                path,
                query: &seen.query,
                bearer,
                body: &seen.json,
            };
            products::answer(state, &call)
        }
        _ => not_found(),
    }
}

fn html(text: String) -> Response<String> {
    let mut response = Response::new(text);
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn no_content() -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

fn broken_answer(fault: &Fault) -> Response<Body> {
    let with_body = |body: Body| json_response(200, &serde_json::Value::Null).map(|_| body);
    let text = match fault {
        Fault::Html => html("<!doctype html><title>Bad gateway</title><h1>Oops</h1>".to_owned()),
        Fault::Body { status, body } => {
            json_response(*status, &serde_json::Value::Null).map(|_| body.clone())
        }
        Fault::Redirect { status, location } => {
            let fields = [("location".to_owned(), location.clone())];
            with_fields(json_response(*status, &serde_json::json!({})), &fields)
        }
        Fault::Answer {
            status,
            headers,
            body,
        } => with_fields(bare(*status, body), headers),
        Fault::Status(status) => {
            let response = json_response(*status, &serde_json::json!({}));
            let wait = ("retry-after".to_owned(), "1".to_owned());
            let fields = if *status == 429 {
                vec![wait]
            } else {
                Vec::new()
            };
            with_fields(response, &fields)
        }
        Fault::Endless => return with_body(Body::Endless),
        Fault::Drip => return with_body(Body::drip()),
        Fault::CutBody => {
            let mut response = with_body(Body::cut(b"{\"access_token\":\"A"));
            let length = HeaderValue::from_static("1000");
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, length);
            return response;
        }
        Fault::Delay(_) | Fault::CutBefore | Fault::CutAfter => not_found(),
    };
    text.map(Body::from)
}

fn bare(status: u16, body: &str) -> Response<String> {
    let mut response = Response::new(body.to_owned());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

fn with_fields(mut response: Response<String>, fields: &[(String, String)]) -> Response<String> {
    for (name, value) in fields {
        let name = header::HeaderName::try_from(name.as_str());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Every answer of the API host can be found again by Atlassian's support.
fn trace(seen: &Seen, headers: &mut HeaderMap) {
    if is_api(&seen.path)
        && let Ok(id) = HeaderValue::try_from(mint::trace_id())
    {
        headers.insert("atl-traceid", id);
    }
}

fn is_api(path: &str) -> bool {
    path == "/me" || path == "/oauth/token/accessible-resources" || path.starts_with("/ex/")
}

/// The API host answers scripts of any origin; the auth host answers none.
fn cors(seen: &Seen, headers: &mut HeaderMap) {
    let Some(origin) = seen.headers.get(header::ORIGIN) else {
        return;
    };
    if !is_api(&seen.path) {
        return;
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    let fixed = [
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "GET, POST, PUT, DELETE, PATCH, OPTIONS",
        ),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Authorization, Content-Type, Accept, X-Atlassian-Token",
        ),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-RateLimit-NearLimit, RateLimit, \
             RateLimit-Policy, RateLimit-Reason, Beta-RateLimit, Beta-RateLimit-Policy, Beta-Retry-After, atl-traceid",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
