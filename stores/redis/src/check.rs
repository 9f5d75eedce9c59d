//! What is checked of Redis at start-up.

use redis::{AsyncCommands, RedisError, Script, Value};

use crate::connection::is_too_few;
use crate::scripts;
use crate::server::Server;
use crate::setup_error::RedisSetupError;
use crate::store::RedisStore;

/// The first major version that the tests have run on.
const OLDEST: u32 = 7;

/// The newest version of the keys that this program can use (`docs/decisions/0088-tables-are-expanded-then-contracted.md`).
const KNOWN: u32 = 1;

impl RedisStore {
    /// Checks that Redis is new enough, serves all keys and accepts writes. [`connect`](Self::connect) has done so. Nothing that
    /// is stored is changed.
    ///
    /// Logs a warning if Redis may lose grants, because it evicts keys (`maxmemory-policy`) or keeps no append-only file
    /// (`appendonly`). Only a user who may run `INFO` can be told.
    ///
    /// # Errors
    ///
    /// [`RedisSetupError::Unreachable`], [`RedisSetupError::TooOld`], [`RedisSetupError::Cluster`],
    /// [`RedisSetupError::Newer`], [`RedisSetupError::TooFewReplicas`] and [`RedisSetupError::ReadOnly`].
    pub async fn check(&self) -> Result<(), RedisSetupError> {
        let unreachable = |error: RedisError| RedisSetupError::Unreachable(error.into());
        let mut connection = self.reads();
        let server = Server::of(&mut connection).await.map_err(unreachable)?;
        if let Some(version) = server.older_than(OLDEST) {
            return Err(RedisSetupError::TooOld(version.to_owned()));
        }
        if server.may_be_one_of_many() {
            self.find_all_slots().await?;
        }
        self.find_version().await?;
        self.warn_of_losses().await;
        match self.try_writes().await {
            Err(error) if is_too_few(&error) => Err(RedisSetupError::TooFewReplicas(error.into())),
            Err(error) => Err(RedisSetupError::ReadOnly(error.into())),
            Ok(()) => Ok(()),
        }
    }

    /// Asks which programs can use what is stored.
    async fn find_version(&self) -> Result<(), RedisSetupError> {
        let asked: Result<Option<String>, RedisError> =
            self.reads().get(self.prefix.schema()).await;
        let found = asked.map_err(|error| RedisSetupError::Unreachable(error.into()))?;
        let is_known = |found: &String| found.parse::<u32>().is_ok_and(|version| version <= KNOWN);
        match found {
            Some(found) if !is_known(&found) => Err(RedisSetupError::Newer {
                found,
                known: KNOWN,
            }),
            _ => Ok(()),
        }
    }

    /// Writes a mark that is forgotten at once. Names a lease slot that there is not, and takes the name away: a user of an
    /// earlier version may lack the rights.
    async fn try_writes(&self) -> Result<(), RedisError> {
        let mut connection = self.writes();
        let _: i64 = Script::new(scripts::INDEX)
            .key(self.prefix.mark("check"))
            .arg("check")
            .arg("0")
            .invoke_async(&mut connection)
            .await?;
        let set = self.prefix.leases();
        self.name_lease(&set, "check").await?;
        let _names: Vec<String> = self.reads().zrange(&set, 0, 0).await?;
        connection.zrem(&set, "check").await
    }

    /// Asks for keys in so many slots that one node of several cannot serve them all.
    async fn find_all_slots(&self) -> Result<(), RedisSetupError> {
        let mut connection = self.reads();
        for number in 0..64 {
            let key = self.prefix.mark(&format!("slot-{number}"));
            let found: Result<bool, RedisError> = connection.exists(key).await;
            found.map_err(|error| RedisSetupError::Cluster(error.into()))?;
        }
        Ok(())
    }

    /// Looks at the settings that a store needs.
    async fn warn_of_losses(&self) {
        let asked: Result<Value, _> = redis::cmd("INFO").query_async(&mut self.reads()).await;
        let Ok(info) = asked else {
            tracing::info!(target: "threelo", "redis does not let this user run INFO: whether it keeps what it is given was not looked at");
            return;
        };
        let info = texts(info);
        let says = |line: &str| info.lines().any(|said| said == line);
        if info.contains("maxmemory_policy:") && !says("maxmemory_policy:noeviction") {
            tracing::warn!(target: "threelo", "redis may evict grants when it is full: set maxmemory-policy noeviction");
        }
        if says("aof_enabled:0") {
            tracing::warn!(target: "threelo", "redis keeps no append-only file: grants may be lost when it stops; set appendonly yes");
        }
    }
}

/// The texts of an answer: one of a server, and one for each node of a cluster.
fn texts(value: Value) -> String {
    match value {
        Value::Map(pairs) => pairs.into_iter().map(|(_, value)| texts(value)).collect(),
        Value::VerbatimString { text, .. } => text,
        value => redis::from_redis_value(value).unwrap_or_default(),
    }
}
