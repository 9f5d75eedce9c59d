use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::header::CACHE_CONTROL;
use http::request::Parts;
use http::{HeaderMap, Response};
use http_body::Body;
use http_body_util::BodyExt;
use threelo::AuthSession;
use threelo::message::{HeaderPatch, Headers, Reply, RequestHead};

use crate::ResponseBody;

/// The header fields of an `http` 1 request.
struct Fields<'a>(&'a HeaderMap);

impl Headers for Fields<'_> {
    fn each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8])) {
        for value in self.0.get_all(name) {
            each(value.as_bytes());
        }
    }
}

/// Lends the head of a request.
pub(crate) fn with_head<T>(parts: &Parts, work: impl FnOnce(&RequestHead<'_>) -> T) -> T {
    let fields = Fields(&parts.headers);
    work(&RequestHead {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query(),
        headers: &fields,
    })
}

/// A reply of ours as a response.
pub(crate) fn response<B>(reply: Reply, body: impl FnOnce(Bytes) -> B) -> Response<B> {
    let mut response = Response::new(body(reply.body));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

/// Gives the app's reply what auth adds.
pub(crate) fn finish<B>(session: &AuthSession, response: &mut Response<B>) {
    let headers = response.headers_mut();
    let HeaderPatch { set, append, .. } = session.finish(headers.contains_key(CACHE_CONTROL));
    for (name, value) in set {
        headers.insert(name, value);
    }
    for (name, value) in append {
        headers.append(name, value);
    }
}

pub(crate) fn own<B>(reply: Reply) -> Response<ResponseBody<B>> {
    response(reply, ResponseBody::ours)
}

/// Why a body is not there.
pub(crate) enum BodyError {
    TooLarge,
    Broken,
}

/// Reads a body of at most `limit` bytes.
pub(crate) async fn read_body<B: Body>(body: B, limit: usize) -> Result<Bytes, BodyError> {
    let mut body = std::pin::pin!(body);
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.as_mut().frame().await {
        let Ok(data) = frame.map_err(|_io| BodyError::Broken)?.into_data() else {
            continue;
        };
        if bytes.len() + data.remaining() > limit {
            return Err(BodyError::TooLarge);
        }
        bytes.put(data);
    }
    Ok(bytes.freeze())
}
