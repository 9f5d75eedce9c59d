//! The body of a response: of the app or of ours.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Either;
use pin_project_lite::pin_project;
use threelo::BoxError;
use threelo::adapter::ReplyBody;

pin_project! {
    /// A reply's body: the app's own, or one of ours.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        either: Either<B, ReplyBody>,
    }
}

impl<B> ResponseBody<B> {
    pub(crate) fn app(body: B) -> Self {
        let either = Either::Left(body);
        Self { either }
    }
}

impl<B> From<ReplyBody> for ResponseBody<B> {
    fn from(body: ReplyBody) -> Self {
        let either = Either::Right(body);
        Self { either }
    }
}

impl<B> From<Bytes> for ResponseBody<B> {
    fn from(body: Bytes) -> Self {
        ReplyBody::from(body).into()
    }
}

impl<B: Body<Data = Bytes, Error: Into<BoxError>>> Body for ResponseBody<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.project().either.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.either.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.either.size_hint()
    }
}
