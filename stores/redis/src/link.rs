//! The connection that all calls share, and its replacement when it is lost, or open but useless.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::ConnectionManager;
use redis::{ErrorKind, RedisError, RedisResult, ServerErrorKind};
use tokio::time::Instant;

use crate::DEADLINE;
use crate::nodes::Nodes;
use crate::wire::Wire;

/// The least age of a connection that may be replaced.
const LEAST_AGE: Duration = Duration::from_secs(1);

/// The connection that all calls share. Clones share it, too.
///
/// A [`ConnectionManager`] reconnects by itself when its connection breaks. A connection to a primary that became a replica, or
/// to a proxy with nothing behind it, does not break: it is replaced after a call on it has failed. Among several nodes, a
/// connection that broke is replaced by one to the node that is the primary then.
#[derive(Clone)]
pub(crate) struct Link {
    shared: Arc<Shared>,
}

struct Shared {
    /// Where to connect; `None` for a connection of the app's own, which is never replaced.
    nodes: Option<Nodes>,
    current: Mutex<Option<Current>>,
    /// Held while a connection is made; what came of the last attempt that failed.
    connecting: tokio::sync::Mutex<Option<Failure>>,
}

/// A connection and its age.
#[derive(Clone)]
pub(crate) struct Current {
    pub(crate) wire: Wire,
    made_at: Instant,
}

/// An attempt to connect that failed. Calls that waited for it fail with it, instead of trying one after another.
struct Failure {
    at: Instant,
    error: RedisError,
}

impl Link {
    /// Connects.
    ///
    /// # Errors
    ///
    /// Those of the first connection; later ones are made by the calls that need one.
    pub(crate) async fn to(nodes: Nodes) -> RedisResult<Self> {
        let link = Self::new(Some(nodes), None);
        link.connection().await?;
        Ok(link)
    }

    /// Uses a connection as it is, and never replaces it.
    pub(crate) fn over(manager: ConnectionManager) -> Self {
        let made_at = Instant::now();
        let wire = Wire::Managed(manager);
        Self::new(None, Some(Current { wire, made_at }))
    }

    fn new(nodes: Option<Nodes>, current: Option<Current>) -> Self {
        Self {
            shared: Arc::new(Shared {
                nodes,
                current: Mutex::new(current),
                connecting: tokio::sync::Mutex::new(None),
            }),
        }
    }

    /// The connection for the next call, made if there is none.
    pub(crate) async fn connection(&self) -> RedisResult<Current> {
        if let Some(current) = self.open() {
            return Ok(current);
        }
        let asked_at = Instant::now();
        let mut failure = self.shared.connecting.lock().await;
        if let Some(current) = self.open() {
            return Ok(current);
        }
        if let Some(failure) = failure.as_ref().filter(|failure| failure.at >= asked_at) {
            return Err(failure.error.clone());
        }
        let made = match &self.shared.nodes {
            Some(nodes) => connect(nodes).await,
            None => Err((ErrorKind::Client, "the app's connection is gone").into()),
        };
        match made {
            Ok(wire) => {
                let made_at = Instant::now();
                let made = Current { wire, made_at };
                *self.current() = Some(made.clone());
                Ok(made)
            }
            Err(error) => {
                let at = Instant::now();
                *failure = Some(Failure {
                    at,
                    error: error.clone(),
                });
                Err(error)
            }
        }
    }

    /// The connection, if there is one that was not lost.
    fn open(&self) -> Option<Current> {
        let current = self.current();
        current.clone().filter(|current| !current.wire.is_lost())
    }

    /// Gives a connection up if this error shows that it is useless: no answer in time, one that only a replica gives, or among
    /// several nodes that it broke. The call that failed is not repeated.
    pub(crate) fn judge(&self, used: &Current, error: &RedisError) {
        let Some(nodes) = &self.shared.nodes else {
            return;
        };
        let is_replica = error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly);
        let is_old = used.made_at.elapsed() >= LEAST_AGE;
        let is_broken = nodes.are_several() && error.is_unrecoverable_error();
        let is_useless = is_broken || is_old && (is_replica || error.is_timeout());
        // A cluster connects to its nodes by itself.
        if !is_useless || used.wire.is_cluster() {
            return;
        }
        let mut current = self.current();
        if current
            .as_ref()
            .is_some_and(|current| current.made_at == used.made_at)
        {
            tracing::warn!(target: "threelo", is_replica, "the connection to redis is unusable: opening a new one");
            *current = None;
        }
    }

    fn current(&self) -> MutexGuard<'_, Option<Current>> {
        let current = self.shared.current.lock();
        current.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connects within the time limit of three attempts.
async fn connect(nodes: &Nodes) -> RedisResult<Wire> {
    let made = tokio::time::timeout(DEADLINE * 3, nodes.connect()).await;
    made.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
}
