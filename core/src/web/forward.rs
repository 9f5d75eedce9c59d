//! Calls that are passed on to Atlassian: what is passed, by whom, and how much may come back.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use http::{Method, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use crate::error::{Causes, Rejection};
use crate::flow::{Holder, Ports};
use crate::http_client::{Chunks, HttpClientError};
use crate::message::{BodyError, ReplyBody};
use crate::site::Site;

/// A call of a browser's script, judged.
pub(crate) struct Call {
    pub(crate) holder: Holder,
    pub(crate) product: String,
    pub(crate) site: Site,
    pub(crate) method: Method,
    /// Not yet known to stay below its base.
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

/// Makes such calls; the client for Atlassian's APIs does, which stands above this floor.
#[async_trait]
pub(crate) trait Forwarder: Send + Sync {
    /// The answer, whatever its status, but no redirect.
    async fn forward(
        &self,
        ports: &Arc<Ports>,
        call: Call,
    ) -> Result<Response<Box<dyn Chunks>>, Rejection>;
}

/// An answer that is passed back has this many bytes at most, and takes this long at most, while somebody takes it.
const MOST: usize = 256 * 1024 * 1024;
/// It is passed on in parts of this many bytes, because servers copy a part before they send it.
const PART: usize = 16 * 1024;
/// The beginning of an answer waits for nobody.
const SMALL: usize = 16 * 1024;
/// So many long answers move at a time.
pub(super) const TURNS: usize = 16;
const PATIENCE: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(10 * 60);

/// A body that breaks off where it is too large or takes too long.
pub(super) fn limited(body: Box<dyn Chunks>, turns: &Arc<Semaphore>) -> ReplyBody {
    let limited = Limited {
        body,
        turn: Turn::NotYet(Arc::clone(turns)),
        taken: Bytes::new(),
        left: MOST,
        end: Instant::now() + LONGEST,
    };
    ReplyBody::of_parts(stream::try_unfold(limited, |mut limited| async {
        let chunk = limited.chunk().await?;
        Ok(chunk.map(|chunk| (chunk, limited)))
    }))
}

/// Leave to move much.
enum Turn {
    NotYet(Arc<Semaphore>),
    /// Until the answer ends; `None` for who waited long enough.
    Taken(#[expect(dead_code, reason = "held")] Option<OwnedSemaphorePermit>),
}

struct Limited {
    body: Box<dyn Chunks>,
    turn: Turn,
    /// What came and was not passed on yet.
    taken: Bytes,
    left: usize,
    end: Instant,
}

impl Limited {
    /// The longer an answer, the larger its parts are in the HTTP client, up to 400 KB, and once more on their way: so many
    /// long answers at once are moved to their end before others begin. Whoever waits behind slow readers goes on without.
    async fn take_turn(&mut self) {
        if let Turn::NotYet(turns) = &self.turn
            && self.left <= MOST - SMALL
        {
            let turn = timeout(PATIENCE, Arc::clone(turns).acquire_owned()).await;
            self.turn = Turn::Taken(turn.ok().and_then(Result::ok));
        }
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>, BodyError> {
        while self.taken.is_empty() {
            self.take_turn().await;
            let chunk = timeout_at(self.end, self.body.chunk()).await;
            let chunk = chunk.unwrap_or(Err(HttpClientError::Timeout));
            let Some(chunk) = chunk.map_err(broken)? else {
                return Ok(None);
            };
            let left = self.left.checked_sub(chunk.len());
            self.left = left.ok_or_else(|| broken(HttpClientError::TooLarge(MOST)))?;
            self.taken = chunk;
        }
        let length = self.taken.len().min(PART);
        Ok(Some(self.taken.split_to(length)))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a map_err function")]
fn broken(error: HttpClientError) -> BodyError {
    BodyError(Causes(&error).to_string())
}
