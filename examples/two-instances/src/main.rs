//! Two instances of an app behind one address: sign in on one, work on the other.
//!
//! `DATABASE_URL=redis://127.0.0.1:6379 THREELO_KEYS=k1:$(openssl rand -base64 32) cargo run -p two-instances`, then open
//! <http://localhost:3000> and reload: the page names the instance that answered. Without `DATABASE_URL` they share a SQLite
//! file for as long as they run.

mod instance;
mod proxy;

use std::error::Error;
use std::path::PathBuf;
use std::process::Stdio;

use quickstart::settings;
use threelo_sandbox::Sandbox;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

/// For a first run without a database of your own; never use it in production.
const TEMPORARY_KEYS: &str = "look:OMV9QOpU8XFnYsSLQKcuLCeyGNBiM8NTyy26bGRhn6A=";
const INSTANCES: [&str; 2] = ["one", "two"];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [name, port] => instance::run(name, port.parse()?).await,
        _ => both().await,
    }
}

/// Starts the instances and a proxy in front of them.
async fn both() -> Result<(), Box<dyn Error>> {
    let sandbox = settings::sandbox_unless_configured().await?;
    let database = TemporaryDatabase::unless_configured();
    let mut ports = Vec::new();
    let mut instances = Vec::new();
    for name in INSTANCES {
        let port = free_port().await?;
        ports.push(port);
        instances.push(start(name, port, sandbox.as_ref(), database.as_ref())?);
    }
    let listener = TcpListener::bind(settings::one("LISTEN", "127.0.0.1:3000")).await?;
    tracing::info!(
        "open {}",
        settings::one("PUBLIC_URL", "http://localhost:3000")
    );
    axum::serve(listener, proxy::before(ports))
        .with_graceful_shutdown(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    for mut instance in instances {
        // This also closes the pipe.
        instance.wait().await?;
    }
    Ok(())
}

fn start(
    name: &str,
    port: u16,
    sandbox: Option<&Sandbox>,
    database: Option<&TemporaryDatabase>,
) -> Result<Child, Box<dyn Error>> {
    let mut command = Command::new(std::env::current_exe()?);
    // An instance ends when this pipe closes, and so when this process ends for any reason.
    command
        .args([name, &port.to_string()])
        .stdin(Stdio::piped());
    for variable in [
        "PUBLIC_URL",
        "ATLASSIAN_SCOPES",
        "ATLASSIAN_CLIENT_ID",
        "ATLASSIAN_CLIENT_SECRET",
        "ATLASSIAN_AUTH_URL",
        "ATLASSIAN_API_URL",
    ] {
        if let Some(value) = settings::variable(variable, sandbox) {
            command.env(variable, value);
        }
    }
    if let Some(database) = database {
        command.env("DATABASE_URL", format!("sqlite:{}", database.0.display()));
        command.env("THREELO_KEYS", TEMPORARY_KEYS);
    }
    Ok(command.spawn()?)
}

async fn free_port() -> Result<u16, Box<dyn Error>> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port())
}

/// A SQLite file that is deleted at the end.
struct TemporaryDatabase(PathBuf);

impl TemporaryDatabase {
    fn unless_configured() -> Option<Self> {
        if std::env::var_os("DATABASE_URL").is_some() {
            return None;
        }
        let name = format!("threelo-two-instances-{}.db", std::process::id());
        tracing::info!("no DATABASE_URL: both instances share a SQLite file");
        Some(Self(std::env::temp_dir().join(name)))
    }
}

impl Drop for TemporaryDatabase {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.0.display()));
        }
    }
}
