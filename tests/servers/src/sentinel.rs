use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::folder::Folder;
use crate::redis::ask;
use crate::{Redis, free_port, wait_for};

/// A Redis Sentinel that decides alone and quickly.
#[derive(Debug)]
pub struct Sentinel {
    process: Child,
    port: u16,
    _folder: Folder,
}

impl Sentinel {
    /// Watches a primary, which it knows as `mymaster`.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn over(primary: &Redis) -> Self {
        let (folder, port) = (Folder::new("sentinel"), free_port());
        let file = folder.path().join("sentinel.conf");
        let text = format!(
            "port {port}\nbind 127.0.0.1\n\
             sentinel monitor mymaster 127.0.0.1 {} 1\n\
             sentinel down-after-milliseconds mymaster 500\n\
             sentinel failover-timeout mymaster 3000\n",
            primary.port()
        );
        std::fs::write(&file, text).expect("a file");
        let process = Command::new("redis-server")
            .arg(&file)
            .arg("--sentinel")
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server starts");
        wait_for(port, "the Sentinel");
        Self {
            process,
            port,
            _folder: folder,
        }
    }

    /// Waits until it knows that the primary has so many replicas, which it learns from the primary every ten seconds.
    ///
    /// # Panics
    ///
    /// If it does not within twenty seconds.
    pub fn wait_for_replicas(&self, count: u8) {
        let line = format!("num-slaves\r\n$1\r\n{count}");
        for _ in 0..400 {
            if ask(self.port, "SENTINEL MASTER mymaster").contains(&line) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the Sentinel did not find {count} replicas within 20 s");
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
