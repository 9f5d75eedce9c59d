//! `cargo xtask scenario`: some scenarios on one framework and one store.

use threelo_test_servers::{PgBouncer, Postgres, Redis};

use crate::cargo::{Outcome, cargo_output, cargo_with};
use crate::{TEST_STORE, setup};

const USAGE: &str = "usage: cargo xtask scenario NAME [--on axum|actix] [--store memory|sqlite|redis|postgres|pooler]";
/// The arguments of cargo, before those of the tests.
const SUITE: [&str; 6] = [
    "test",
    "--package",
    "threelo-tests",
    "--test",
    "suite",
    "--",
];

/// The scenarios to run, and where.
#[derive(Debug, PartialEq, Eq)]
struct Wanted<'a> {
    name: &'a str,
    framework: Option<&'a str>,
    store: &'a str,
}

/// Runs the scenarios whose path contains a name.
pub(crate) fn run(words: &[&str]) -> Outcome {
    let wanted = wanted(words).ok_or(USAGE)?;
    let list = cargo_output(&[&SUITE[..], &["--list"]].concat())?;
    let tests = matching(&list, &wanted);
    if tests.is_empty() {
        return Err(format!(
            "no scenario has `{}` in its name: see tests/suite/scenarios",
            wanted.name
        ));
    }
    let arguments = [&SUITE[..], &["--exact"], &tests].concat();
    on_store(wanted.store, &arguments)
        .map_err(|_long| format!("a scenario failed on {}", wanted.store))?;
    Ok(format!("{} passed on {}", tests.len(), wanted.store))
}

/// Starts the store, runs cargo with its address, and stops it.
fn on_store(store: &str, arguments: &[&str]) -> Outcome {
    let with = |url: &str| cargo_with(&[(TEST_STORE, url)], arguments);
    match store {
        "sqlite" => with("sqlite::memory:"),
        "redis" => {
            setup::databases()?;
            with(&Redis::start().url())
        }
        "postgres" => {
            setup::databases()?;
            with(&Postgres::start().url())
        }
        "pooler" => {
            setup::databases()?;
            let postgres = Postgres::start();
            with(&PgBouncer::start(&postgres, "session").url())
        }
        _ => cargo_with(&[], arguments),
    }
}

fn wanted<'a>(words: &[&'a str]) -> Option<Wanted<'a>> {
    let [name, options @ ..] = words else {
        return None;
    };
    let mut wanted = Wanted {
        name,
        framework: None,
        store: "memory",
    };
    for option in options.chunks(2) {
        match option {
            ["--on", framework @ ("axum" | "actix")] => wanted.framework = Some(framework),
            [
                "--store",
                store @ ("memory" | "sqlite" | "redis" | "postgres" | "pooler"),
            ] => {
                wanted.store = store;
            }
            _ => return None,
        }
    }
    (!name.starts_with('-')).then_some(wanted)
}

/// The tests of a list such as `on_axum::scenarios::flows::…: test`.
fn matching<'a>(list: &'a str, wanted: &Wanted<'_>) -> Vec<&'a str> {
    let tests = list.lines().filter_map(|line| line.strip_suffix(": test"));
    let is_wanted = |test: &&str| {
        let Some((framework, scenario)) = test.split_once("::scenarios::") else {
            return false;
        };
        // These two start databases of their own.
        let is_bound = ["durable::", "upkeep::"]
            .iter()
            .any(|module| scenario.starts_with(module));
        let framework = framework.trim_start_matches("on_");
        scenario.contains(wanted.name)
            && wanted.framework.is_none_or(|wanted| wanted == framework)
            && (wanted.store == "memory" || !is_bound)
    };
    tests.filter(is_wanted).collect()
}

#[cfg(test)]
mod tests {
    use super::{matching, wanted};

    const LIST: &str = "house::files_stay_small: test
on_actix::scenarios::flows::a_login: test
on_axum::scenarios::flows::a_login: test
on_axum::scenarios::upkeep::a_login_ends: test
on_axum::tower::a_login: test

5 tests, 0 benchmarks
";

    fn found(words: &[&str]) -> Vec<&'static str> {
        matching(LIST, &wanted(words).unwrap())
    }

    #[test]
    fn a_name_is_found_on_every_framework_or_on_one() {
        assert_eq!(found(&["flows::"]).len(), 2);
        assert_eq!(
            found(&["a_login", "--on", "axum"]),
            [
                "on_axum::scenarios::flows::a_login",
                "on_axum::scenarios::upkeep::a_login_ends"
            ]
        );
        assert!(found(&["a_logout"]).is_empty());
    }

    #[test]
    fn scenarios_with_databases_of_their_own_run_without_another() {
        let on_redis = found(&["a_login", "--store", "redis", "--on", "axum"]);

        assert_eq!(on_redis, ["on_axum::scenarios::flows::a_login"]);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for words in [
            &[][..],
            &["--on", "axum"],
            &["flows", "--on"],
            &["flows", "--on", "rocket"],
            &["flows", "--store", "mongo"],
            &["flows", "grants"],
        ] {
            assert_eq!(wanted(words), None, "{words:?}");
        }
    }
}
