use std::process::{Child, Command, Stdio};

use crate::folder::Folder;
use crate::{free_port, wait_for};

/// A Redis of our own.
#[derive(Debug)]
pub struct Redis {
    process: Child,
    port: u16,
    _folder: Folder,
}

impl Redis {
    /// Starts one.
    ///
    /// # Panics
    ///
    /// If `redis-server` is not there or does not start.
    pub fn start() -> Self {
        let (folder, port) = (Folder::new("redis"), free_port());
        let process = Command::new("redis-server")
            .args([
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
            ])
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server starts: `apt-get install redis-server`");
        wait_for(port, "redis-server");
        Self {
            process,
            port,
            _folder: folder,
        }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
