use std::process::{Command, Stdio};
use std::time::Duration;

use crate::{Redis, free_port};

/// A cluster of six Redis servers: three primaries, each with a replica.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<Redis>,
}

impl RedisCluster {
    /// Starts the servers and joins them, each with more arguments.
    ///
    /// # Panics
    ///
    /// If they do not start or do not join.
    pub fn start_with(arguments: &[&str]) -> Self {
        let node = |_| {
            let bus = free_port().to_string();
            let own = ["--cluster-enabled", "yes", "--cluster-port", &bus];
            let quick = ["--cluster-node-timeout", "1000"];
            Redis::start_with(&[own.as_slice(), &quick, arguments].concat())
        };
        let nodes: Vec<Redis> = (0..6).map(node).collect();
        let addresses = nodes
            .iter()
            .map(|node| format!("127.0.0.1:{}", node.port()));
        let status = Command::new("redis-cli")
            .args(["--cluster", "create"])
            .args(addresses)
            .args(["--cluster-replicas", "1", "--cluster-yes"])
            .stdout(Stdio::null())
            .status()
            .expect("redis-cli starts");
        assert!(status.success(), "the nodes do not join");
        let cluster = Self { nodes };
        cluster.wait_until_it_works();
        cluster
    }

    /// Waits until every node says that each slot is served and that it has the replicas it should have.
    fn wait_until_it_works(&self) {
        let is_well = |node: &Redis| node.ask("CLUSTER INFO").contains("cluster_state:ok");
        let replicas = || {
            let follows = |node: &&Redis| {
                node.ask("INFO replication")
                    .contains("master_link_status:up")
            };
            self.nodes.iter().filter(follows).count()
        };
        for _ in 0..300 {
            if self.nodes.iter().all(is_well) && replicas() == 3 {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the cluster did not work within 15 s");
    }

    /// Its nodes: the first three are primaries until one of them fails.
    pub fn nodes(&mut self) -> &mut [Redis] {
        &mut self.nodes
    }

    /// The addresses of the nodes, separated by commas.
    pub fn urls(&self) -> String {
        let urls: Vec<String> = self.nodes.iter().map(Redis::url).collect();
        urls.join(",")
    }
}
