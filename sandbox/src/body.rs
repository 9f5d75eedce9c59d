//! Bodies of responses: whole ones, and those of faults, which do not end as they should.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Interval, interval};

/// The body of a response.
#[derive(Debug)]
pub(crate) enum Body {
    /// All of it, once, with its length in `Content-Length`.
    Whole(Option<Bytes>),
    /// White space in pieces of 8 KiB, as fast as the client reads it, without an end.
    Endless,
    /// A byte of white space every five seconds, without an end.
    Drip(Box<Interval>),
    /// A part of the body, then an error, upon which hyper closes the connection.
    Cut(Option<Bytes>, Box<Interval>),
}

impl Body {
    /// A body that drips; its first byte comes immediately.
    pub(crate) fn drip() -> Self {
        Self::Drip(Box::new(interval(Duration::from_secs(5))))
    }

    /// A body that ends with an error 20 milliseconds after this part.
    pub(crate) fn cut(part: &'static [u8]) -> Self {
        let ticks = Box::new(interval(Duration::from_millis(20)));
        Self::Cut(Some(Bytes::from_static(part)), ticks)
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::Whole(Some(text.into()))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let part = match &mut *self {
            Self::Whole(whole) => whole.take().map(Ok),
            Self::Endless => Some(Ok(Bytes::from_static(&[b' '; 8192]))),
            Self::Drip(ticks) => {
                std::task::ready!(ticks.poll_tick(context));
                Some(Ok(Bytes::from_static(b" ")))
            }
            Self::Cut(part, ticks) => {
                std::task::ready!(ticks.poll_tick(context));
                Some(
                    part.take()
                        .ok_or_else(|| io::Error::other("connection cut by a fault")),
                )
            }
        };
        Poll::Ready(part.map(|part| part.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(whole) => {
                SizeHint::with_exact(whole.as_ref().map_or(0, |whole| whole.len() as u64))
            }
            Self::Endless | Self::Drip(_) | Self::Cut(..) => SizeHint::default(),
        }
    }
}
