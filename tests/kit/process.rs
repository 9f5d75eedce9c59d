//! Instances of an app as processes of their own, which are told what to do line by line.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::world::World;

/// What an instance is started with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "tests make it")]
pub struct Settings {
    /// The database's address.
    pub store: String,
    /// The part of the database that all instances of an app use.
    pub prefix: String,
    /// The sandbox.
    pub sandbox: String,
    /// The app.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// How long the right to refresh lives.
    pub lease: Duration,
    /// Whether the app is one of actix-web, not of axum.
    pub on_actix: bool,
}

impl Settings {
    /// Those of another instance of a world's app.
    pub fn of<A>(world: &World<A>, store: &str, prefix: &str) -> Self {
        Self {
            store: store.to_owned(),
            prefix: prefix.to_owned(),
            sandbox: world.sandbox.url().to_owned(),
            client_id: world.sandbox.client_id().to_owned(),
            client_secret: world.sandbox.client_secret().to_owned(),
            lease: Duration::from_secs(30),
            on_actix: false,
        }
    }
}

/// Where a refresh may be when its process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_enums, reason = "tests try each")]
pub enum Point {
    /// It has the lease and has sent nothing.
    AfterLease,
    /// It has the answer and has stored nothing.
    BeforeWrite,
    /// It has stored the pair and still has the lease.
    AfterWrite,
}

/// What an instance can be told to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(clippy::exhaustive_enums, reason = "an instance obeys each")]
pub enum Order {
    /// Its clock moves.
    Advance(Duration),
    /// This many tasks ask for a token of an account.
    Tokens(String, usize),
    /// The next refresh stands still at this point.
    StopAt(Point),
    /// It serves on a free port.
    Listen,
    /// This many browsers with these cookies open one callback.
    Arrive(String, BTreeMap<String, String>, usize),
}

/// What an instance says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_enums, reason = "tests read each")]
pub enum Told {
    /// It is there, or did what it was told.
    Ready,
    /// How many tasks got a token, and what the others got.
    Tokens(usize, Vec<String>),
    /// A refresh stands still.
    Reached(Point),
    /// It serves on this port.
    Listening(u16),
    /// How many browsers were signed in.
    SignedIn(usize),
}

/// A running instance; it is killed when dropped.
#[derive(Debug)]
pub struct Instance {
    process: Child,
    orders: ChildStdin,
    says: Lines<BufReader<ChildStdout>>,
}

impl Instance {
    /// Starts `program` and waits until it is there.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub async fn start(program: &str, settings: &Settings) -> Self {
        let settings = serde_json::to_string(settings).expect("JSON");
        let mut command = Command::new(program);
        command.arg(settings).kill_on_drop(true);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("an instance starts");
        let orders = process.stdin.take().expect("a pipe");
        let says = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let mut instance = Self {
            process,
            orders,
            says,
        };
        assert_eq!(instance.hears().await, Told::Ready);
        instance
    }

    /// How much memory it ever had, in bytes.
    ///
    /// # Panics
    ///
    /// If the system does not tell: Linux does.
    pub fn most_memory(&self) -> usize {
        let process = self.process.id().expect("it runs");
        let status = std::fs::read_to_string(format!("/proc/{process}/status"));
        let status = status.expect("the system tells");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
        kilobytes.expect("a number") * 1024
    }

    /// Gives an order and waits for what comes of it.
    ///
    /// # Panics
    ///
    /// If the instance is gone.
    pub async fn obey(&mut self, order: &Order) -> Told {
        let mut line = serde_json::to_string(order).expect("JSON");
        line.push('\n');
        let written = self.orders.write_all(line.as_bytes()).await;
        written.expect("the instance listens");
        self.hears().await
    }

    async fn hears(&mut self) -> Told {
        let line = self.says.next_line().await.expect("the instance speaks");
        serde_json::from_str(&line.expect("the instance lives")).expect("JSON")
    }

    /// Ends it as a machine that loses its power does.
    ///
    /// # Panics
    ///
    /// If it cannot be killed.
    pub async fn kill(mut self) {
        self.process.kill().await.expect("kill -9");
    }
}
