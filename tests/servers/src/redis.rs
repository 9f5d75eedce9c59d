use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::folder::Folder;
use crate::{free_port, signal, wait_for};

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
        Self::start_with(&[])
    }

    /// Starts one with more arguments, such as `--requirepass secret`.
    ///
    /// # Panics
    ///
    /// If `redis-server` is not there or does not start.
    pub fn start_with(arguments: &[&str]) -> Self {
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
            .args(arguments)
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

    /// Lets it stand still: it takes what is sent and answers nothing.
    pub fn stop(&mut self) {
        signal("-STOP", self.process.id());
    }

    /// Lets it go on.
    pub fn go_on(&mut self) {
        signal("-CONT", self.process.id());
    }

    /// How many others than the asker are connected.
    ///
    /// # Panics
    ///
    /// If it does not say so.
    pub fn connections(&self) -> usize {
        let mut wire = TcpStream::connect(("127.0.0.1", self.port)).expect("redis listens");
        wire.write_all(b"INFO clients\r\n").expect("redis reads");
        let mut answer = [0; 4096];
        let count = wire.read(&mut answer).expect("redis answers");
        let answer = String::from_utf8_lossy(&answer[..count]).into_owned();
        let connected = answer
            .lines()
            .find_map(|line| line.strip_prefix("connected_clients:"));
        let connected: usize = connected
            .and_then(|count| count.trim().parse().ok())
            .expect("a count");
        connected - 1
    }

    /// Its port on loopback.
    pub fn port(&self) -> u16 {
        self.port
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
