//! What a server says about itself.

use std::collections::HashMap;

use redis::aio::ConnectionLike;
use redis::{FromRedisValue, RedisResult, Value};

/// What `HELLO` answers. A proxy that does not know the command, and an old server, say nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    pub(crate) version: Option<String>,
    mode: Option<String>,
    role: Option<String>,
}

impl Server {
    /// Asks the server at the other end.
    ///
    /// # Errors
    ///
    /// If no answer comes.
    pub(crate) async fn of(connection: &mut impl ConnectionLike) -> RedisResult<Self> {
        let said: RedisResult<HashMap<String, Value>> =
            redis::cmd("HELLO").query_async(connection).await;
        let mut said = match said {
            Ok(said) => said,
            Err(error) if error.is_io_error() || error.is_timeout() => return Err(error),
            Err(_) => return Ok(Self::default()),
        };
        let mut text = |name: &str| String::from_redis_value(said.remove(name)?).ok();
        Ok(Self {
            version: text("version"),
            mode: text("mode"),
            role: text("role"),
        })
    }

    pub(crate) fn is_cluster(&self) -> bool {
        self.mode.as_deref() == Some("cluster")
    }

    pub(crate) fn is_replica(&self) -> bool {
        matches!(self.role.as_deref(), Some("replica" | "slave"))
    }

    /// Whether it may be one node of several that serve a part of the keys each.
    pub(crate) fn may_be_one_of_many(&self) -> bool {
        self.mode.as_deref() != Some("standalone")
    }

    /// The version, if it is older than a major version.
    pub(crate) fn older_than(&self, major: u32) -> Option<&str> {
        let version = self.version.as_deref()?;
        let is: u32 = version.split('.').next()?.parse().ok()?;
        (is < major).then_some(version)
    }
}
