//! The corpora of malformed input, byte by byte.

use serde_json::Value;
use threelo_tests::malformed;

use super::{FETCH, FLOW, FORM, HOST, PAGE, Row, SESSION, row};

/// The corpora, in the order of their surfaces.
pub(super) fn corpora() -> Vec<Row> {
    let mut rows = Vec::new();
    for case in malformed("callback_query") {
        let line = format!("GET /auth/callback?{}", text(&case["input"]));
        rows.push(row(name(&case), &line, &[HOST, PAGE, FLOW], ""));
    }
    for case in malformed("callback_cookie") {
        let line = format!("GET /auth/callback?{}", text(&case["query"]));
        rows.push(with_cookies(&case, &line, PAGE));
    }
    for case in malformed("cookie_header") {
        rows.push(with_cookies(&case, "GET /user", FETCH));
    }
    for case in malformed("callback_request") {
        let whole = text(&case["input"]);
        let (line, fields) = whole.split_once(" HTTP/1.1").unwrap();
        let fields = [HOST, fields.trim_start(), FLOW];
        rows.push(row(name(&case), line, &fields, ""));
    }
    for case in malformed("origin_header") {
        rows.extend(from_origins(&case));
    }
    rows
}

fn with_cookies(case: &Value, line: &str, audience: &str) -> Row {
    let cookies = fields("cookie", &case["input"]);
    let all: Vec<&str> = [HOST, audience]
        .into_iter()
        .chain(cookies.iter().map(String::as_str))
        .collect();
    row(name(case), line, &all, "")
}

fn from_origins(case: &Value) -> [Row; 2] {
    let origins = fields("origin", &case["input"]);
    let all: Vec<&str> = [HOST, SESSION]
        .into_iter()
        .chain(origins.iter().map(String::as_str))
        .collect();
    let read = format!("{} read", name(case));
    [
        row(name(case), "POST /own-pages", &all, ""),
        row(read, "GET /auth/me", &all, ""),
    ]
}

fn name(case: &Value) -> String {
    format!("{} {}", text(&case["id"]), text(&case["note"]))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A header field for each text of the input.
fn fields(name: &str, input: &Value) -> Vec<String> {
    let texts = input.as_array().into_iter().flatten().map(text);
    texts.map(|text| format!("{name}: {text}")).collect()
}

/// The corpus of return targets, through a login and a logout.
pub(super) fn return_targets() -> Vec<Row> {
    let all = include_str!("../../../corpora/return_to_cases.json");
    let all: Vec<Value> = serde_json::from_str(all).unwrap();
    let mut rows = Vec::new();
    for case in all {
        let target: String =
            url::form_urlencoded::byte_serialize(text(&case["input"]).as_bytes()).collect();
        let line = format!("GET /auth/login?return_to={target}");
        rows.push(row(
            format!("login to {}", text(&case["id"])),
            &line,
            &[HOST, PAGE],
            "",
        ));
        let body = format!("return_to={target}");
        let length = format!("content-length: {}", body.len());
        let fields = [HOST, PAGE, FORM, &length];
        rows.push(row(
            format!("logout to {}", text(&case["id"])),
            "POST /auth/logout",
            &fields,
            &body,
        ));
    }
    rows
}
