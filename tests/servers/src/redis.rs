use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::folder::Folder;
use crate::{Certificates, free_port, signal, wait_for};

/// A Redis server.
#[derive(Debug)]
pub struct Redis {
    process: Child,
    port: u16,
    /// 0 without TLS.
    tls_port: u16,
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
            tls_port: 0,
            folder,
        }
    }

    /// Starts a server that speaks TLS on a second port, and asks its clients for a certificate.
    ///
    /// # Panics
    ///
    /// If `redis-server` is not there or does not start.
    pub fn start_with_tls(certificates: &Certificates) -> Self {
        let port = free_port();
        let [root, certificate, key] =
            ["root.crt", "server.crt", "server.key"].map(|name| certificates.path(name));
        let mut redis = Self::start_with(&[
            "--tls-port",
            &port.to_string(),
            "--tls-ca-cert-file",
            &root,
            "--tls-cert-file",
            &certificate,
            "--tls-key-file",
            &key,
            "--tls-auth-clients",
            "yes",
        ]);
        redis.tls_port = port;
        redis
    }

    /// Its address for TLS.
    pub fn tls_url(&self) -> String {
        format!("rediss://127.0.0.1:{}", self.tls_port)
    }

    /// Makes it follow another server, and waits until it has what that has.
    ///
    /// # Panics
    ///
    /// If it does not within ten seconds.
    pub fn follow(&self, primary: &Self) {
        self.ask(&format!("REPLICAOF 127.0.0.1 {}", primary.port));
        for _ in 0..200 {
            if self
                .ask("INFO replication")
                .contains("master_link_status:up")
            {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the replica did not follow within 10 s");
    }

    /// Kills it, as a crash does.
    pub fn kill(&mut self) {
        signal("-KILL", self.process.id());
        let _ = self.process.wait();
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
        ask(self.port, command)
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

/// Sends a command as one line to a port and returns the answer.
pub(crate) fn ask(port: u16, command: &str) -> String {
    let mut wire = TcpStream::connect(("127.0.0.1", port)).expect("redis listens");
    let line = format!("{command}\r\n");
    wire.write_all(line.as_bytes()).expect("redis reads");
    let mut answer = [0; 4096];
    let count = wire.read(&mut answer).expect("redis answers");
    String::from_utf8_lossy(&answer[..count]).into_owned()
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
