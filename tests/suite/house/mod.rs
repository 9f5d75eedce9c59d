//! The house rules that no compiler checks.

mod circles;
mod docs;
mod modules;
mod planted;
mod references;
mod rooms;
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

/// What a published crate owes: at least so many lines of docs per 100 lines of code, and at most so many functions
/// that take a tuple apart. To be raised to 35 and lowered to 0, step by step.
const PUBLISHED: [(&str, usize, usize); 6] = [
    ("core/src", 17, 0),
    ("tower-layer/src", 50, 0),
    ("actix-middleware/src", 50, 0),
    ("stores/redis/src", 14, 2),
    ("stores/sqlx/src", 14, 5),
    ("sandbox/src", 35, 0),
];
/// The other folders of code, with the same limit of tuples.
const UNPUBLISHED: [(&str, usize); 3] = [("tests/kit", 0), ("xtask/src", 0), ("examples", 0)];

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
    for folder in PUBLISHED.map(|(folder, ..)| folder) {
        nothing_of(&circles(folder, &sources(folder)), "circles of imports");
    }
}

#[test]
fn no_parameter_takes_a_tuple_apart() {
    let published = PUBLISHED.map(|(folder, _, limit)| (folder, limit));
    for (folder, limit) in published.into_iter().chain(UNPUBLISHED) {
        let found = tuple_patterns(&sources(folder));
        assert!(
            found.len() <= limit,
            "{} tuples in parameters of {folder}, {limit} allowed:\n{}",
            found.len(),
            found.join("\n")
        );
    }
}

#[test]
fn published_crates_are_documented() {
    for (folder, least, _) in PUBLISHED {
        let share = doc_share(&sources(folder));
        assert!(
            share >= least,
            "{folder} has {share} lines of docs per 100 lines of code; {least} are the least"
        );
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
    let published = PUBLISHED.map(|(folder, ..)| folder);
    let folders = published
        .into_iter()
        .chain(UNPUBLISHED.map(|(folder, _)| folder));
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
    let folders = PUBLISHED.map(|(folder, ..)| folder);
    let with_tests = ["tests", "core/tests", "sandbox/tests", "stores"];
    let words: BTreeSet<String> = folders
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
