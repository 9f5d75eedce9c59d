//! An answer of Atlassian on its way back: how much, how long, and that it ends with who reads it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use crate::error::Causes;
use crate::http_client::{Chunks, HttpClientError};
use crate::message::{BodyError, ReplyBody};
use crate::web::proxy::idle_timeout::{IdleTimeout, Limits};

/// An answer that is passed back has this many bytes at most, and so long it takes at most.
const MOST: usize = 256 * 1024 * 1024;
const LIMITS: Limits = Limits {
    whole: Duration::from_secs(10 * 60),
    standstill: Duration::from_secs(60),
};
/// It is passed on in parts of this many bytes, because servers copy a part before they send it.
const PART: usize = 16 * 1024;
/// The beginning of an answer waits for nobody.
const SMALL: usize = 16 * 1024;
/// So many long answers move at a time.
pub(crate) const TURNS: usize = 16;
const PATIENCE: Duration = Duration::from_secs(1);
/// A slow reader's turn is over after this long; its answer goes on without.
const TURN: Duration = Duration::from_secs(10);

/// A body that breaks off where it is too large, takes too long or is not read.
pub(crate) fn limited_body(body: Box<dyn Chunks>, turns: &Arc<Semaphore>) -> ReplyBody {
    let limited = Limited {
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

/// Leave to move much.
enum Turn {
    NotYet(Arc<Semaphore>),
    Taken(
        #[expect(dead_code, reason = "held")] OwnedSemaphorePermit,
        Instant,
    ),
    /// Whoever waited or took long enough goes on without.
    Over,
}

struct Limited {
    body: Box<dyn Chunks>,
    turn: Turn,
    /// What came and was not passed on yet.
    taken: Bytes,
    left: usize,
}

impl Limited {
    /// The longer an answer, the larger its parts are in the HTTP client, up to 400 KB, and once more on their way: so many
    /// long answers at once are moved to their end before others begin. Whoever waits behind slow readers goes on without.
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

fn broken(error: &HttpClientError) -> BodyError {
    BodyError(Causes(error).to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering;

    use super::*;
    use async_trait::async_trait;
    use futures_util::StreamExt as _;

    /// A body of so many chunks, each after so long; it counts the bodies that are there.
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
        (limited_body(Box::new(body), &turns), there)
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_answer_does_not_keep_its_turn() {
        let turns = Arc::new(Semaphore::new(1));
        let body = Body {
            chunks: usize::MAX,
            every: TURN / 4,
            there: Arc::default(),
        };
        let mut body = limited_body(Box::new(body), &turns);
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
    async fn a_reader_that_is_gone_ends_its_answer_at_once() {
        let (mut body, there) = body(usize::MAX, Duration::from_secs(30));
        body.next().await.unwrap().unwrap();

        drop(body);

        assert_eq!(there.load(Ordering::SeqCst), 0);
    }
}
