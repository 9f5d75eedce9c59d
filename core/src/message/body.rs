//! The body of a reply: whole, or in parts that are produced while they are sent.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http_body::{Body, Frame, SizeHint};

/// Why a body ended early. The reply has begun by then, so adapters end the connection: a client must not take a part
/// for the whole.
#[derive(Debug, thiserror::Error)]
#[error("the body ended early: {0}")]
pub struct BodyError(pub(crate) String);

type Parts = Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>> + Send>>;

/// The body of a reply. It implements [`http_body::Body`] and [`Stream`], so that an adapter hands it on as it is.
///
/// A body that is whole has an exact size and at most one part. A body in parts has no known size, and reads the next
/// part from Atlassian only when it is polled: a slow client slows the source down instead of filling memory
/// (docs/decisions/0069).
pub struct ReplyBody(Kind);

enum Kind {
    /// `None` once the only part was taken.
    Whole(Option<Bytes>),
    /// The rest of a body whose source is still open.
    Parts(Parts),
}

impl ReplyBody {
    /// A body whose parts are requested one by one as they are taken. Dropping it drops the source.
    pub(crate) fn of_parts(
        parts: impl Stream<Item = Result<Bytes, BodyError>> + Send + 'static,
    ) -> Self {
        Self(Kind::Parts(Box::pin(parts)))
    }

    /// The whole body. `None` if it comes in parts, or was taken already.
    pub fn whole(&self) -> Option<&Bytes> {
        match &self.0 {
            Kind::Whole(body) => body.as_ref(),
            Kind::Parts(_) => None,
        }
    }
}

impl From<Bytes> for ReplyBody {
    fn from(body: Bytes) -> Self {
        Self(Kind::Whole(Some(body)))
    }
}

/// Shows the kind and no content.
impl fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Whole(_) => "ReplyBody(whole)",
            Kind::Parts(_) => "ReplyBody(parts)",
        })
    }
}

impl Stream for ReplyBody {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut self.0 {
            Kind::Whole(body) => Poll::Ready(body.take().filter(|body| !body.is_empty()).map(Ok)),
            Kind::Parts(parts) => parts.as_mut().poll_next(cx),
        }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.poll_next(cx).map_ok(Frame::data)
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Whole(body) => body.as_ref().is_none_or(Bytes::is_empty),
            Kind::Parts(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(body) => {
                let length = body.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            Kind::Parts(_) => SizeHint::default(),
        }
    }
}
