//! What the tests need besides Rust.

use std::process::Command;

use crate::cargo::{Outcome, run};

const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];
const PROGRAMS: [&str; 2] = ["chromium", "chromedriver"];

/// Makes sure that Chromium and its driver are there: installs Debian's packages when it may, else says what to do.
pub(crate) fn browser() -> Outcome {
    if PROGRAMS.iter().all(|program| is_there(program)) {
        return Ok(String::new());
    }
    let remedy = || {
        format!(
            "the browser tests need {}: run `sudo apt-get install {}`, or leave them out with \
             `cargo xtask test --without browser`",
            PROGRAMS.join(" and "),
            PACKAGES.join(" ")
        )
    };
    if !is_there("apt-get") {
        return Err(remedy());
    }
    let mut install = as_root("apt-get").ok_or_else(remedy)?;
    // An old package list is tried first with an update; without a network the list may still do.
    let _ = run(
        as_root("apt-get")
            .ok_or_else(remedy)?
            .args(["update", "-qq"]),
        "apt-get update",
    );
    install
        .args(["install", "--yes", "-qq", "--no-install-recommends"])
        .args(PACKAGES);
    install.env("DEBIAN_FRONTEND", "noninteractive");
    run(&mut install, "apt-get install").map_err(|error| format!("{error}; {}", remedy()))
}

fn is_there(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}

/// The program with root's rights, if this user has them without a password.
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
