//! An open connection to Redis, of whichever kind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redis::aio::{ConnectionLike, ConnectionManager, MultiplexedConnection};
use redis::{Cmd, Pipeline, RedisResult, Value};

#[cfg(feature = "cluster")]
use crate::cluster::Cluster;

/// An open connection.
#[derive(Clone)]
pub(crate) enum Wire {
    /// To the only address; it reconnects by itself.
    Managed(ConnectionManager),
    /// To the primary among several nodes. It does not reconnect: the primary may be another one then.
    Primary {
        connection: MultiplexedConnection,
        /// Set when Redis closed it.
        is_lost: Arc<AtomicBool>,
    },
    /// To all nodes of a cluster; it follows the slots by itself.
    #[cfg(feature = "cluster")]
    Cluster(Cluster),
}

impl Wire {
    /// Whether Redis has said that it closed the connection.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Self::Primary { is_lost, .. } if is_lost.load(Ordering::SeqCst))
    }

    /// Whether it leads to several nodes, which it finds by itself.
    pub(crate) fn is_cluster(&self) -> bool {
        #[cfg(feature = "cluster")]
        return matches!(self, Self::Cluster(_));
        #[cfg(not(feature = "cluster"))]
        false
    }

    /// Sends a command. An error that Redis answers may be a value.
    ///
    /// # Errors
    ///
    /// If no answer comes.
    pub(crate) async fn send(&mut self, command: &Cmd) -> RedisResult<Value> {
        match self {
            Self::Managed(connection) => connection.req_packed_command(command).await,
            Self::Primary { connection, .. } => connection.req_packed_command(command).await,
            #[cfg(feature = "cluster")]
            Self::Cluster(cluster) => cluster.connection.req_packed_command(command).await,
        }
    }

    /// Sends commands to one server, and returns an answer for each. An error of one of them is a value.
    ///
    /// # Errors
    ///
    /// If no answer comes.
    pub(crate) async fn send_all(&mut self, pipeline: &Pipeline) -> RedisResult<Vec<Value>> {
        let count = pipeline.len();
        match self {
            Self::Managed(wire) => wire.req_packed_commands(pipeline, 0, count).await,
            Self::Primary { connection, .. } => {
                connection.req_packed_commands(pipeline, 0, count).await
            }
            #[cfg(feature = "cluster")]
            Self::Cluster(cluster) => {
                let wire = &mut cluster.connection;
                wire.req_packed_commands(pipeline, 0, count).await
            }
        }
    }
}
