//! The body of a forwarded answer: its limits in bytes and time, its parts, and its turns.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use crate::error::Causes;
use crate::http_client::{Chunks, HttpClientError};
use crate::message::{BodyError, ReplyBody};
use crate::web::proxy::calls::CallInFlight;
use crate::web::proxy::idle_timeout::{IdleTimeout, Limits};

/// The most bytes of an answer that are passed back.
const MOST: usize = 256 * 1024 * 1024;
/// How long an answer may take in all, and how long its reader may ask for nothing.
const LIMITS: Limits = Limits {
    whole: Duration::from_secs(10 * 60),
    standstill: Duration::from_secs(60),
};
/// The size of the parts in which an answer is passed on: servers copy a part before they send it.
const PART: usize = 16 * 1024;
/// So many bytes of an answer are passed on without a turn, so that short answers never wait.
const SMALL: usize = 16 * 1024;
/// How many long answers move at a time, in one process.
pub(crate) const TURNS: usize = 16;
/// How long an answer waits for a turn before it goes on without one.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a turn lasts. After it the answer goes on without, so that slow readers do not block
/// others.
const TURN: Duration = Duration::from_secs(10);

/// Makes the body of a reply from the body of Atlassian's answer.
///
/// A part is asked for when the one before was taken, so that nothing piles up. The body breaks off
/// with an error, and never with an end that looks whole, if it is larger than 256 MiB, takes
/// longer than ten minutes, is not read for a minute, or breaks off at Atlassian. Dropping it drops
/// Atlassian's answer immediately. Must be called inside a Tokio runtime.
///
/// `in_flight` is dropped with the body: until then the call counts for its account.
pub(crate) fn limited_body(
    body: Box<dyn Chunks>,
    turns: &Arc<Semaphore>,
    in_flight: Arc<CallInFlight>,
) -> ReplyBody {
    let limited = Limited {
        _in_flight: in_flight,
        body,
        turn: Turn::NotYet(Arc::clone(turns)),
        taken: Bytes::new(),
        left: MOST,
    };
    let parts = stream::try_unfold(limited, |mut limited| async {
        let chunk = limited.chunk().await?;
        Ok(chunk.map(|chunk| (chunk, limited)))
    });
    let late = || broken(&HttpClientError::Timeout);
    ReplyBody::of_parts(IdleTimeout::new(Box::pin(parts), LIMITS, late))
}

/// The permission to move more than the first bytes.
enum Turn {
    /// Not asked for yet.
    NotYet(Arc<Semaphore>),
    /// Held since then.
    Taken(
        #[expect(dead_code, reason = "held")] OwnedSemaphorePermit,
        Instant,
    ),
    /// Waited for or held long enough: the answer goes on without.
    Over,
}

/// An answer that is being passed on.
struct Limited {
    /// The call, which counts until its answer is over.
    _in_flight: Arc<CallInFlight>,
    /// What comes from Atlassian.
    body: Box<dyn Chunks>,
    /// Whether the answer has a turn.
    turn: Turn,
    /// What came and was not passed on yet.
    taken: Bytes,
    /// How many more bytes the answer may have.
    left: usize,
}

impl Limited {
    /// Takes a turn before an answer becomes long, and gives it back when it lasts too long.
    ///
    /// The longer an answer, the larger the parts that the HTTP client reads, up to 400 KB each,
    /// and each is copied once more on its way. With turns, of many concurrent long answers only a
    /// few have parts of that size. Turns are a matter of memory, not of right: an answer without
    /// one is never refused.
    async fn take_turn(&mut self) {
        if let Turn::NotYet(turns) = &self.turn
            && self.left <= MOST - SMALL
        {
            let turn = timeout(PATIENCE, Arc::clone(turns).acquire_owned()).await;
            self.turn = match turn {
                Ok(Ok(permit)) => Turn::Taken(permit, Instant::now()),
                _ => Turn::Over,
            };
        }
        if let Turn::Taken(_, since) = &self.turn
            && since.elapsed() > TURN
        {
            self.turn = Turn::Over;
        }
    }

