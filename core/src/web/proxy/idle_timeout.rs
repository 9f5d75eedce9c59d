//! A stream that ends in time, whether or not anybody asks for more of it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

/// How long a stream lives.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// From its beginning to its end.
    pub(crate) whole: Duration,
    /// While nobody asks for the next item.
    pub(crate) standstill: Duration,
}

/// A stream that is dropped when its time is over. A server asks for no part of a body while its client takes none, so that
/// the stream itself would not see the time pass.
pub(crate) struct IdleTimeout<S, E> {
    held: Arc<Mutex<Held<S>>>,
    watch: AbortHandle,
    late: fn() -> E,
}

struct Held<S> {
    /// `None` once its time is over.
    stream: Option<S>,
    asked_at: Instant,
    waker: Option<Waker>,
}

impl<S: Send + 'static, E> IdleTimeout<S, E> {
    /// Watches a stream, which ends with the error `late` if its time is over first.
    pub(crate) fn new(stream: S, limits: Limits, late: fn() -> E) -> Self {
        let now = Instant::now();
        let held = Arc::new(Mutex::new(Held {
            stream: Some(stream),
            asked_at: now,
            waker: None,
        }));
        let watching = watch(Arc::downgrade(&held), now + limits.whole, limits.standstill);
        Self {
            held,
            watch: tokio::spawn(watching).abort_handle(),
            late,
        }
    }
}

fn lock<S>(held: &Mutex<Held<S>>) -> MutexGuard<'_, Held<S>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn watch<S>(held: Weak<Mutex<Held<S>>>, end: Instant, standstill: Duration) {
    while let Some(due) = due(&held, end, standstill) {
        sleep_until(due).await;
    }
}

/// When to look again; `None` if there is nothing left to watch.
fn due<S>(held: &Weak<Mutex<Held<S>>>, end: Instant, standstill: Duration) -> Option<Instant> {
    let held = held.upgrade()?;
    let mut held = lock(&held);
    let due = end.min(held.asked_at + standstill);
    if Instant::now() < due {
        return Some(due);
    }
    held.stream = None;
    if let Some(waker) = held.waker.take() {
        waker.wake();
    }
    None
}

impl<S, T, E> Stream for IdleTimeout<S, E>
where
    S: Stream<Item = Result<T, E>> + Unpin,
{
    type Item = Result<T, E>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut held = lock(&self.held);
        let Some(stream) = &mut held.stream else {
            return Poll::Ready(Some(Err((self.late)())));
        };
        let polled = Pin::new(stream).poll_next(cx);
        if polled.is_pending() {
            held.waker = Some(cx.waker().clone());
        }
        held.asked_at = Instant::now();
        polled
    }
}

impl<S, E> Drop for IdleTimeout<S, E> {
    fn drop(&mut self) {
        self.watch.abort();
    }
}
