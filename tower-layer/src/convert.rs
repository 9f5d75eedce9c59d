use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use threelo::message::{Field, Headers, Reply, RequestHead};
use threelo::{Answer, BoxError};

use crate::connect::AskedSubject;

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
pub(crate) fn response<B: From<Bytes>>(reply: Reply) -> Response<B> {
    let mut response = Response::new(reply.body.into());
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

/// Reads as much of a body as the answer asks for, and takes its reply.
pub(crate) async fn reply_of<B: Body<Error: Into<BoxError>>>(
    mut answer: Box<Answer>,
    subject: Option<AskedSubject>,
    body: B,
) -> Reply {
    if let Some(subject) = subject {
        answer.know_subject(subject.await);
    }
    let Some(limit) = answer.body_limit() else {
        return answer.reply(Bytes::new()).await;
    };
    match Limited::new(body, limit).collect().await {
        Ok(body) => answer.reply(body.to_bytes()).await,
        Err(error) if error.is::<LengthLimitError>() => answer.too_large(),
        Err(_io) => answer.broken_body(),
    }
}
