//! Requests per second over loopback: a server on the first core, `wrk` and the databases on the second.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use threelo_test_servers::{Postgres, Redis};

use crate::measure::median;
use crate::sessions::{COOKIE_NAME, Cookies};

type Failure = Box<dyn Error>;

/// Sessions in each store.
const SESSIONS: usize = 10_000;
/// The rate of axum-login 0.18 with its Redis store by the same method, x bare (10,000 sessions).
const AXUM_LOGIN_ON_REDIS: f64 = 0.28;
/// The goal for threelo, as a multiple of it.
const GOAL: f64 = 1.5;

struct Server {
    name: &'static str,
    process: Child,
    port: u16,
    rates: Vec<f64>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The table after `rounds` rounds; in each, every server is measured for two seconds.
///
/// # Errors
///
/// If `wrk`, `taskset` or a database is missing.
pub fn table(rounds: usize) -> Result<String, Failure> {
    let own = std::process::id().to_string();
    run(Command::new("taskset").args(["-cp", "1", &own]))?;
    let (redis, postgres) = (Redis::start(), Postgres::start());
    let file = Temporary::new("stores.db");
    let cookies = Temporary::new("cookies");
    std::fs::write(&cookies.0, lines_of_cookies())?;
    let stores = [
        ("bare axum", "bare".to_owned()),
        ("memory", "memory".to_owned()),
        ("SQLite", format!("sqlite:{}", file.0.display())),
        ("Redis", redis.url()),
        ("Postgres", postgres.url()),
    ];
    let started = stores.iter().map(|(name, store)| start(name, store));
    let mut servers = started.collect::<Result<Vec<Server>, Failure>>()?;
    for round in 0..=rounds {
        let count = servers.len();
        for turn in 0..count {
            let server = &mut servers[(round + turn) % count];
            let rate = rate(server.port, &cookies.0)?;
            // The first round warms up.
            if round > 0 {
                server.rates.push(rate);
            }
        }
    }
    Ok(report(&servers))
}

fn start(name: &'static str, store: &str) -> Result<Server, Failure> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut command = Command::new("taskset");
    command.args(["-c", "0"]).arg(std::env::current_exe()?);
    command.args(["serve", store, &SESSIONS.to_string(), &port.to_string()]);
    let mut process = command.stdout(Stdio::piped()).spawn()?;
    let mut said = String::new();
    let out = process.stdout.take().ok_or("no pipe")?;
    BufReader::new(out).read_line(&mut said)?;
    let server = Server {
        name,
        process,
        port,
        rates: Vec::new(),
    };
    if said.trim() != "READY" {
        return Err(format!("the server over {name} did not start").into());
    }
    Ok(server)
}

fn rate(port: u16, cookies: &Path) -> Result<f64, Failure> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/wrk.lua");
    let url = format!("http://127.0.0.1:{port}");
    let mut wrk = Command::new("wrk");
    wrk.args(["-t1", "-c32", "-d2s", "-s", script, &url, "--"]);
    let said = run(wrk.arg(cookies))?;
    let line = said.lines().find_map(|line| line.strip_prefix("RATE "));
    match line.and_then(|line| line.split_once(' ')) {
        Some((rate, "0")) => Ok(rate.parse()?),
        _ => Err(format!("wrk reports: {said}").into()),
    }
}

fn run(command: &mut Command) -> Result<String, Failure> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// One cookie per line.
fn lines_of_cookies() -> String {
    let name = format!("{COOKIE_NAME}=");
    let flat = Cookies::of(SESSIONS);
    flat.all()
        .replace(&name, &format!("\n{name}"))
        .trim_start()
        .to_owned()
}

fn report(servers: &[Server]) -> String {
    let mut table = String::from(
        "| store | requests per second, median (min..max) | x bare axum | goal |\n|---|---|---|---|\n",
    );
    for server in servers {
        let pairs = server.rates.iter().zip(&servers[0].rates);
        let ratio = median(pairs.map(|(ours, bare)| ours / bare).collect());
        let low = server.rates.iter().copied().fold(f64::INFINITY, f64::min);
        let high = server.rates.iter().copied().fold(0.0, f64::max);
        let goal = match server.name {
            "Redis" if ratio >= GOAL * AXUM_LOGIN_ON_REDIS => "met: 1.5 x axum-login on Redis",
            "Redis" => "missed: 1.5 x axum-login on Redis",
            _ => "",
        };
        let middle = median(server.rates.clone());
        let line = format!(
            "| {} | {middle:.0} ({low:.0}..{high:.0}) | {ratio:.2} | {goal} |",
            server.name
        );
        let _infallible = writeln!(table, "{line}");
    }
    table
}

/// A file that is deleted at the end.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        let name = format!("threelo-bench-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.0.display()));
        }
    }
}