    /// Returns the next part, of at most [`PART`] bytes; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`BodyError`] if the answer is too large or breaks off.
    async fn chunk(&mut self) -> Result<Option<Bytes>, BodyError> {
        while self.taken.is_empty() {
            self.take_turn().await;
            let chunk = self.body.chunk().await.map_err(|error| broken(&error))?;
            let Some(chunk) = chunk else {
                return Ok(None);
            };
            let left = self.left.checked_sub(chunk.len());
            self.left = left.ok_or_else(|| broken(&HttpClientError::TooLarge(MOST)))?;
            self.taken = chunk;
        }
        let length = self.taken.len().min(PART);
        Ok(Some(self.taken.split_to(length)))
    }
}

/// The error that ends the reply: its causes as text, without an address (see [`HttpClientError`]).
fn broken(error: &HttpClientError) -> BodyError {
    BodyError(Causes(error).to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::web::proxy::calls::Calls;

    fn in_flight() -> Arc<CallInFlight> {
        Calls::default().begin("mia").unwrap()
    }
    use async_trait::async_trait;
    use futures_util::StreamExt as _;

    /// A body of so many chunks, each after so long; it counts the bodies that exist.
    #[derive(Debug)]
    struct Body {
        chunks: usize,
        every: Duration,
        there: Arc<AtomicUsize>,
    }

    #[async_trait]
    impl Chunks for Body {
        async fn chunk(&mut self) -> Result<Option<Bytes>, HttpClientError> {
            tokio::time::sleep(self.every).await;
            let left = self.chunks.checked_sub(1);
            self.chunks = left.unwrap_or_default();
            Ok(left.map(|_| Bytes::from(vec![b'x'; PART + 1])))
        }
    }

    impl Drop for Body {
        fn drop(&mut self) {
            self.there.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn body(chunks: usize, every: Duration) -> (ReplyBody, Arc<AtomicUsize>) {
        let there = Arc::new(AtomicUsize::new(1));
        let body = Body {
            chunks,
            every,
            there: Arc::clone(&there),
        };
        let turns = Arc::new(Semaphore::new(TURNS));
        (limited_body(Box::new(body), &turns, in_flight()), there)
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_answer_does_not_keep_its_turn() {
        let turns = Arc::new(Semaphore::new(1));
        let body = Body {
            chunks: usize::MAX,
            every: TURN / 4,
            there: Arc::default(),
        };
        let mut body = limited_body(Box::new(body), &turns, in_flight());
        for _ in 0..4 {
            body.next().await.unwrap().unwrap();
        }
        assert_eq!(turns.available_permits(), 0, "long answers take turns");

        for _ in 0..10 {
            body.next().await.unwrap().unwrap();
        }

        assert_eq!(turns.available_permits(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_comes_back_whole_and_in_small_parts() {
        let (body, there) = body(100, Duration::ZERO);

        let parts: Vec<_> = body.map(Result::unwrap).collect().await;

        assert_eq!(
            parts.iter().map(Bytes::len).sum::<usize>(),
            100 * (PART + 1)
        );
        assert!(parts.iter().all(|part| part.len() <= PART));
        assert_eq!(there.load(Ordering::SeqCst), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_stands_still_for_a_minute_holds_nothing_and_is_told() {
        let (mut body, there) = body(usize::MAX, Duration::ZERO);
        for _ in 0..3 {
            body.next().await.unwrap().unwrap();
            tokio::time::sleep(LIMITS.standstill * 2 / 3).await;
        }
        assert_eq!(there.load(Ordering::SeqCst), 1, "slow is not still");

        tokio::time::sleep(LIMITS.standstill / 2).await;

        assert_eq!(there.load(Ordering::SeqCst), 0);
        assert!(
            body.next().await.unwrap().is_err(),
            "no end that looks whole"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_never_ends_does_after_ten_minutes() {
        let (mut body, there) = body(usize::MAX, LIMITS.standstill * 5 / 6);
        let began = Instant::now();

        while body.next().await.unwrap().is_ok() {}

        let took = began.elapsed();
        assert_eq!((took.as_secs(), there.load(Ordering::SeqCst)), (600, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_is_gone_ends_its_answer_immediately() {
        let (mut body, there) = body(usize::MAX, Duration::from_secs(30));
        body.next().await.unwrap().unwrap();

        drop(body);

        assert_eq!(there.load(Ordering::SeqCst), 0);
    }
}
