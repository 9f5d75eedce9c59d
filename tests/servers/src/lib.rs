//! Real Redis, Postgres and PgBouncer servers for tests. They are processes of their own, on free ports and in temporary folders,
//! never those of the system, and end when dropped.

#![expect(
    clippy::expect_used,
    reason = "a kit for tests: an unexpected state must end the test"
)]

mod certificates;
mod folder;
mod pgbouncer;
mod postgres;
mod redis;
mod redis_cluster;
mod sentinel;

use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

pub use self::certificates::Certificates;
pub use self::pgbouncer::PgBouncer;
pub use self::postgres::Postgres;
pub use self::redis::Redis;
pub use self::redis_cluster::RedisCluster;
pub use self::sentinel::Sentinel;

/// Whether to run without database servers, as after `cargo xtask test --without databases`.
pub fn are_left_out() -> bool {
    std::env::var_os("THREELO_WITHOUT_DATABASES").is_some()
}

fn signal(signal: &str, process: u32) {
    let process = process.to_string();
    let _ = Command::new("kill").args([signal, &process]).status();
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Waits until something listens.
fn wait_for(port: u16, what: &str) {
    for _ in 0..1500 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{what} did not listen within 30 s");
}
