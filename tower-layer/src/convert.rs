//! Bodies in, replies out.

use bytes::Bytes;
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use threelo::BoxError;
use threelo::adapter::{Reply, Responder};

use crate::connect::AskedSubject;

/// Reads as much of a body as the route asks for, and takes its reply.
pub(crate) async fn reply_of<B: Body<Error: Into<BoxError>>>(
    mut responder: Box<Responder>,
    subject: Option<AskedSubject>,
    body: B,
) -> Reply {
    if let Some(subject) = subject {
        responder.know_subject(subject.await);
    }
    let Some(limit) = responder.body_limit() else {
        return responder.reply(Bytes::new()).await;
    };
    match Limited::new(body, limit).collect().await {
        Ok(body) => responder.reply(body.to_bytes()).await,
        Err(error) if error.is::<LengthLimitError>() => responder.too_large(),
        Err(_io) => responder.broken_body(),
    }
}
