//! The house rules that no compiler checks.

mod circles;
mod docs;
mod modules;
mod planted;
mod references;
mod rooms;
mod routes;
mod source;
mod tuples;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use self::circles::circles;
use self::docs::doc_share;
use self::references::{dead_paths, documents, unknown_tests};
use self::rooms::{CORE, PURE, SANDBOX, STATUSES, Tower, room_of};
use self::source::{root, sources, tokens};
use self::tuples::tuple_patterns;

const MOST_LINES: usize = 400;

/// The published crates: each has at least 35 lines of docs per 100 lines of code.
const PUBLISHED: [&str; 6] = [
    "core/src",
    "tower-layer/src",
    "actix-middleware/src",
    "stores/redis/src",
    "stores/sqlx/src",
    "sandbox/src",
];
const DOCS_PER_100_LINES: usize = 35;
/// The other folders of code.
const UNPUBLISHED: [&str; 5] = [
    "tests/kit",
    "tests/instance",
    "tests/servers/src",
    "xtask/src",
    "examples",
];

#[test]
fn core_imports_point_downward() {
    imports_point_downward(CORE);
}

#[test]
fn sandbox_imports_point_downward() {
    imports_point_downward(SANDBOX);
}

fn imports_point_downward(tower: Tower) {
    let sources = sources(tower.folder);
    let strangers = tower.strangers(&sources);
    assert!(strangers.is_empty(), "not in the table: {strangers:?}");
    nothing_of(&tower.climbs(&sources), "imports that climb");
}

#[test]
fn no_files_of_a_room_import_each_other() {
    for folder in PUBLISHED {
        nothing_of(&circles(folder, &sources(folder)), "circles of imports");
    }
}

#[test]
fn no_parameter_takes_a_tuple_apart() {
    for folder in PUBLISHED.into_iter().chain(UNPUBLISHED) {
        nothing_of(&tuple_patterns(&sources(folder)), "tuples in parameters");
    }
}

#[test]
fn published_crates_are_documented() {
    for folder in PUBLISHED {
        let share = doc_share(&sources(folder));
        assert!(
            share >= DOCS_PER_100_LINES,
            "{folder} has {share} lines of docs per 100 lines of code; {DOCS_PER_100_LINES} are the least"
        );
    }
}

#[test]
fn store_crates_need_neither_an_http_client_nor_the_web_side_of_core() {
    for store in ["redis", "sqlx"] {
        let manifest = root().join(format!("stores/{store}/Cargo.toml"));
        let manifest = fs::read_to_string(manifest).unwrap();
        let (_, dependencies) = manifest.split_once("\n[dependencies]\n").unwrap();
        let core = dependencies
            .lines()
            .find(|line| line.starts_with("threelo = "))
            .unwrap();
        assert!(core.contains("default-features = false"), "{store}: {core}");
        assert!(!core.contains("features = ["), "{store}: {core}");
        let (dependencies, _) = dependencies.split_once("\n[").unwrap();
        assert!(!dependencies.contains("reqwest"), "{store}");
    }
}

#[test]
fn the_pure_rooms_never_await_log_read_a_clock_or_draw_randomness() {
    for source in sources(CORE.folder) {
        if !PURE.contains(&room_of(source.below(CORE.folder))) {
            continue;
        }
        for banned in [
            ".await",
            "tracing::",
            "SystemTime::now",
            "rand::",
            "tokio::",
        ] {
            assert!(
                !source.code().contains(banned),
                "{} has {banned}",
                source.path
            );
        }
    }
}

#[test]
fn statuses_of_ours_stand_in_few_rooms() {
    for source in sources(CORE.folder) {
        if !STATUSES.contains(&room_of(source.below(CORE.folder))) {
            assert!(!source.code().contains("StatusCode::"), "{}", source.path);
        }
    }
}

#[test]
fn core_names_no_web_framework() {
    let manifest = fs::read_to_string(root().join("core/Cargo.toml")).unwrap();
    for framework in ["axum", "actix", "tower", "hyper", "warp", "rocket"] {
        assert!(
            !manifest.lines().any(|line| line.starts_with(framework)),
            "{framework}"
        );
    }
}

#[test]
fn files_stay_small() {
    let folders = PUBLISHED.into_iter().chain(UNPUBLISHED);
    for source in folders.flat_map(sources) {
        let lines = source.code().lines().count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines", source.path);
    }
}

#[test]
fn the_sandbox_shares_no_code_with_core() {
    let manifest = fs::read_to_string(root().join("sandbox/Cargo.toml")).unwrap();
    assert!(!manifest.lines().any(|line| line.starts_with("threelo")));
}

#[test]
fn documents_name_files_that_exist() {
    let exists = |path: &Path| root().join(path).exists();
    for document in documents() {
        nothing_of(&dead_paths(&document, exists), "files that are not there");
    }
}

#[test]
fn documents_name_tests_that_exist() {
    let with_tests = ["tests", "core/tests", "sandbox/tests", "stores"];
    let words: BTreeSet<String> = PUBLISHED
        .into_iter()
        .chain(with_tests)
        .flat_map(sources)
        .flat_map(|source| tokens(&source.text))
        .map(|token| token.text)
        .collect();
    for document in documents() {
        nothing_of(
            &unknown_tests(&document, &words),
            "tests that are not there",
        );
    }
}

fn nothing_of(found: &[String], what: &str) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}
