use bytes::Bytes;
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use threelo::message::Replied;
use threelo::{Answer, BoxError};

use crate::connect::AskedSubject;

/// Reads as much of a body as the answer asks for, and takes its reply.
pub(crate) async fn reply_of<B: Body<Error: Into<BoxError>>>(
    mut answer: Box<Answer>,
    subject: Option<AskedSubject>,
    body: B,
) -> Replied {
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
