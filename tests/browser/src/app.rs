//! A quick start as a process.

use std::process::Stdio;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use threelo_sandbox::Sandbox;

use crate::free_port;

/// A running quick start; it ends when dropped.
#[derive(Debug)]
pub struct QuickStart {
    _process: Child,
    /// Where it listens.
    pub port: u16,
}

impl QuickStart {
    /// Builds and starts a package of the workspace, with the sandbox in its own process; `public_url` gets the port that
    /// it listens on.
    pub async fn start(package: &str, public_url: impl FnOnce(u16) -> String) -> Self {
        let mut program = Command::new(build(package).await);
        let port = free_port();
        program
            .env("PUBLIC_URL", public_url(port))
            .env_remove("ATLASSIAN_CLIENT_ID");
        Self::run(program, port).await
    }

    /// Builds and starts a package of the workspace on `localhost`, at a sandbox of the test's.
    pub async fn start_at(sandbox: &Sandbox, package: &str) -> Self {
        let mut program = Command::new(build(package).await);
        let port = free_port();
        program
            .env("PUBLIC_URL", format!("http://localhost:{port}"))
            .env("ATLASSIAN_CLIENT_ID", sandbox.client_id())
            .env("ATLASSIAN_CLIENT_SECRET", sandbox.client_secret())
            .env("ATLASSIAN_AUTH_URL", sandbox.url())
            .env("ATLASSIAN_API_URL", sandbox.url());
        Self::run(program, port).await
    }

    /// Builds and starts the single-page app, by axum or by actix-web, at a sandbox of the test's; gives it and the port of
    /// its page.
    pub async fn spa(sandbox: &Sandbox, on_actix: bool) -> (Self, u16) {
        let mut program = Command::new(build("spa").await);
        let (port, page) = (free_port(), free_port());
        if on_actix {
            program.arg("--actix");
        }
        program
            .env("PUBLIC_URL", format!("http://localhost:{port}"))
            .env("PAGE_LISTEN", format!("127.0.0.1:{page}"))
            .env("ATLASSIAN_CLIENT_ID", sandbox.client_id())
            .env("ATLASSIAN_CLIENT_SECRET", sandbox.client_secret())
            .env("ATLASSIAN_AUTH_URL", sandbox.url())
            .env("ATLASSIAN_API_URL", sandbox.url());
        (Self::run(program, port).await, page)
    }

    async fn run(mut program: Command, port: u16) -> Self {
        let process = program
            .env("LISTEN", format!("127.0.0.1:{port}"))
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
        panic!("the quick start did not listen within 10 s");
    }
}

/// Builds a package and gives its program.
async fn build(package: &str) -> String {
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
    executable(&String::from_utf8_lossy(&built.stdout)).expect("the quick start builds")
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
