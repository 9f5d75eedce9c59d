use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::uri::PathAndQuery;
use http::{HeaderMap, Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use threelo::message::{Field, Headers, Reply, RequestHead};

use crate::ResponseBody;

/// The header fields of an `http` 1 request.
struct Fields<'a>(&'a HeaderMap, Option<&'a PathAndQuery>);

impl Headers for Fields<'_> {
    fn each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8])) {
        for value in self.0.get_all(name) {
            each(value.as_bytes());
        }
    }

    fn walk<'a>(&'a self, _: &[&'static str], each: &mut dyn FnMut(&str, Field<'a>)) {
        for (name, value) in self.0 {
            each(name.as_str(), Field::Value(value));
        }
    }

    fn target(&self) -> Option<PathAndQuery> {
        self.1.cloned()
    }
}

/// Lends the head of a request.
pub(crate) fn with_head<B, T>(request: &Request<B>, work: impl FnOnce(&RequestHead<'_>) -> T) -> T {
    let uri = request.uri();
    let fields = Fields(request.headers(), uri.path_and_query());
    work(&RequestHead {
        method: request.method().as_str(),
        path: uri.path(),
        query: uri.query(),
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
