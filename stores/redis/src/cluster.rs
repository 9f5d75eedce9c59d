//! Which node of a cluster serves which key, for many commands at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{SingleNodeRoutingInfo, Slot};
use redis::{Arg, Cmd, FromRedisValue, Pipeline, RedisResult, Value};

/// A cluster.
///
/// Its connection follows redirections of single commands, but takes no pipeline with keys of several slots; and a command of
/// its own for each of 100,000 links would take too long. So commands are put together by node here.
#[derive(Clone)]
pub(crate) struct Cluster {
    pub(crate) connection: ClusterConnection,
    /// `None` until it is needed, and after it was wrong.
    primaries: Arc<Mutex<Option<Primaries>>>,
}

/// The primary of each slot.
type Primaries = Arc<HashMap<Slot, Arc<Node>>>;

/// Where a node is, as the cluster says.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Node {
    host: String,
    port: u16,
}

impl Cluster {
    /// Over a connection; which node serves what is not asked yet.
    pub(crate) fn new(connection: ClusterConnection) -> Self {
        Self {
            connection,
            primaries: Arc::default(),
        }
    }

    /// Puts the places of commands together by the node that serves them; `None` if that is not known.
    ///
    /// # Errors
    ///
    /// If the cluster does not say who serves what.
    pub(crate) async fn by_node(
        &self,
        commands: &[Cmd],
    ) -> RedisResult<HashMap<Option<Arc<Node>>, Vec<usize>>> {
        let primaries = self.primaries().await?;
        let mut found: HashMap<_, Vec<usize>> = HashMap::new();
        for (place, command) in commands.iter().enumerate() {
            let node = match command.args_iter().nth(1) {
                Some(Arg::Simple(key)) => primaries.get(&Slot::for_key(key)).cloned(),
                _ => None,
            };
            found.entry(node).or_default().push(place);
        }
        Ok(found)
    }

    /// Sends commands to one node. An answer may be a redirection.
    ///
    /// # Errors
    ///
    /// If the node does not answer.
    pub(crate) async fn send_to(&self, node: &Node, pipeline: Pipeline) -> RedisResult<Vec<Value>> {
        let route = SingleNodeRoutingInfo::ByAddress {
            host: node.host.clone(),
            port: node.port,
        };
        let count = pipeline.len();
        let mut connection = self.connection.clone();
        connection.route_pipeline(pipeline, 0, count, route).await
    }

    /// Asks again before the next pipeline.
    pub(crate) fn forget_primaries(&self) {
        *self.known() = None;
    }

    /// The primary of each slot, asked for once.
    async fn primaries(&self) -> RedisResult<Primaries> {
        if let Some(known) = self.known().clone() {
            return Ok(known);
        }
        let mut connection = self.connection.clone();
        let ranges: Vec<Vec<Value>> = redis::cmd("CLUSTER")
            .arg("SLOTS")
            .query_async(&mut connection)
            .await?;
        let mut primaries = HashMap::new();
        for range in ranges.into_iter().filter_map(Range::read) {
            let slots = (range.first..=range.last).filter_map(Slot::new);
            primaries.extend(slots.map(|slot| (slot, Arc::clone(&range.primary))));
        }
        let primaries = Arc::new(primaries);
        *self.known() = Some(Arc::clone(&primaries));
        Ok(primaries)
    }

    /// What is known of the primaries; a panic elsewhere leaves it usable.
    fn known(&self) -> std::sync::MutexGuard<'_, Option<Primaries>> {
        let known = self.primaries.lock();
        known.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Slots that follow each other and have the same primary.
struct Range {
    first: u16,
    last: u16,
    primary: Arc<Node>,
}

impl Range {
    /// Reads a line of `CLUSTER SLOTS`: the first slot, the last slot, the primary, its replicas. `None` if the primary has no
    /// address, as on a node that does not know its own.
    fn read(line: Vec<Value>) -> Option<Self> {
        let mut line = line.into_iter();
        let mut number = || u16::from_redis_value(line.next()?).ok();
        let (first, last) = (number()?, number()?);
        let node: Vec<Value> = redis::from_redis_value(line.next()?).ok()?;
        let mut node = node.into_iter();
        let primary = Arc::new(Node {
            host: redis::from_redis_value(node.next()?).ok()?,
            port: redis::from_redis_value(node.next()?).ok()?,
        });
        Some(Self {
            first,
            last,
            primary,
        })
    }
}
