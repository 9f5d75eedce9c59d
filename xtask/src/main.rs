//! The commands of this repository: `cargo xtask test`, and the steps of CI.

mod cargo;
mod release;
mod scenario;
mod setup;
mod surface;

use std::io::Write;
use std::process::ExitCode;

use threelo_test_servers::{PgBouncer, Postgres, Redis};

use self::cargo::{Outcome, cargo, cargo_with, has_cargo_tool};

const USAGE: &str = "usage: cargo xtask COMMAND

  test [--without browser] [--without databases]
                       sets everything up and runs all tests
  scenario NAME [--on axum|actix] [--store memory|sqlite|redis|postgres|pooler]
                       runs the scenarios whose path contains NAME
  ci                   fmt, lint, doc, surface, deny, test: what CI runs
  fmt                  checks the format of the code
  lint                 runs clippy; warnings are errors
  doc                  builds the documentation; warnings are errors
  surface [--write]    compares what is public with docs/surface, or writes it there
  deny                 checks licenses, sources and advisories of dependencies
  soak                 repeats the tests of crashes and races for half an hour, on every database
  bench [quick|tokens|stores]
                       what a request costs, compared with bare axum and the floor, and over each store
  callgrind [CASE...]  instructions and allocations per request of each bench case, under valgrind";

const BROWSER_TESTS: &str = "threelo-browser-tests";
/// Names the database on which the scenarios run.
const TEST_STORE: &str = "THREELO_TEST_STORE";
/// Makes the tests of crashes and races run for longer.
const SOAK: &str = "THREELO_SOAK";
const STORES: [&str; 2] = ["threelo-redis", "threelo-sqlx"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test", rest @ ..] => test(rest),
        ["scenario", rest @ ..] => scenario::run(rest),
        ["ci"] => ci(),
        ["fmt"] => fmt(),
        ["lint"] => lint(),
        ["doc"] => doc(),
        ["surface", rest @ ..] => surface::run(rest),
        ["deny"] => deny(),
        ["soak"] => soak(),
        ["bench", rest @ ..] => bench(rest),
        ["callgrind", cases @ ..] => callgrind(cases),
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
    // An error means that the pipe is closed; there is no reader to tell.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Runs all tests except those that `--without` names.
fn test(words: &[&str]) -> Outcome {
    let left_out = left_out(words)?;
    let with = |what: &str| !left_out.contains(&what);
    if with("browser") {
        setup::browser()?;
    }
    if with("databases") {
        setup::databases()?;
    }
    let mut excluded = vec![BROWSER_TESTS];
    if !with("databases") {
        excluded.extend(STORES);
    }
    let mut arguments = vec!["test", "--workspace"];
    arguments.extend(excluded.iter().flat_map(|package| ["--exclude", package]));
    let variables: &[(&str, &str)] = match with("databases") {
        true => &[],
        false => &[("THREELO_WITHOUT_DATABASES", "1")],
    };
    cargo_with(variables, &arguments)?;
    if with("databases") {
        scenarios_on_databases()?;
    }
    if with("browser") {
        cargo(&["test", "--package", BROWSER_TESTS])?;
    }
    Ok(match left_out.as_slice() {
        [] => "everything passed, browser and databases included".to_owned(),
        left_out => format!("everything passed, WITHOUT {}", left_out.join(" and ")),
    })
}

/// Runs every scenario again on each database, after it ran in memory.
fn scenarios_on_databases() -> Outcome {
    let (redis, postgres) = (Redis::start(), Postgres::start());
    for url in ["sqlite::memory:".to_owned(), redis.url(), postgres.url()] {
        say(&format!("every scenario on {url}"));
        scenarios(&[(TEST_STORE, &url)], "scenarios::")?;
    }
    Ok(String::new())
}

/// Runs the scenarios whose path contains a text, except those that start databases of their own.
fn scenarios(variables: &[(&str, &str)], filter: &str) -> Outcome {
    let suite = ["test", "--package", "threelo-tests", "--test", "suite"];
    let which = [filter, "--", "--skip", "durable::", "--skip", "upkeep::"];
    cargo_with(variables, &[suite.as_slice(), &which].concat())
}

fn left_out<'a>(words: &[&'a str]) -> Result<Vec<&'a str>, String> {
    let mut left_out = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match (*word, words.next()) {
            ("--without", Some(what @ (&"browser" | &"databases"))) => left_out.push(*what),
            _ => return Err(USAGE.to_owned()),
        }
    }
    Ok(left_out)
}

fn ci() -> Outcome {
    let surface = || surface::run(&[]);
    for step in [fmt, lint, doc, surface, deny] {
        say(&step()?);
    }
    test(&[])
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
    Ok("clippy has no warnings".to_owned())
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
    // The advisories are in a repository of their own, which needs a network.
    match cargo(&["deny", "fetch", "db"]) {
        Ok(_) => cargo(&["deny", "check", "advisories"])
            .map(|_| "dependencies are fine, advisories included".to_owned()),
        Err(_) => Ok(
            "dependencies are fine; ADVISORIES NOT CHECKED: their database cannot be reached"
                .to_owned(),
        ),
    }
}

/// On each database: 200 crashes at each point of a refresh, 1000 times a hundred identical callbacks, 30 upgrades of an older
/// program, 64 hours of clocks that jump, 1000 times a sign-out everywhere against a redeem. Then 40 failovers of Redis, a silent
/// Atlassian, and every scenario through a pooler.
fn soak() -> Outcome {
    setup::databases()?;
    let old = release::build_old_instance()?;
    cargo_with(
        &[(SOAK, "1"), ("THREELO_OLD_INSTANCE", &old)],
        &["test", "--package", "threelo-tests", "--test", "durable"],
    )?;
    let (redis, postgres) = (Redis::start(), Postgres::start());
    for url in [redis.url(), postgres.url()] {
        scenarios(&[(SOAK, "1"), (TEST_STORE, &url)], "in_one_moment")?;
    }
    let pooler = PgBouncer::start(&postgres, "session");
    say("every scenario through a pooler");
    scenarios(&[(TEST_STORE, &pooler.url())], "scenarios::")?;
    Ok("nothing was lost".to_owned())
}

fn bench(rest: &[&str]) -> Outcome {
    setup::databases()?;
    setup::load()?;
    let mut arguments = vec!["run", "--release", "--package", "threelo-bench", "--"];
    arguments.extend(rest);
    cargo(&arguments)?;
    Ok(String::new())
}

fn callgrind(cases: &[&str]) -> Outcome {
    setup::callgrind()?;
    let mut arguments = vec!["run", "--release", "--package", "threelo-bench", "--"];
    arguments.push("callgrind");
    arguments.extend(cases);
    // With thin LTO, what is inlined into a case depends on all other code of the program: even the case without any code
    // of ours moved by 12 % between two commits.
    cargo_with(&[("CARGO_PROFILE_RELEASE_LTO", "fat")], &arguments)
}
