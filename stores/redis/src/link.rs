//! The connection, and its replacement when it is open but useless.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, ErrorKind, RedisError, RedisResult, ServerErrorKind};
use tokio::time::Instant;

/// The least age of a connection that may be replaced.
const LEAST_AGE: Duration = Duration::from_secs(1);

/// The connection that all calls share. Clones share it, too.
///
/// A [`ConnectionManager`] reconnects by itself when its connection breaks. A connection to a primary that became a replica, or
/// to a proxy with nothing behind it, does not break: it is replaced after a call on it has failed.
#[derive(Clone)]
pub(crate) struct Link {
    current: Arc<Mutex<Current>>,
    /// How to make a new one; `None` for a connection of the app's own, which is never replaced.
    origin: Option<(Client, ConnectionManagerConfig)>,
}

/// A connection and its age.
struct Current {
    manager: ConnectionManager,
    made_at: Instant,
}

impl Link {
    /// Connects, and replaces the connection when it becomes useless.
    ///
    /// # Errors
    ///
    /// Those of the first connection; later ones are made in the background.
    pub(crate) async fn to(client: Client, config: ConnectionManagerConfig) -> RedisResult<Self> {
        let made = ConnectionManager::new_with_config(client.clone(), config.clone());
        Ok(Self {
            origin: Some((client, config)),
            ..Self::over(made.await?)
        })
    }

    /// Uses a connection as it is, and never replaces it.
    pub(crate) fn over(manager: ConnectionManager) -> Self {
        let made_at = Instant::now();
        let current = Current { manager, made_at };
        Self {
            current: Arc::new(Mutex::new(current)),
            origin: None,
        }
    }

    /// The connection for the next call.
    pub(crate) fn connection(&self) -> ConnectionManager {
        self.current().manager.clone()
    }

    /// Replaces the connection if this error shows that it is useless: no answer in time, or an answer that only a replica gives.
    /// The call that failed is not repeated.
    pub(crate) fn judge(&self, error: &RedisError) {
        let is_replica = error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly);
        let Some((client, config)) = self
            .origin
            .as_ref()
            .filter(|_| is_replica || error.is_timeout())
        else {
            return;
        };
        let mut current = self.current();
        if current.made_at.elapsed() < LEAST_AGE {
            return;
        }
        let made = ConnectionManager::new_lazy_with_config(client.clone(), config.clone());
        if let Ok(manager) = made {
            tracing::warn!(target: "threelo", is_replica, "the connection to redis is unusable: opening a new one");
            let made_at = Instant::now();
            *current = Current { manager, made_at };
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
