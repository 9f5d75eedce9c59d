//! Where the primary is, among several addresses or by the word of Sentinels.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo,
    ProtocolVersion, PushInfo, PushKind, RedisError, RedisResult,
};

use crate::DEADLINE;
use crate::certificates::Certificates;
use crate::server::Server;
use crate::setup_error::RedisSetupError;
use crate::wire::Wire;

/// How long one of several addresses, or one Sentinel, may take.
const EACH: Duration = Duration::from_secs(1);

/// Where Redis is.
#[derive(Clone)]
pub(crate) struct Nodes {
    /// At least one. With Sentinels there is one, and its host is the name of the primary.
    addresses: Vec<ConnectionInfo>,
    sentinels: Vec<ConnectionInfo>,
    certificates: Certificates,
}

impl Nodes {
    /// Reads addresses separated by commas.
    pub(crate) fn parse(
        addresses: &str,
        sentinels: &str,
        certificates: &Certificates,
    ) -> Result<Self, RedisSetupError> {
        let address = |error: RedisError| RedisSetupError::Address(error.into());
        let mut found = Vec::new();
        for url in split(addresses) {
            let info = url.into_connection_info().map_err(address)?;
            // With RESP3, a connection is told when it is closed while idle.
            found.push(match url.contains("protocol=") {
                true => info,
                false => {
                    let settings = info.redis_settings().clone();
                    info.set_redis_settings(settings.set_protocol(ProtocolVersion::RESP3))
                }
            });
        }
        let sentinels: Result<Vec<_>, _> = split(sentinels)
            .into_iter()
            .map(IntoConnectionInfo::into_connection_info)
            .collect();
        let nodes = Self {
            addresses: found,
            sentinels: sentinels.map_err(address)?,
            certificates: certificates.clone(),
        };
        if !nodes.sentinels.is_empty() && nodes.addresses.len() != 1 {
            return Err(RedisSetupError::Sentinels);
        }
        for info in nodes.addresses.iter().chain(&nodes.sentinels) {
            nodes.client(info).map_err(address)?;
        }
        let every = nodes.addresses.iter().chain(&nodes.sentinels);
        nodes.certificates.find_provider(every)?;
        Ok(nodes)
    }

    /// Whether the primary may be another node after the connection was lost.
    pub(crate) fn are_several(&self) -> bool {
        self.addresses.len() > 1 || !self.sentinels.is_empty()
    }

    /// Connects to the primary, or to the whole cluster.
    pub(crate) async fn connect(&self) -> RedisResult<Wire> {
        if !self.sentinels.is_empty() {
            return self.ask_sentinels().await;
        }
        if let [address] = self.addresses.as_slice() {
            return self.connect_to_one(address).await;
        }
        let nodes = self.addresses.iter().map(|address| self.try_node(address));
        let nodes = join_all(nodes).await;
        self.first_primary(nodes).await
    }

