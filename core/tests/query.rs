//! The query reader against the callback rows of the corpus.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use serde_json::Value;
use threelo::internals::query::Param;
use threelo::internals::query::Query;

const CASES: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/corpora/malformed_cases.json"
));
const STATE: &str = "State0cDeFgHiJkLmNoPqRsTuVwXyZ-_0123456789A";
const CODE: &str = "code.of-the-provider";
const ISSUER: &str = "https://auth.atlassian.com";

fn rows() -> Vec<Value> {
    let mut rows: Vec<Value> = serde_json::from_str(CASES).unwrap();
    rows.retain(|row| row["surface"] == "callback_query");
    assert!(rows.len() > 40);
    rows
}

fn parse(row: &Value) -> Option<Query> {
    let raw = row["input"]
        .as_str()
        .unwrap()
        .replace("{CODE}", CODE)
        .replace("{STATE}", STATE)
        .replace("{STATE:-1}", &STATE[..42])
        .replace("{STATE:flip}", &format!("x{}", &STATE[1..]))
        .replace("{SID}", &"B".repeat(43));
    assert!(!raw.contains("{S"), "{} is filled in", row["id"]);
    Query::parse(raw.as_bytes()).ok()
}

fn is_blank(param: &Param<'_>) -> bool {
    matches!(param, Param::One(value) if value.trim().is_empty())
}

/// An answer to a flow of ours that may be believed far enough to end the flow.
fn ends_flow(query: &Query) -> bool {
    let is_repeated = |name| matches!(query.param(name), Param::Repeated);
    let code = query.param("code");
    let has_code = !matches!(code, Param::Absent) && !is_blank(&code);
    let has_error = !matches!(query.param("error"), Param::Absent);
    query.one("state") == Some(STATE)
        && (has_code || has_error)
        && !["code", "state", "iss", "error"]
            .into_iter()
            .any(is_repeated)
}

/// An answer whose code would be exchanged.
fn is_exchanged(query: &Query) -> bool {
    let is_code = |code: &str| {
        (1..=4096).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let is_ours = match query.param("iss") {
        Param::Absent => true,
        Param::One(issuer) => issuer == ISSUER,
        Param::Repeated | Param::Malformed => false,
    };
    ends_flow(query) && is_ours && query.one("code").is_some_and(is_code)
}

#[test]
fn the_reader_tells_apart_what_the_callback_must_tell_apart() {
    for row in rows() {
        let query = parse(&row);

        let exchanged = query.as_ref().is_some_and(is_exchanged);
        let ends_flow = query.as_ref().is_some_and(ends_flow);

        let expect = &row["expect"];
        let note = format!("{} {}", row["id"], row["note"]);
        assert_eq!(exchanged, expect["token_requests"] == 1, "{note}");
        assert_eq!(ends_flow, expect["flow"] == "consumed", "{note}");
    }
}

#[test]
fn only_the_two_oversized_rows_are_too_large() {
    let too_large: Vec<String> = rows()
        .iter()
        .filter(|row| parse(row).is_none())
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();

    assert_eq!(too_large, ["M091", "M092"]);
}

#[test]
fn repeated_and_malformed_parameters_are_named_as_such() {
    let of = |id: &str| parse(rows().iter().find(|row| row["id"] == id).unwrap()).unwrap();

    for id in ["M026", "M033"] {
        assert_eq!(of(id).param("code"), Param::Repeated, "{id}");
    }
    for id in ["M028", "M029"] {
        assert_eq!(of(id).param("state"), Param::Repeated, "{id}");
    }
    for id in ["M051", "M053", "M054"] {
        assert_eq!(of(id).param("state"), Param::Malformed, "{id}");
    }
    for id in ["M016", "M022", "M023", "M024"] {
        assert_eq!(of(id).param("code"), Param::Absent, "{id}");
    }
}
