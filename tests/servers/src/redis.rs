use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::folder::Folder;
use crate::{free_port, signal, wait_for};

/// A Redis server.
#[derive(Debug)]
pub struct Redis {
    process: Child,
    port: u16,
    folder: Folder,
}

impl Redis {
    /// Starts a server.
    ///
    /// # Panics
    ///
    /// If `redis-server` is not there or does not start.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with more arguments, such as `--requirepass secret`.
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
                // Tests search the dumps for contents that must not be in them.
                "--rdbcompression",
                "no",
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
            folder,
        }
    }

    /// Suspends it: it accepts data and answers nothing.
    pub fn stop(&mut self) {
        signal("-STOP", self.process.id());
    }

    /// Resumes it.
    pub fn go_on(&mut self) {
        signal("-CONT", self.process.id());
    }

    /// A dump of all its data, as it writes it to disk.
    ///
    /// # Panics
    ///
    /// If it does not write the dump.
    pub fn dump(&self) -> Vec<u8> {
        let answer = self.ask("SAVE");
        assert!(answer.starts_with("+OK"), "{answer}");
        std::fs::read(self.folder.path().join("dump.rdb")).expect("a dump")
    }

    /// Sends a command as one line of its protocol and returns the answer.
    ///
    /// # Panics
    ///
    /// If it does not answer.
    pub fn ask(&self, command: &str) -> String {
        let mut wire = TcpStream::connect(("127.0.0.1", self.port)).expect("redis listens");
        let line = format!("{command}\r\n");
        wire.write_all(line.as_bytes()).expect("redis reads");
        let mut answer = [0; 4096];
        let count = wire.read(&mut answer).expect("redis answers");
        String::from_utf8_lossy(&answer[..count]).into_owned()
    }

    /// The number of connections besides that of the caller.
    ///
    /// # Panics
    ///
    /// If the server does not report it.
    pub fn connections(&self) -> usize {
        let answer = self.ask("INFO clients");
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