    /// Only one address: whoever answers there is used.
    async fn connect_to_one(&self, address: &ConnectionInfo) -> RedisResult<Wire> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(DEADLINE))
            .set_response_timeout(Some(DEADLINE))
            .set_number_of_retries(2);
        let client = self.client(address)?;
        let mut manager = ConnectionManager::new_with_config(client, config).await?;
        let server = Server::of(&mut manager).await?;
        match server.is_cluster() {
            true => self.join_cluster(Wire::Managed(manager)).await,
            false => Ok(Wire::Managed(manager)),
        }
    }

    /// The first address that is a primary, in the order of the list: every instance has to take the same.
    async fn first_primary(&self, nodes: Vec<RedisResult<Node>>) -> RedisResult<Wire> {
        let mut why = None;
        let mut primaries = Vec::new();
        for node in nodes {
            match node {
                Ok(node) if node.server.is_replica() => why = Some(no_primary()),
                Ok(node) => primaries.push(node),
                Err(error) => why = why.or(Some(error)),
            }
        }
        if primaries.len() > 1 && !primaries.iter().any(|node| node.server.is_cluster()) {
            tracing::warn!(target: "threelo", "several redis servers say that they are the primary: the first of the list is used");
        }
        match primaries.into_iter().next() {
            Some(node) if node.server.is_cluster() => self.join_cluster(node.wire).await,
            Some(node) => Ok(node.wire),
            None => Err(why.unwrap_or_else(no_primary)),
        }
    }

    /// Connects to the primary that a Sentinel names. Sentinels that do not answer, or name a node that is not a primary (any
    /// more), are passed over.
    async fn ask_sentinels(&self) -> RedisResult<Wire> {
        let mut why = None;
        for sentinel in &self.sentinels {
            let named = tokio::time::timeout(EACH, self.primary_of(sentinel)).await;
            let node = match named.unwrap_or_else(|_| Err(silent())) {
                Ok(address) => self.try_node(&address).await,
                Err(error) => Err(error),
            };
            match node {
                Ok(node) if node.server.is_replica() => why = Some(no_primary()),
                Ok(node) => return Ok(node.wire),
                Err(error) => why = Some(error),
            }
        }
        Err(why.unwrap_or_else(no_primary))
    }

    /// Where the primary is, as a Sentinel says.
    async fn primary_of(&self, sentinel: &ConnectionInfo) -> RedisResult<ConnectionInfo> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(EACH))
            .set_response_timeout(Some(EACH));
        let client = self.client(sentinel)?;
        let mut connection = client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        let [own] = self.addresses.as_slice() else {
            return Err(no_primary());
        };
        let named: Option<(String, u16)> = redis::cmd("SENTINEL")
            .arg("GET-MASTER-ADDR-BY-NAME")
            .arg(name_of(own))
            .query_async(&mut connection)
            .await?;
        let (host, port) = named.ok_or_else(unknown_name)?;
        Ok(at(own, host, port))
    }

    /// Connects to one of several nodes and asks what it is.
    async fn try_node(&self, address: &ConnectionInfo) -> RedisResult<Node> {
        let is_lost = Arc::new(AtomicBool::new(false));
        let mut config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(EACH))
            .set_response_timeout(Some(DEADLINE));
        if address.redis_settings().protocol() == ProtocolVersion::RESP3 {
            let flag = Arc::clone(&is_lost);
            config = config.set_push_sender(move |push: PushInfo| {
                if push.kind == PushKind::Disconnection {
                    flag.store(true, Ordering::SeqCst);
                }
                Ok::<(), RedisError>(())
            });
        }
        let client = self.client(address)?;
        let connected = async {
            let mut connection: MultiplexedConnection = client
                .get_multiplexed_async_connection_with_config(&config)
                .await?;
            let server = Server::of(&mut connection).await?;
            let wire = Wire::Primary {
                connection,
                is_lost,
            };
            Ok(Node { wire, server })
        };
        let connected = tokio::time::timeout(EACH, connected).await;
        connected.unwrap_or_else(|_| Err(silent()))
    }

    #[cfg(feature = "cluster")]
    async fn join_cluster(&self, _node: Wire) -> RedisResult<Wire> {
        let builder = redis::cluster::ClusterClientBuilder::new(self.addresses.clone())
            .connection_timeout(DEADLINE)
            .response_timeout(DEADLINE)
            .tcp_settings(tcp_settings())
            .retries(2);
        #[cfg(feature = "rustls-no-provider")]
        let builder = match self.certificates.given() {
            Some(certificates) => builder.certs(certificates),
            None => builder,
        };
        let cluster = builder.build()?.get_async_connection().await?;
        Ok(Wire::Cluster(crate::cluster::Cluster::new(cluster)))
    }

    /// The node may serve every slot, which the check finds out.
    #[cfg(not(feature = "cluster"))]
    async fn join_cluster(&self, node: Wire) -> RedisResult<Wire> {
        Ok(node)
    }

    /// How to connect to an address.
    fn client(&self, address: &ConnectionInfo) -> RedisResult<Client> {
        let address = address.clone().set_tcp_settings(tcp_settings());
        self.certificates.client(address)
    }
}

/// A node that answered.
struct Node {
    wire: Wire,
    server: Server,
}

/// Splits a list where an address follows a comma; a password may contain one.
fn split(addresses: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let (mut start, mut from) = (0, 0);
    while let Some(comma) = addresses[from..].find(',').map(|at| from + at) {
        from = comma + 1;
        let next = addresses[from..].trim_start();
        if next
            .split_once("://")
            .is_some_and(|(scheme, _)| is_scheme(scheme))
        {
            found.push(addresses[start..comma].trim());
            start = from;
        }
    }
    found.push(addresses[start..].trim());
    found.retain(|address| !address.is_empty());
    found
}

/// Whether an address begins with it, as the driver reads them.
fn is_scheme(scheme: &str) -> bool {
    [
        "redis",
        "rediss",
        "valkey",
        "valkeys",
        "redis+unix",
        "valkey+unix",
        "unix",
    ]
    .contains(&scheme)
}

/// The name of the primary: the host of the store's address.
fn name_of(address: &ConnectionInfo) -> &str {
    match address.addr() {
        ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => host,
        _ => "",
    }
}

/// The same address at another host.
fn at(address: &ConnectionInfo, host: String, port: u16) -> ConnectionInfo {
    let moved = match address.addr().clone() {
        ConnectionAddr::TcpTls {
            insecure,
            tls_params,
            ..
        } => ConnectionAddr::TcpTls {
            host,
            port,
            insecure,
            tls_params,
        },
        _ => ConnectionAddr::Tcp(host, port),
    };
    address.clone().set_addr(moved)
}

/// Every address that answers is a replica.
fn no_primary() -> RedisError {
    (ErrorKind::Client, "no address leads to a primary").into()
}

/// The Sentinel watches nothing under the name that is the host of the store's address.
fn unknown_name() -> RedisError {
    (
        ErrorKind::Client,
        "the Sentinel knows no primary of this name",
    )
        .into()
}

/// A node that did not answer within its second.
fn silent() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
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

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_list_is_split_between_addresses_and_not_in_a_password() {
        let list = split("redis://:a,b@one:1, rediss://two,redis://three/0");
        assert_eq!(
            list,
            ["redis://:a,b@one:1", "rediss://two", "redis://three/0"]
        );
        assert_eq!(split("redis://one"), ["redis://one"]);
        assert_eq!(split(" , "), [","]);
        assert!(split("").is_empty());
    }
}
