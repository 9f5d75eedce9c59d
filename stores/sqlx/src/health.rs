//! How a database's answers have been.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::failure::is_cut;

/// A call of the database takes at most this long, the wait for a connection included.
const DEADLINE: Duration = Duration::from_secs(5);

/// How a database's answers have been.
///
/// Connections are taken from the pool without a look at them, which would cost a trip each time. Once one has failed, those
/// that were idle since then are not used any more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Health(Arc<Mutex<Option<Instant>>>);

impl Health {
    /// Whether something failed in this last while.
    #[cfg(feature = "postgres")]
    pub(crate) fn is_doubtful(&self, last: Duration) -> bool {
        let failed_at = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed_at.is_some_and(|at| at.elapsed() <= last)
    }

    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// A call of the database, which ends in time.
    pub(crate) async fn watch<T>(
        &self,
        call: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        let outcome = timeout(DEADLINE, call).await;
        let outcome = outcome.unwrap_or(Err(sqlx::Error::PoolTimedOut));
        if let Err(error) = &outcome
            && (is_cut(error) || matches!(error, sqlx::Error::PoolTimedOut))
        {
            self.note();
        }
        outcome
    }
}
