//! A proxy in the place of a load balancer: each request goes to the next instance.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, TRANSFER_ENCODING};
use axum::http::{Response, StatusCode};
use reqwest::Client;
use reqwest::redirect::Policy;

const MOST: usize = 1024 * 1024;

#[derive(Clone)]
struct Before {
    ports: Arc<[u16]>,
    turn: Arc<AtomicUsize>,
    client: Client,
}

/// A server that passes each request to the next port.
pub(crate) fn before(ports: Vec<u16>) -> Router {
    let client = Client::builder().redirect(Policy::none()).build();
    let before = Before {
        ports: ports.into(),
        turn: Arc::default(),
        client: client.unwrap_or_default(),
    };
    Router::new().fallback(forward).with_state(before)
}

async fn forward(State(before): State<Before>, request: Request) -> Response<Body> {
    let answer = handed_on(&before, request).await;
    answer.unwrap_or_else(|error| {
        tracing::warn!("an instance does not answer: {error}");
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        response
    })
}

async fn handed_on(before: &Before, request: Request) -> Result<Response<Body>, axum::BoxError> {
    let turn = before.turn.fetch_add(1, Ordering::Relaxed);
    let port = before.ports[turn % before.ports.len()];
    let (parts, body) = request.into_parts();
    let url = format!("http://127.0.0.1:{port}{}", parts.uri);
    let body = to_bytes(body, MOST).await?;
    let call = before.client.request(parts.method, url);
    // `Host` is passed on too, so that the instances see the address in the browser.
    let answer = call.headers(parts.headers).body(body).send().await?;
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove(CONNECTION);
    headers.remove(TRANSFER_ENCODING);
    let mut response = Response::new(Body::from(answer.bytes().await?));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}
