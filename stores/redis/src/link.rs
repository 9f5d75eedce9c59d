//! The connection; and a new one where the old one stands and is of no use.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, ErrorKind, RedisError, RedisResult, ServerErrorKind};
use tokio::time::Instant;

/// No more often is it made anew.
const PAUSE: Duration = Duration::from_secs(1);

/// The connection that all calls share. A [`ConnectionManager`] mends one that is cut. One that leads to a primary which
/// became a replica, or to a proxy without anybody behind it, is not cut: it is replaced after the call that failed.
#[derive(Clone)]
pub(crate) struct Link {
    current: Arc<Mutex<Current>>,
    /// How it is made; `None` for an app's own connection, which is the app's business.
    origin: Option<(Client, ConnectionManagerConfig)>,
}

struct Current {
    manager: ConnectionManager,
    made_at: Instant,
}

impl Link {
    pub(crate) async fn to(client: Client, config: ConnectionManagerConfig) -> RedisResult<Self> {
        let made = ConnectionManager::new_with_config(client.clone(), config.clone());
        Ok(Self {
            origin: Some((client, config)),
            ..Self::over(made.await?)
        })
    }

    pub(crate) fn over(manager: ConnectionManager) -> Self {
        let made_at = Instant::now();
        let current = Current { manager, made_at };
        Self {
            current: Arc::new(Mutex::new(current)),
            origin: None,
        }
    }

    pub(crate) fn connection(&self) -> ConnectionManager {
        self.current().manager.clone()
    }

    /// What a call failed with: whether the next one needs another connection.
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
        if current.made_at.elapsed() < PAUSE {
            return;
        }
        let made = ConnectionManager::new_lazy_with_config(client.clone(), config.clone());
        if let Ok(manager) = made {
            tracing::warn!(target: "threelo", is_replica, "the connection to redis is of no use: a new one is made");
            let made_at = Instant::now();
            *current = Current { manager, made_at };
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
