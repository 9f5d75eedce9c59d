//! Bodies of requests that say when the connection took their last part.
//!
//! A server may take a minute to answer, and an upload may take longer than that. Time is counted from the last part that
//! moved, so that neither is mistaken for the other.

use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, timeout_at};

/// The size of the parts in which a long body is sent, and up to which it is sent whole.
const PART: usize = 64 * 1024;

/// The longest time without progress.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// When a request last moved.
#[derive(Clone)]
pub(crate) struct Progress {
    began: Instant,
    /// In milliseconds after the beginning.
    moved: Arc<AtomicU64>,
}

impl Progress {
    /// A request that begins now.
    pub(crate) fn begin() -> Self {
        Self {
            began: Instant::now(),
            moved: Arc::default(),
        }
    }

    fn note(&self) {
        let elapsed = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved.store(elapsed, Ordering::Relaxed);
    }

    fn last(&self) -> Instant {
        self.began + Duration::from_millis(self.moved.load(Ordering::Relaxed))
    }

    /// Waits for `work` until nothing has moved for `limit`; `None` after that.
    pub(crate) async fn within<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let mut work = pin!(work);
        // Later than that is no time that a clock can tell.
        let limit = limit.min(LONGEST);
        loop {
            let due = self.last() + limit;
            if let Ok(done) = timeout_at(due, &mut work).await {
                return Some(done);
            }
            if self.last() + limit <= due {
                return None;
            }
        }
    }
}

/// The body of a request: a long one in parts, each of which is noted when the connection takes it.
pub(crate) fn upload(body: Bytes, progress: &Progress) -> reqwest::Body {
    match body.len() {
        0..=PART => body.into(),
        _ => reqwest::Body::wrap(Upload {
            rest: body,
            progress: progress.clone(),
        }),
    }
}

/// A body that is sent in parts.
struct Upload {
    rest: Bytes,
    progress: Progress,
}

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.progress.note();
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.rest.len().min(PART);
        let part = self.rest.split_to(length);
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn};

    use http_body::Body as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn time_is_counted_from_the_last_part_that_moved() {
        let (progress, limit) = (Progress::begin(), Duration::from_secs(10));
        let mut body = Upload {
            rest: Bytes::from(vec![b'x'; 5 * PART]),
            progress: progress.clone(),
        };
        let began = Instant::now();
        let slow = async {
            for _part in 0..5 {
                tokio::time::sleep(limit * 9 / 10).await;
                let part = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
                assert!(part.is_some());
            }
            pending::<()>().await;
        };

        assert!(progress.within(limit, slow).await.is_none());

        assert_eq!(began.elapsed(), limit * 45 / 10 + limit);
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_that_no_clock_can_tell_is_a_day() {
        let (progress, began) = (Progress::begin(), Instant::now());
        assert!(
            progress
                .within(Duration::MAX, pending::<()>())
                .await
                .is_none()
        );
        assert_eq!(began.elapsed(), LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_never_moves_is_given_up_in_time() {
        let (progress, limit) = (Progress::begin(), Duration::from_secs(10));
        let began = Instant::now();
        assert!(progress.within(limit, pending::<()>()).await.is_none());
        assert_eq!(began.elapsed(), limit);
    }
}
