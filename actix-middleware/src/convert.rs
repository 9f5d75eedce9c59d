//! actix-web speaks `http` 0.2, core `http` 1: the two meet only here.

use std::net::IpAddr;

use actix_web::HttpResponse;
use actix_web::body::{self, BodyStream, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, VARY};
use actix_web::web::Bytes;
use threelo::AuthSession;
use threelo::adapter::{Field, Headers, Reply, RequestHead, Responder, joined_vary};

use crate::resolver::AskedSubject;

/// The header fields of an `http` 0.2 request, and where it comes from.
struct Fields<'a>(&'a HeaderMap, Option<IpAddr>);

impl Headers for Fields<'_> {
    fn each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8])) {
        for value in self.0.get_all(name) {
            each(value.as_bytes());
        }
    }

    fn walk<'a>(&'a self, _: &[&'static str], each: &mut dyn FnMut(&str, Field<'a>)) {
        for (name, value) in self.0 {
            each(name.as_str(), Field::Bytes(value.as_bytes()));
        }
    }

    fn peer(&self) -> Option<IpAddr> {
        self.1
    }
}

/// Lends the head of a request.
pub(crate) fn with_head<T>(
    request: &ServiceRequest,
    work: impl FnOnce(&RequestHead<'_>) -> T,
) -> T {
    let peer = request.peer_addr().map(|peer| peer.ip());
    work(&RequestHead {
        method: request.method().as_str(),
        path: request.uri().path(),
        query: request.uri().query(),
        headers: &Fields(request.headers(), peer),
    })
}

/// A reply of ours as a response.
pub(crate) fn response(reply: Reply) -> HttpResponse {
    let response = whole_response(&reply);
    match reply.body.whole() {
        Some(_) => response,
        None => response.set_body(BodyStream::new(reply.body).boxed()),
    }
}

/// A reply as a response, without a body that comes in parts.
pub(crate) fn whole_response(reply: &Reply) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status.as_u16());
    let mut response = HttpResponse::build(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    for (name, value) in &reply.headers {
        response.append_header((name.as_str(), value.as_bytes()));
    }
    response.body(reply.body.whole().cloned().unwrap_or_default())
}

/// Reads as much of a body as the route asks for, and takes its reply.
pub(crate) async fn reply_of(
    mut responder: Box<Responder>,
    subject: Option<AskedSubject>,
    payload: Payload,
) -> Reply {
    if let Some(subject) = subject {
        responder.know_subject(subject.await);
    }
    if let Err(reply) = responder.admit().await {
        return reply;
    }
    let Some(limit) = responder.body_limit() else {
        return responder.reply(Bytes::new()).await;
    };
    let body = body::to_bytes_limited(BodyStream::new(payload), limit);
    match responder.in_time(body).await {
        Some(Ok(Ok(body))) => responder.reply(body).await,
        Some(Ok(Err(_io))) => responder.broken_body(),
        Some(Err(_limit)) => responder.too_large(),
        None => responder.broken_body(),
    }
}

/// Puts our fields on the app's response; tells whether there were any.
pub(crate) fn finish(session: &AuthSession, headers: &mut HeaderMap) -> bool {
    let patch = session.finish(headers.contains_key(CACHE_CONTROL));
    let is_touched = !patch.set.is_empty() || !patch.append.is_empty();
    for name in patch.remove {
        headers.remove(*name);
    }
    for (name, value) in patch.set.iter().filter_map(field) {
        headers.insert(name, value);
    }
    for (name, value) in patch.append.iter().filter_map(field) {
        let value = match name == VARY {
            true => with_all(headers, value),
            false => value,
        };
        headers.append(name, value);
    }
    is_touched
}

/// `Vary` in one field, because actix-cors keeps the first of several only; what there was is taken out.
fn with_all(headers: &mut HeaderMap, value: HeaderValue) -> HeaderValue {
    let had: Vec<HeaderValue> = headers.remove(VARY).collect();
    let had = had.iter().map(HeaderValue::as_bytes);
    let joined = joined_vary(had, value.to_str().unwrap_or_default());
    HeaderValue::from_str(&joined).unwrap_or(value)
}

/// A field of `http` 1 in `http` 0.2.
fn field<N: AsRef<[u8]>, V: AsRef<[u8]>>(field: &(N, V)) -> Option<(HeaderName, HeaderValue)> {
    let name = HeaderName::from_bytes(field.0.as_ref()).ok()?;
    Some((name, HeaderValue::from_bytes(field.1.as_ref()).ok()?))
}
