//! The commands of this repository: `cargo xtask test`, and the steps of CI.

mod cargo;
mod setup;

use std::io::Write;
use std::process::ExitCode;

use self::cargo::{Outcome, cargo, cargo_with, has_cargo_tool};

const USAGE: &str = "usage: cargo xtask COMMAND

  test [--without browser]   sets everything up and runs all tests
  ci                         fmt, lint, doc, deny, test: what CI runs
  fmt | lint | doc | deny    one step of ci
  bench [quick]              what a request costs, beside bare axum and the floor";

const BROWSER_TESTS: &str = "threelo-browser-tests";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test"] => test(true),
        ["test", "--without", "browser"] => test(false),
        ["ci"] => ci(),
        ["fmt"] => fmt(),
        ["lint"] => lint(),
        ["doc"] => doc(),
        ["deny"] => deny(),
        ["bench", rest @ ..] => bench(rest),
        _ => {
            say(USAGE);
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(last) => {
            say(&last);
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&format!("xtask: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn say(line: &str) {
    // Nobody reads when the pipe is closed.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn test(browser: bool) -> Outcome {
    if browser {
        setup::browser()?;
    }
    cargo(&[
        "test",
        "--workspace",
        "--exclude",
        BROWSER_TESTS,
        "--exclude",
        "threelo-bench",
    ])?;
    if !browser {
        return Ok("everything passed, WITHOUT the browser tests".to_owned());
    }
    cargo(&["test", "--package", BROWSER_TESTS])?;
    Ok("everything passed, the browser tests included".to_owned())
}

fn ci() -> Outcome {
    for step in [fmt, lint, doc, deny] {
        say(&step()?);
    }
    test(true)
}

fn fmt() -> Outcome {
    cargo(&["fmt", "--all", "--check"])?;
    Ok("the code is formatted".to_owned())
}

fn lint() -> Outcome {
    cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])?;
    Ok("clippy has nothing to say".to_owned())
}

fn doc() -> Outcome {
    cargo_with(
        &[("RUSTDOCFLAGS", "-D warnings")],
        &["doc", "--workspace", "--no-deps"],
    )?;
    Ok("the documentation builds".to_owned())
}

fn deny() -> Outcome {
    if !has_cargo_tool("deny") {
        cargo(&["install", "cargo-deny", "--locked", "--quiet"])?;
    }
    cargo(&["deny", "check", "bans", "licenses", "sources"])?;
    // The advisories live in a repository of their own, which is out of reach without a network.
    match cargo(&["deny", "fetch", "db"]) {
        Ok(_) => cargo(&["deny", "check", "advisories"])
            .map(|_| "dependencies are fine, advisories included".to_owned()),
        Err(_) => Ok(
            "dependencies are fine; ADVISORIES NOT CHECKED: their database is out of reach"
                .to_owned(),
        ),
    }
}

fn bench(rest: &[&str]) -> Outcome {
    let mut arguments = vec!["run", "--release", "--package", "threelo-bench", "--"];
    arguments.extend(rest);
    cargo(&arguments)?;
    Ok(String::new())
}
