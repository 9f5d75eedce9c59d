//! A stream that ends in time, whether or not its reader asks for more.

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
    /// From its beginning to its end, whatever its reader does.
    pub(crate) whole: Duration,
    /// Since its reader last asked for an item.
    pub(crate) standstill: Duration,
}

/// A stream that is dropped when its time is over.
///
/// A server asks for no part of a body while its client takes none. The stream itself would not run
/// then and could not see the time pass, so a task beside it does. The reader that comes back gets
/// an error.
pub(crate) struct IdleTimeout<S, E> {
    /// What reader and task share. The task has a weak reference, so that it does not keep the
    /// stream.
    held: Arc<Mutex<Held<S>>>,
    /// The task; it ends with the stream.
    watch: AbortHandle,
    /// The error that a reader gets after the end.
    late: fn() -> E,
}

/// What the reader and the task share.
struct Held<S> {
    /// The stream; `None` once its time is over.
    stream: Option<S>,
    /// When the reader last asked for an item.
    asked_at: Instant,
    /// Wakes a reader that waits when the time is over.
    waker: Option<Waker>,
}

impl<S: Send + 'static, E> IdleTimeout<S, E> {
    /// Watches a stream. If its time is over first, every further item is the error of `late`.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime, which runs the task.
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

/// Locks what is shared; a reader that panicked does not matter here.
fn lock<S>(held: &Mutex<Held<S>>) -> MutexGuard<'_, Held<S>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sleeps until the next time to look, until there is nothing left to watch.
async fn watch<S>(held: Weak<Mutex<Held<S>>>, end: Instant, standstill: Duration) {
    while let Some(due) = due(&held, end, standstill) {
        sleep_until(due).await;
    }
}

/// Returns when to look again; `None` if the stream is gone. Drops the stream if its time is over,
/// and with it the connection that it reads from.
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

    /// Asks the stream for an item and notes the time. The lock is held meanwhile, which is short:
    /// the stream never blocks.
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
    /// Ends the task: a reader that is gone needs no watch.
    fn drop(&mut self) {
        self.watch.abort();
    }
}
