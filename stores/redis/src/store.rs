//! The store: how it is connected to, and how Redis is checked.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{AsyncCommands, Client, IntoConnectionInfo, ProtocolVersion, RedisError, Script};
use threelo::store::StoreError;

use crate::keys::Prefix;
use crate::link::Link;
use crate::scripts;
use crate::scripts::millis;
use crate::setup_error::SetupError;

/// The first major version with what the scripts use (`PEXPIRETIME`).
const OLDEST: u32 = 7;

/// An answer takes at most this long, and so does a connection.
const DEADLINE: Duration = Duration::from_secs(3);

fn unreachable(error: RedisError) -> SetupError {
    SetupError::Unreachable(error.into())
}

/// A machine that is gone without a word is found out by the system: what it does not acknowledge for this long has ended the
/// connection, and the next call makes a new one.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
fn tcp_settings() -> TcpSettings {
    TcpSettings::default().set_user_timeout(DEADLINE)
}

/// Elsewhere it takes as long as the system takes.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "fuchsia")))]
fn tcp_settings() -> TcpSettings {
    TcpSettings::default()
}

/// Keeps everything in Redis. Clones share the connection, which comes back by itself.
#[derive(Clone)]
pub struct RedisStore {
    link: Link,
    pub(crate) prefix: Prefix,
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").finish_non_exhaustive()
    }
}

impl RedisStore {
    /// Connects to `redis://user:password@host:port/database`, with keys that begin with `threelo:`. It speaks RESP3; behind
    /// a proxy that does not, add `?protocol=resp2`, and a connection that is cut while nobody uses it fails one call.
    ///
    /// # Errors
    ///
    /// [`SetupError::Address`], [`SetupError::Unreachable`].
    pub async fn connect(url: &str) -> Result<Self, SetupError> {
        Self::connect_with_prefix(url, "threelo").await
    }

    /// The same, with another prefix of the keys: 1 to 64 letters, digits, `:`, `-` and `_`. Apps with prefixes of their own
    /// share a Redis.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect), [`SetupError::Prefix`].
    pub async fn connect_with_prefix(url: &str, prefix: &str) -> Result<Self, SetupError> {
        let address = |error: RedisError| SetupError::Address(error.into());
        let info = url.into_connection_info().map_err(address)?;
        // With RESP3 the manager hears of a connection that is cut while nobody uses it.
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

    /// Finds Redis as it should be: new enough, and taking writes; [`connect`](Self::connect) has done so. What makes it lose
    /// grants (keys that are evicted, nothing on disk) is a warning in the log.
    ///
    /// # Errors
    ///
    /// [`SetupError::Unreachable`], [`SetupError::TooOld`], [`SetupError::Cluster`], [`SetupError::ReadOnly`].
    pub async fn check(&self) -> Result<(), SetupError> {
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
            return Err(SetupError::TooOld(version.to_owned()));
        }
        if value("cluster_enabled") == Some("1") {
            self.find_all_slots().await?;
        }
        if value("maxmemory_policy").is_some_and(|policy| policy != "noeviction") {
            tracing::warn!(target: "threelo", "redis may evict grants when it is full: set maxmemory-policy noeviction");
        }
        if value("aof_enabled") == Some("0") {
            tracing::warn!(target: "threelo", "redis keeps no append-only file: grants may be lost when it ends; set appendonly yes");
        }
        let written: Result<i64, _> = Script::new(scripts::INDEX)
            .key(self.prefix.mark("check"))
            .arg("check")
            .arg(millis(UNIX_EPOCH))
            .invoke_async(&mut connection)
            .await;
        written
            .map(|_| ())
            .map_err(|error| SetupError::ReadOnly(error.into()))
    }

    /// So many keys lie in so many slots that one node of several does not have them all.
    async fn find_all_slots(&self) -> Result<(), SetupError> {
        let mut connection = self.connection();
        for number in 0..64 {
            let key = self.prefix.mark(&format!("slot-{number}"));
            let found: Result<bool, RedisError> = connection.exists(key).await;
            found.map_err(|error| SetupError::Cluster(error.into()))?;
        }
        Ok(())
    }

    /// The same over a connection of `redis`, for an app that has one. The connection decides how long it waits;
    /// this is the one place where a type of `redis` is asked for.
    ///
    /// # Errors
    ///
    /// [`SetupError::Prefix`].
    pub fn from_connection(
        connection: ConnectionManager,
        prefix: &str,
    ) -> Result<Self, SetupError> {
        Self::over(Link::over(connection), prefix)
    }

    fn over(link: Link, prefix: &str) -> Result<Self, SetupError> {
        let checked = Prefix::parse(prefix);
        let prefix = checked.ok_or_else(|| SetupError::Prefix(prefix.to_owned()))?;
        Ok(Self { link, prefix })
    }

    pub(crate) fn connection(&self) -> ConnectionManager {
        self.link.connection()
    }

    /// What a call failed with, as threelo knows it.
    pub(crate) fn failed(&self, error: RedisError) -> StoreError {
        self.link.judge(&error);
        StoreError::Failed(Box::new(error))
    }
}
