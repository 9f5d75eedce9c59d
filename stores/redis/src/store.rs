//! The store, and how an app gets one.

use std::fmt;

use redis::RedisError;
use redis::aio::ConnectionManager;
use threelo::store::StoreError;

use crate::connection::Connection;
use crate::keys::Prefix;
use crate::link::Link;
use crate::setup_error::RedisSetupError;

/// A store in Redis, for any number of instances. Clones share the connection.
///
/// There is one connection for each store, on which concurrent calls do not wait for each other's answers; with
/// [`wait_for_replicas`](crate::RedisBuilder::wait_for_replicas) there are two, and in a cluster one for each node. It reconnects by
/// itself. A connection that is still open but has become useless, because the primary became a replica or nothing answers behind
/// a proxy, is replaced after a call on it has failed, at most once in a second.
///
/// The [front page](crate) says what is atomic, which clock counts, what Redis must be configured for, and which keys there are.
///
/// # Examples
///
/// ```no_run
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use threelo::AuthBuilder;
/// use threelo_redis::RedisStore;
///
/// let store = RedisStore::connect("redis://127.0.0.1:6379").await?;
/// let auth = AuthBuilder::from_env().store(Arc::new(store)).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisStore {
    reads: Connection,
    writes: Connection,
    pub(crate) prefix: Prefix,
}

/// Shows nothing of the address, which may contain a password.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").finish_non_exhaustive()
    }
}

impl RedisStore {
    /// Uses a connection of `redis` that the app has already. This is the only function that takes a type of `redis`, so the app
    /// must use the same version of it as this crate.
    ///
    /// Nothing is asked of Redis yet: call [`check`](Self::check) before the store is used. The connection's own settings apply:
    /// its time limits, and how it reconnects. The store never replaces it.
    ///
    /// # Errors
    ///
    /// [`RedisSetupError::Prefix`] if the prefix is not 1 to 64 letters, digits, `:`, `-` and `_`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
    /// use threelo_redis::RedisStore;
    ///
    /// let client = redis::Client::open("redis://redis.internal:6379")?;
    /// let connection = redis::aio::ConnectionManager::new(client).await?;
    /// let store = RedisStore::from_connection(connection, "threelo")?;
    /// store.check().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_connection(
        connection: ConnectionManager,
        prefix: &str,
    ) -> Result<Self, RedisSetupError> {
        Self::over(Link::over(connection), prefix)
    }

    /// A store over a connection.
    pub(crate) fn over(link: Link, prefix: &str) -> Result<Self, RedisSetupError> {
        let checked = Prefix::parse(prefix);
        let prefix = checked.ok_or_else(|| RedisSetupError::Prefix(prefix.to_owned()))?;
        Ok(Self {
            reads: Connection::new(link.clone(), 0),
            writes: Connection::new(link, 0),
            prefix,
        })
    }

    /// Writes over a connection of its own, each of which so many replicas have to acknowledge.
    pub(crate) fn with_writes(self, link: Link, replicas: u32) -> Self {
        Self {
            writes: Connection::new(link, replicas),
            ..self
        }
    }

    /// The connection for reading.
    pub(crate) fn reads(&self) -> Connection {
        self.reads.clone()
    }

    /// The connection for whatever changes something.
    pub(crate) fn writes(&self) -> Connection {
        self.writes.clone()
    }
}

/// An error of a call, as threelo expects it.
pub(crate) fn failed(error: RedisError) -> StoreError {
    StoreError::Failed(Box::new(error))
}
