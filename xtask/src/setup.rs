//! What the tests need besides Rust.

use std::process::Command;

use crate::cargo::{Outcome, run};

/// Something that tests need: programs, and the Debian packages that contain them.
#[derive(Clone, Copy)]
struct Need {
    what: &'static str,
    programs: &'static [&'static str],
    packages: &'static [&'static str],
    /// The flag that leaves these tests out, if there is one.
    without: Option<&'static str>,
}

const BROWSER: Need = Need {
    what: "browser",
    programs: &["chromium", "chromedriver"],
    packages: &["chromium", "chromium-driver"],
    without: Some("--without browser"),
};
const DATABASES: Need = Need {
    what: "store",
    programs: &["redis-server", "postgres", "pgbouncer", "openssl"],
    packages: &["redis-server", "postgresql", "pgbouncer", "openssl"],
    without: Some("--without databases"),
};

const LOAD: Need = Need {
    what: "benchmark",
    programs: &["wrk", "taskset"],
    packages: &["wrk", "util-linux"],
    without: None,
};

const CALLGRIND: Need = Need {
    what: "callgrind",
    programs: &["valgrind"],
    packages: &["valgrind"],
    without: None,
};

/// Makes sure that Chromium and its driver exist: installs Debian's packages if it may, otherwise says what to do.
pub(crate) fn browser() -> Outcome {
    install(BROWSER)
}

/// The same for Redis, Postgres and PgBouncer. Tests start processes of their own, never the system's.
pub(crate) fn databases() -> Outcome {
    install(DATABASES)
}

/// The same for the load generator of the benchmark.
pub(crate) fn load() -> Outcome {
    install(LOAD)
}

/// The same for valgrind, which counts instructions.
pub(crate) fn callgrind() -> Outcome {
    install(CALLGRIND)
}

fn install(need: Need) -> Outcome {
    if need.programs.iter().all(|program| is_there(program)) {
        return Ok(String::new());
    }
    let remedy = || {
        let (programs, packages) = (need.programs.join(" and "), need.packages.join(" "));
        let without = need
            .without
            .map(|flag| format!(", or leave them out with `cargo xtask test {flag}`"));
        format!(
            "the {} tests need {programs}: run `sudo apt-get install {packages}`{}",
            need.what,
            without.unwrap_or_default()
        )
    };
    if !is_there("apt-get") {
        return Err(remedy());
    }
    let mut install = as_root("apt-get").ok_or_else(remedy)?;
    // The package list is updated first; without a network, the old list may still be sufficient.
    let _ = run(
        as_root("apt-get")
            .ok_or_else(remedy)?
            .args(["update", "-qq"]),
        "apt-get update",
    );
    install
        .args(["install", "--yes", "-qq", "--no-install-recommends"])
        .args(need.packages);
    install.env("DEBIAN_FRONTEND", "noninteractive");
    run(&mut install, "apt-get install").map_err(|error| format!("{error}; {}", remedy()))
}

fn is_there(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&paths).collect();
    // Debian installs each version of Postgres in a folder of its own, outside of `PATH`.
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    folders.iter().any(|folder| folder.join(program).is_file())
}

/// The program with root's rights, if this user can get them without a password.
fn as_root(program: &str) -> Option<Command> {
    let asked =
        |command: &str, arguments: &[&str]| Command::new(command).args(arguments).output().ok();
    if asked("id", &["-u"]).is_some_and(|output| output.stdout.trim_ascii() == b"0") {
        return Some(Command::new(program));
    }
    let may = asked("sudo", &["-n", "true"]).is_some_and(|output| output.status.success());
    may.then(|| {
        let mut command = Command::new("sudo");
        command.args(["-n", program]);
        command
    })
}
