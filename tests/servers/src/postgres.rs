use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::folder::Folder;
use crate::{free_port, signal, wait_for};

/// A Postgres server with a database `threelo` and a user `threelo`.
#[derive(Debug)]
pub struct Postgres {
    process: Child,
    port: u16,
    folder: Folder,
}

impl Postgres {
    /// Starts a server. Postgres does not run as root, so root runs it as the user `postgres`.
    ///
    /// # Panics
    ///
    /// If Postgres is not there or does not start.
    pub fn start() -> Self {
        let (folder, port) = (Folder::new("postgres"), free_port());
        let data = folder.path().join("data");
        own(folder.path());
        run(program("initdb")
            .args([
                "--username",
                "threelo",
                "--auth",
                "trust",
                "--encoding",
                "UTF8",
            ])
            .args(["--locale", "C", "--no-sync", "--pgdata"])
            .arg(&data));
        let process = serve(&data, port);
        make_database(port);
        Self {
            process,
            port,
            folder,
        }
    }

    /// Stops it as an operator would; its data stays.
    pub fn stop(&mut self) {
        // A regular stop by its own user: killing the parent would leave its children.
        signal("-INT", self.process.id());
        let _ = self.process.wait();
    }

    /// Starts it again.
    pub fn go_on(&mut self) {
        self.process = serve(&self.folder.path().join("data"), self.port);
    }

    /// Runs a statement.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn run(&self, statement: &str) {
        run(program("psql").args(["-v", "ON_ERROR_STOP=1", "-c", statement, &self.url()]));
    }

    /// A dump of all its data, as text.
    ///
    /// # Panics
    ///
    /// If it cannot be dumped.
    pub fn dump(&self) -> Vec<u8> {
        let output = program("pg_dump").args(["--inserts", &self.url()]).output();
        let output = output.expect("pg_dump is there");
        assert!(output.status.success(), "{output:?}");
        output.stdout
    }

    /// Requires a password for connections over TCP from now on.
    ///
    /// # Panics
    ///
    /// If the server does not accept the rule.
    pub fn guard(&self, password: &str) {
        self.run(&format!("ALTER USER threelo PASSWORD '{password}'"));
        let rules = "host all all 127.0.0.1/32 scram-sha-256\n";
        let file = self.folder.path().join("data/pg_hba.conf");
        std::fs::write(file, rules).expect("the rules are written");
        signal("-HUP", self.process.id());
    }

    /// The number of threelo's connections.
    ///
    /// # Panics
    ///
    /// If the server does not report it.
    pub fn connections(&self) -> usize {
        let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'threelo'";
        let mut psql = program("psql");
        let output = psql.args(["-At", "-c", count, &self.url()]).output();
        let output = output.expect("psql is there").stdout;
        let count = String::from_utf8_lossy(&output).trim().parse();
        count.expect("a count")
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("postgres://threelo@127.0.0.1:{}/threelo", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Creates the database. The server listens before it answers, so this tries again for a while.
fn make_database(port: u16) {
    let port = port.to_string();
    let made = || {
        let mut command = program("createdb");
        command.args(["-h", "127.0.0.1", "-p", &port, "-U", "threelo", "threelo"]);
        command.output().is_ok_and(|output| output.status.success())
    };
    let is_made = (0..100).any(|_| {
        made() || {
            std::thread::sleep(Duration::from_millis(100));
            false
        }
    });
    assert!(is_made, "postgres makes a database");
}

fn serve(data: &Path, port: u16) -> Child {
    let mut server = program("postgres");
    server.arg("-D").arg(data);
    server.args(["-p", &port.to_string(), "-h", "127.0.0.1", "-k", "", "-F"]);
    let server = server.stdout(Stdio::null()).stderr(Stdio::null());
    let process = server.spawn().expect("postgres starts");
    wait_for(port, "postgres");
    process
}

pub(crate) fn is_root() -> bool {
    let asked = Command::new("id").arg("-u").output();
    asked.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// A program of Postgres, as a user who may run it.
fn program(name: &str) -> Command {
    let path = found(name);
    if !is_root() {
        return Command::new(path);
    }
    let mut command = Command::new("setpriv");
    command.args([
        "--reuid",
        "postgres",
        "--regid",
        "postgres",
        "--clear-groups",
    ]);
    command.arg(path);
    command
}

/// The newest of the versions that Debian's packages install, otherwise the one in `PATH`.
fn found(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let mut found: Vec<PathBuf> = versions
        .flatten()
        .map(|version| version.path().join("bin").join(name))
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| PathBuf::from(name))
}

pub(crate) fn own(folder: &Path) {
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(folder));
    }
}

fn run(command: &mut Command) {
    let output = command
        .output()
        .expect("Postgres is there: `apt-get install postgresql`");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {text}");
}
