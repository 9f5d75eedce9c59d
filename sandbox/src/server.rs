//! The server: one port for both of Atlassian's hosts, distinguished by the path.
//!
//! It speaks HTTP/1.1 without TLS and can close a connection without a response.

use std::io;
use std::sync::Arc;

use http::{HeaderValue, Request, Response, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::api;
use crate::body::Body;
use crate::fault_response::fault_response;
use crate::oauth::authorize;
use crate::oauth::pages;
use crate::oauth::token;
use crate::products;
use crate::products::call::Call;
use crate::request::ReceivedRequest;
use crate::response::{html, no_content, not_found};
use crate::state::fault::{Endpoint, Fault};
use crate::state::journal::JournalEntry;
use crate::state::{Shared, lock};

/// Accepts connections until the task is aborted; each is served by a task of its own, which
/// outlives this one.
pub(crate) async fn serve(listener: TcpListener, shared: Shared) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let open = Open::new(&shared);
            let service = service_fn(move |request| answer(Arc::clone(&shared), request));
            // An error means that the client or a fault closed the connection.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
            drop(open);
        });
    }
}

/// A connection that is open, counted in the state for as long as this lives.
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

/// Answers one request: records it in the journal, then applies its fault or routes it.
///
/// On an error hyper closes the connection without a response, and the journal entry has no status.
async fn answer(shared: Shared, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let received = ReceivedRequest::read(request).await?;
    let entry = note(&shared, &received);
    let fault = Endpoint::of(&received.method, &received.path)
        .and_then(|endpoint| lock(&shared).faults.take(endpoint));
    let mut response = match fault {
        Some(Fault::CutBefore) => return Err(io::Error::other("connection cut by a fault")),
        Some(Fault::CutAfter) => {
            route(&shared, &received);
            return Err(io::Error::other("connection cut by a fault"));
        }
        Some(Fault::Delay(time)) => {
            tokio::time::sleep(time).await;
            route(&shared, &received).map(Body::from)
        }
        Some(broken) => fault_response(&broken),
        None => route(&shared, &received).map(Body::from),
    };
    if let Some(entry) = lock(&shared).journal.get_mut(entry) {
        entry.status = Some(response.status().as_u16());
    }
    let headers = response.headers_mut();
    if api::serves(&received.path) {
        api::add_trace_id(headers);
        if let Some(origin) = received.headers.get(header::ORIGIN) {
            api::add_cors(origin, headers);
        }
    } else if lock(&shared).knobs.cuts_opener {
        let policy = HeaderValue::from_static("same-origin");
        headers.insert("cross-origin-opener-policy", policy);
    }
    Ok(response)
}

/// Adds a request to the journal and returns the index of its entry.
fn note(shared: &Shared, received: &ReceivedRequest) -> usize {
    let mut state = lock(shared);
    state.journal.push(JournalEntry {
        method: received.method.clone(),
        path: received.path.clone(),
        query: (!received.query.is_empty()).then(|| received.query.clone()),
        bearer: received.bearer().map(str::to_owned),
        fields: received.fields.clone(),
        headers: received.header_texts(),
        status: None,
    });
    state.journal.len() - 1
}

/// The response of the endpoint that has this method and path; 404 if there is none.
fn route(shared: &Shared, received: &ReceivedRequest) -> Response<String> {
    let state = &mut *lock(shared);
    let bearer = received.bearer();
    match (received.method.as_str(), received.path.as_str()) {
        ("OPTIONS", path) if api::serves(path) => no_content(),
        ("GET", "/") => html(pages::index(state)),
        ("GET", "/authorize") => authorize::login(state, &received.query),
        ("POST", "/authorize/user") => authorize::chosen_user(state, &received.fields),
        ("POST", "/authorize/consent") => {
            authorize::decided(state, &received.fields, &received.sites)
        }
        ("POST", "/oauth/token") => token::token(state, &received.fields),
        ("POST", "/oauth/revoke") => token::revoke(state, &received.fields),
        ("GET", "/oauth/token/accessible-resources") => api::sites(state, bearer),
        ("GET", "/me") => api::me(state, bearer),
        ("GET", path) if path.starts_with("/file/") => products::file_of(path, bearer),
        (method, path) if path.starts_with("/ex/") => {
            let call = Call {
                method,
                path,
                query: &received.query,
                bearer,
                body: &received.json,
                own_url: &received.own_url(),
            };
            products::answer(state, &call)
        }
        _ => not_found(),
    }
}
