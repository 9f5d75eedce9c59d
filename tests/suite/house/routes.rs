//! Whether every route that core knows is described, and asked for by the tests that ask for every route.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::source::root;

/// The routes that are pages or files, and no JSON.
const PAGES: [&str; 7] = [
    "login",
    "continue",
    "callback",
    "error",
    "done",
    "popup.js",
    "openapi.json",
];

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn description() -> Value {
    serde_json::from_str(&read("core/src/web/routes/openapi.json")).unwrap()
}

/// Returns the names below the prefix that `route.rs` turns into a route. `sessions/{handle}` and `api/…` stand as
/// `sessions/` and `api/`.
fn names() -> BTreeSet<String> {
    let source = read("core/src/web/request/route.rs");
    let (_, named) = source.split_once("\nfn named(").unwrap();
    let in_quotes = named.split('"').skip(1).step_by(2);
    // The characters of a handle are no route.
    let names: BTreeSet<String> = in_quotes
        .filter(|text| !text.starts_with('-'))
        .map(str::to_owned)
        .collect();
    assert!(names.len() >= 18, "route.rs is read wrongly: {names:?}");
    names
}

#[test]
fn every_page_has_its_rows_of_parity() {
    // JSON routes have theirs by their description.
    let rows = read("tests/suite/parity/rows/routes.rs");
    for name in PAGES.iter().filter(|name| **name != "openapi.json") {
        // The name is whole: `/auth/sites` is no row of `site`.
        let has_row = ["\"", "?"]
            .iter()
            .any(|end| rows.contains(&format!("\"/auth/{name}{end}")));
        assert!(has_row, "no row asks for /auth/{name}");
    }
}

#[test]
fn every_described_change_is_compared_with_its_replies() {
    // What can be got is compared by its description.
    let checks = read("tests/suite/scenarios/browser_clients/described.rs");
    for (path, item) in description()["paths"].as_object().unwrap() {
        let changes = ["post", "put", "patch", "delete"].iter();
        let is_change = changes.clone().any(|method| item.get(method).is_some());
        // Forwarded calls are answered by Atlassian.
        if is_change && !path.starts_with("/api/") {
            assert!(
                checks.contains(&format!("\"{path}\"")),
                "described.rs does not send to {path}"
            );
        }
    }
}

#[test]
fn every_json_route_is_described() {
    let described = description();
    let paths: Vec<&String> = described["paths"].as_object().unwrap().keys().collect();
    for name in names() {
        let path = format!("/{name}");
        let is_described = paths.iter().any(|one| match name.ends_with('/') {
            true => one.starts_with(&path),
            false => **one == path,
        });
        assert!(
            is_described || PAGES.contains(&name.as_str()),
            "openapi.json does not describe {path}"
        );
    }
}
