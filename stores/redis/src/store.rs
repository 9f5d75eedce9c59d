use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{AsyncCommands, Client, IntoConnectionInfo, ProtocolVersion, RedisError, Script};
use threelo::store::{Inserted, Replaced, Row, RowKind, StoreError, StoredRow, Version};

use crate::keys::Prefix;
use crate::link::Link;
use crate::scripts;
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

/// Version, content, owner and subjects of a row that may be gone.
type Fields = (
    Option<Version>,
    Option<Vec<u8>>,
    Option<String>,
    Option<String>,
);

/// Owner and subjects as they were, if a script did what it should.
type Was = Option<(String, String)>;

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

    /// Names the row where it is looked for. A set may name a row too many, never one too few: this is done before the row
    /// is written and again after it.
    async fn index(&self, row: &Row) -> Result<(), RedisError> {
        let mut connection = self.connection();
        let index = Script::new(scripts::INDEX);
        let ends = row.ends_at.map(millis).unwrap_or_default();
        let owner = self.prefix.owner(row.kind, &row.owner);
        let () = index
            .key(owner)
            .arg(&row.key)
            .arg(&ends)
            .invoke_async(&mut connection)
            .await?;
        for subject in &row.subjects {
            let subject = self.prefix.subject(subject);
            let () = index
                .key(subject)
                .arg(&row.key)
                .arg("")
                .invoke_async(&mut connection)
                .await?;
        }
        if row.kind == RowKind::Grant {
            let owners = self.prefix.owners();
            let _: i64 = connection.zadd(owners, &row.owner, 0).await?;
        }
        Ok(())
    }

    /// Takes the row's name from the sets where it is no longer looked for; if it is there all the same by now, it comes
    /// back.
    async fn unindex(
        &self,
        kind: RowKind,
        key: &str,
        was: (String, String),
    ) -> Result<(), RedisError> {
        let (owner, subjects) = was;
        let now = self.indexed(kind, key).await?;
        let is_owner = now.as_ref().is_some_and(|(now, _)| *now == owner);
        let mut connection = self.connection();
        if !is_owner {
            let set = self.prefix.owner(kind, &owner);
            let _: i64 = connection.srem(&set, key).await?;
        }
        let kept = now.map(|(_, subjects)| subjects).unwrap_or_default();
        for subject in words(&subjects).filter(|subject| !words(&kept).any(|kept| kept == *subject))
        {
            let _: i64 = connection.srem(self.prefix.subject(subject), key).await?;
        }
        let Some((owner, subjects)) = self.indexed(kind, key).await? else {
            return self.forget_owner(kind, &owner).await;
        };
        let row = Row {
            kind,
            key: key.to_owned(),
            version: 0,
            sealed: Vec::new(),
            owner,
            subjects: words(&subjects).map(str::to_owned).collect(),
            ends_at: None,
        };
        // A session's owner does not change: only grants, which have no end, come here with something to name.
        match kind {
            RowKind::Grant => self.index(&row).await,
            RowKind::Session => Ok(()),
        }
    }

    /// An owner without rows is not listed; one who gets a row in this moment is.
    async fn forget_owner(&self, kind: RowKind, owner: &str) -> Result<(), RedisError> {
        if kind != RowKind::Grant || !self.rows_of(kind, owner).await?.is_empty() {
            return Ok(());
        }
        let mut connection = self.connection();
        let owners = self.prefix.owners();
        let _: i64 = connection.zrem(&owners, owner).await?;
        if !self.rows_of(kind, owner).await?.is_empty() {
            let _: i64 = connection.zadd(&owners, owner, 0).await?;
        }
        Ok(())
    }

    /// Owner and subjects of a row.
    async fn indexed(&self, kind: RowKind, key: &str) -> Result<Was, RedisError> {
        let row = self.prefix.row(kind, key);
        let found: (Option<String>, Option<String>) =
            self.connection().hmget(row, &["o", "u"]).await?;
        Ok(found.0.map(|owner| (owner, found.1.unwrap_or_default())))
    }

    /// The rows that a set names, as far as they are there and `is_meant` by their owner and subjects.
    pub(crate) async fn named(
        &self,
        (kind, set): (RowKind, String),
        is_meant: impl Fn(&str, &str) -> bool + Send,
    ) -> Result<Vec<StoredRow>, RedisError> {
        let mut connection = self.connection();
        let keys: Vec<String> = connection.smembers(set).await?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipe = redis::pipe();
        for key in &keys {
            pipe.hmget(self.prefix.row(kind, key), &["v", "s", "o", "u"]);
        }
        let found: Vec<Fields> = pipe.query_async(&mut connection).await?;
        let there = keys.into_iter().zip(found);
        let meant = there.filter_map(|(key, (version, sealed, owner, subjects))| {
            let row = StoredRow {
                key,
                version: version?,
                sealed: sealed?,
            };
            is_meant(&owner?, &subjects.unwrap_or_default()).then_some(row)
        });
        Ok(meant.collect())
    }

    pub(crate) async fn rows_of(
        &self,
        kind: RowKind,
        owner: &str,
    ) -> Result<Vec<StoredRow>, RedisError> {
        let set = (kind, self.prefix.owner(kind, owner));
        self.named(set, |theirs, _| theirs == owner).await
    }

    pub(crate) async fn try_insert(&self, row: &Row) -> Result<Inserted, RedisError> {
        self.index(row).await?;
        let inserted: i64 = Script::new(scripts::INSERT)
            .key(self.prefix.row(row.kind, &row.key))
            .arg(row.version)
            .arg(&row.owner)
            .arg(row.subjects.join(" "))
            .arg(row.ends_at.map(millis).unwrap_or_default())
            .arg(&row.sealed)
            .invoke_async(&mut self.connection())
            .await?;
        if inserted == 0 {
            return Ok(Inserted::Exists);
        }
        if row.kind == RowKind::Grant {
            self.index(row).await?;
        }
        Ok(Inserted::Done)
    }

    pub(crate) async fn try_replace(
        &self,
        expected: Version,
        row: &Row,
    ) -> Result<Replaced, RedisError> {
        let is_grant = row.kind == RowKind::Grant;
        if is_grant {
            self.index(row).await?;
        }
        let was: Was = Script::new(scripts::REPLACE)
            .key(self.prefix.row(row.kind, &row.key))
            .arg(row.version)
            .arg(&row.owner)
            .arg(row.subjects.join(" "))
            .arg(row.ends_at.map(millis).unwrap_or_default())
            .arg(&row.sealed)
            .arg(expected)
            .invoke_async(&mut self.connection())
            .await?;
        let Some(was) = was else {
            return Ok(Replaced::Conflict);
        };
        if is_grant {
            self.index(row).await?;
            if was != (row.owner.clone(), row.subjects.join(" ")) {
                self.unindex(row.kind, &row.key, was).await?;
            }
        }
        Ok(Replaced::Done)
    }

    pub(crate) async fn try_delete(
        &self,
        (kind, key): (RowKind, &str),
        (expected, owner): (Option<Version>, &str),
    ) -> Result<Replaced, RedisError> {
        let expected = expected.map(|version| version.to_string());
        let was: Was = Script::new(scripts::DELETE)
            .key(self.prefix.row(kind, key))
            .arg(expected.unwrap_or_default())
            .arg(owner)
            .invoke_async(&mut self.connection())
            .await?;
        let Some(was) = was else {
            return Ok(Replaced::Conflict);
        };
        self.unindex(kind, key, was).await?;
        Ok(Replaced::Done)
    }
}

/// The words of a text.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').filter(|word| !word.is_empty())
}

/// Milliseconds since 1970, rounded up: a row does not end before its time.
pub(crate) fn millis(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_micros().div_ceil(1000).to_string()
}
