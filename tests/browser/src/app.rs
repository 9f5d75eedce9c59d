//! A quick start as a process.

use std::process::Stdio;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::free_port;

/// A running quick start, with the sandbox in its own process; it ends when dropped.
#[derive(Debug)]
pub struct QuickStart {
    _process: Child,
    /// Where it listens.
    pub port: u16,
}

impl QuickStart {
    /// Builds and starts a package of the workspace; `public_url` gets the port that it listens on.
    pub async fn start(package: &str, public_url: impl FnOnce(u16) -> String) -> Self {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let built = Command::new(cargo)
            .args([
                "build",
                "--quiet",
                "--message-format=json",
                "--package",
                package,
            ])
            .output()
            .await
            .expect("cargo runs");
        let program =
            executable(&String::from_utf8_lossy(&built.stdout)).expect("the quick start builds");
        let port = free_port();
        let process = Command::new(program)
            .env("LISTEN", format!("127.0.0.1:{port}"))
            .env("PUBLIC_URL", public_url(port))
            .env_remove("ATLASSIAN_CLIENT_ID")
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the quick start starts");
        for _ in 0..100 {
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return Self {
                    _process: process,
                    port,
                };
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{package} did not listen within 10 s");
    }
}

/// The program that cargo built, from its JSON messages.
fn executable(messages: &str) -> Option<String> {
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut programs =
        messages.filter_map(|message| message["executable"].as_str().map(str::to_owned));
    programs.next_back()
}
