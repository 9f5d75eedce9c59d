//! Bodies in, replies out.

use bytes::Bytes;
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use threelo::BoxError;
use threelo::adapter::{Reply, Responder};

use crate::resolver::AskedSubject;

/// Reads as much of a body as the route asks for, and takes its reply.
pub(crate) async fn reply_of<B: Body<Error: Into<BoxError>>>(
    mut responder: Box<Responder>,
    subject: Option<AskedSubject>,
    body: B,
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
    let body = Limited::new(body, limit).collect();
    match responder.in_time(body).await {
        Some(Ok(body)) => responder.reply(body.to_bytes()).await,
        Some(Err(error)) if error.is::<LengthLimitError>() => responder.too_large(),
        Some(Err(_io)) => responder.broken_body(),
        None => responder.broken_body(),
    }
}
