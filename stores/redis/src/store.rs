//! The store: connecting, and checking Redis at start-up.

use std::fmt;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{AsyncCommands, Client, IntoConnectionInfo, ProtocolVersion, RedisError, Script};
use threelo::store::StoreError;

use crate::keys::Prefix;
use crate::link::Link;
use crate::scripts;
use crate::setup_error::RedisSetupError;

/// The first major version with the commands of the scripts (`PEXPIRETIME`).
const OLDEST: u32 = 7;

/// The time limit for an answer, and for an attempt to connect.
const DEADLINE: Duration = Duration::from_secs(3);

/// An error of the first commands, for which there is no other variant.
fn unreachable(error: RedisError) -> RedisSetupError {
    RedisSetupError::Unreachable(error.into())
}

/// Detects a machine that has vanished: if it does not acknowledge what it was sent within the time limit, the system ends the
/// connection, and the next call reconnects.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
fn tcp_settings() -> TcpSettings {
    TcpSettings::default().set_user_timeout(DEADLINE)
}

/// On other systems it takes as long as the system's own time limit.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "fuchsia")))]
fn tcp_settings() -> TcpSettings {
    TcpSettings::default()
}

/// A store in Redis, for any number of instances. Clones share the connection.
///
/// There is one connection for each store, on which concurrent calls do not wait for each other's answers. It reconnects by
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
    link: Link,
    pub(crate) prefix: Prefix,
}

/// Shows nothing of the address, which may contain a password.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").finish_non_exhaustive()
    }
}

impl RedisStore {
    /// Connects to `redis://user:password@host:port/database`, with keys that begin with `threelo:`, and [checks](Self::check)
    /// Redis.
    ///
    /// The store speaks RESP3, with which it notices that an idle connection was closed. For a proxy that does not speak it, add
    /// `?protocol=resp2` to the address; the first call after an idle connection was closed fails then.
    ///
    /// `rediss://` connects with TLS if the app turns on a TLS feature of the crate `redis`, such as `tokio-rustls-comp`.
    ///
    /// # Errors
    ///
    /// [`RedisSetupError::Address`], [`RedisSetupError::Unreachable`], and those of [`check`](Self::check).
    pub async fn connect(url: &str) -> Result<Self, RedisSetupError> {
        Self::connect_with_prefix(url, "threelo").await
    }

    /// Connects as [`connect`](Self::connect) does, but with another prefix for the keys: 1 to 64 letters, digits, `:`, `-` and
    /// `_`; a colon is put after it. Several apps can share a Redis if each has a prefix of its own.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect), and [`RedisSetupError::Prefix`].
    pub async fn connect_with_prefix(url: &str, prefix: &str) -> Result<Self, RedisSetupError> {
        let address = |error: RedisError| RedisSetupError::Address(error.into());
        let info = url.into_connection_info().map_err(address)?;
        // With RESP3, the manager is told when an idle connection is closed.
        let info = match url.contains("protocol=") {
            true => info,
            false => {
                let settings = info.redis_settings().clone();
                info.set_redis_settings(settings.set_protocol(ProtocolVersion::RESP3))
            }
        };
        let client = Client::open(info.set_tcp_settings(tcp_settings())).map_err(address)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(DEADLINE))
            .set_response_timeout(Some(DEADLINE))
            .set_number_of_retries(2);
        let link = Link::to(client, config).await.map_err(unreachable)?;
        let store = Self::over(link, prefix)?;
        store.check().await?;
        Ok(store)
    }

    /// Checks that Redis is new enough, serves all keys and accepts writes. [`connect`](Self::connect) has done so. Nothing that
    /// is stored is changed.
    ///
    /// Logs a warning if Redis may lose grants, because it evicts keys (`maxmemory-policy`) or keeps no append-only file
    /// (`appendonly`).
    ///
    /// # Errors
    ///
    /// [`RedisSetupError::Unreachable`], [`RedisSetupError::TooOld`], [`RedisSetupError::Cluster`] and
    /// [`RedisSetupError::ReadOnly`].
    pub async fn check(&self) -> Result<(), RedisSetupError> {
        let mut connection = self.connection();
        let asked: Result<String, _> = redis::cmd("INFO").query_async(&mut connection).await;
        let info = asked.map_err(unreachable)?;
        let value = |name: &str| {
            let mut lines = info.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        };
        let version = value("redis_version").unwrap_or_default();
        let major = version
            .split('.')
            .next()
            .and_then(|major| major.parse().ok());
        if major.is_some_and(|major: u32| major < OLDEST) {
            return Err(RedisSetupError::TooOld(version.to_owned()));
        }
        if value("cluster_enabled") == Some("1") {
            self.find_all_slots().await?;
        }
        if value("maxmemory_policy").is_some_and(|policy| policy != "noeviction") {
            tracing::warn!(target: "threelo", "redis may evict grants when it is full: set maxmemory-policy noeviction");
        }
        if value("aof_enabled") == Some("0") {
            tracing::warn!(target: "threelo", "redis keeps no append-only file: grants may be lost when it stops; set appendonly yes");
        }
        let written: Result<i64, _> = Script::new(scripts::INDEX)
            .key(self.prefix.mark("check"))
            .arg("check")
            .arg("0")
            .invoke_async(&mut connection)
            .await;
        written.map_err(|error| RedisSetupError::ReadOnly(error.into()))?;
        self.try_names()
            .await
            .map_err(|error| RedisSetupError::ReadOnly(error.into()))
    }

    /// Names a lease slot that there is not, and takes the name away: a user of an earlier version may lack the rights.
    async fn try_names(&self) -> Result<(), RedisError> {
        let set = self.prefix.leases();
        self.name_lease(&set, "check").await?;
        let _names: Vec<String> = self.connection().zrange(&set, 0, 0).await?;
        self.connection().zrem(&set, "check").await
    }

    /// Asks for keys in so many slots that one node of several cannot serve them all.
    async fn find_all_slots(&self) -> Result<(), RedisSetupError> {
        let mut connection = self.connection();
        for number in 0..64 {
            let key = self.prefix.mark(&format!("slot-{number}"));
            let found: Result<bool, RedisError> = connection.exists(key).await;
            found.map_err(|error| RedisSetupError::Cluster(error.into()))?;
        }
        Ok(())
    }

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
    fn over(link: Link, prefix: &str) -> Result<Self, RedisSetupError> {
        let checked = Prefix::parse(prefix);
        let prefix = checked.ok_or_else(|| RedisSetupError::Prefix(prefix.to_owned()))?;
        Ok(Self { link, prefix })
    }

    /// The connection for the next call.
    pub(crate) fn connection(&self) -> ConnectionManager {
        self.link.connection()
    }

    /// An error of a call, as threelo expects it. The connection is replaced if the error shows that it is useless.
    pub(crate) fn failed(&self, error: RedisError) -> StoreError {
        self.link.judge(&error);
        StoreError::Failed(Box::new(error))
    }
}
