//! Time limits of calls, and which idle connections to distrust.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::failure::is_cut;

/// The time limit of a call, including the wait for a connection.
const DEADLINE: Duration = Duration::from_secs(5);

/// Remembers when a call last found its connection broken, or got no answer in time. Clones share the memory.
///
/// Connections are taken from the pool without testing them, which would cost a round trip each time. Instead, once a call has
/// failed, connections that have been idle since before that failure are not used again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Health(Arc<Mutex<Option<Instant>>>);

impl Health {
    /// Whether a call has failed within this time. A connection that was idle throughout is not to be trusted then.
    #[cfg(feature = "postgres")]
    pub(crate) fn is_doubtful(&self, idle_for: Duration) -> bool {
        let failed_at = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed_at.is_some_and(|at| at.elapsed() <= idle_for)
    }

    fn note_failure(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Awaits a call, for at most five seconds.
    ///
    /// # Errors
    ///
    /// Those of the call; [`sqlx::Error::PoolTimedOut`] if it takes longer. The call is dropped then, and it is unknown whether
    /// the database carried it out.
    pub(crate) async fn watch<T>(
        &self,
        call: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        let outcome = timeout(DEADLINE, call).await;
        let outcome = outcome.unwrap_or(Err(sqlx::Error::PoolTimedOut));
        if let Err(error) = &outcome
            && (is_cut(error) || matches!(error, sqlx::Error::PoolTimedOut))
        {
            self.note_failure();
        }
        outcome
    }
}
