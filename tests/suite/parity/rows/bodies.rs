//! Bodies too long, cut, chunked, and with proof or without.

use super::{FETCH, FORM, HOST, PAGE, Row, SESSION, row};

const PATHS: [&str; 4] = ["/auth/logout", "/auth/site", "/auth/me", "/own-pages"];
const OWN: &str = "origin: http://localhost:3000";
const CHUNKED: &str = "transfer-encoding: chunked";

/// Bodies of every kind, sent to routes that read one and to routes that do not.
pub(super) fn bodies() -> Vec<Row> {
    let mut rows = Vec::new();
    for path in PATHS {
        for (audience, headers) in [("page", PAGE), ("fetch", FETCH)] {
            rows.extend(with_a_length(path, audience, headers));
            rows.extend(in_chunks(path, audience, headers));
            rows.extend(with_two_lengths(path, audience, headers));
        }
        rows.extend(from_origins(path));
    }
    rows
}

fn post(name: &str, path: &str, headers: &[&str], body: &str) -> Row {
    let all: Vec<&str> = [HOST, SESSION].iter().chain(headers).copied().collect();
    row(format!("body {name}"), &format!("POST {path}"), &all, body)
}

fn of(length: usize) -> String {
    format!("content-length: {length}")
}

fn with_a_length(path: &str, audience: &str, headers: &str) -> Vec<Row> {
    let long = "a".repeat(5000);
    let bodies = [
        ("short", 11, "return_to=/"),
        ("empty", 0, ""),
        ("cut", 11, "site="),
        ("long", 5000, &*long),
        ("no text", 6, "site=\u{ff}"),
    ];
    let rows = bodies.map(|(name, length, body)| {
        let name = format!("{name} {path} {audience}");
        let mut row = post(&name, path, &[headers, FORM, &of(length)], body);
        row.is_cut = body.len() < length;
        row
    });
    rows.into()
}

fn in_chunks(path: &str, audience: &str, headers: &str) -> Vec<Row> {
    let long = format!("1388\r\n{}\r\n0\r\n\r\n", "a".repeat(5000));
    let bodies = [
        ("zz\r\n", "bad"),
        ("3\r\nsit\r\n2\r\ne=\r\n0\r\n\r\n", "good"),
        (&*long, "long"),
    ];
    let rows = bodies.map(|(body, kind)| {
        let name = format!("in {kind} chunks {path} {audience}");
        post(&name, path, &[headers, FORM, CHUNKED], body)
    });
    rows.into()
}

fn with_two_lengths(path: &str, audience: &str, headers: &str) -> [Row; 2] {
    let twice = format!("two lengths {path} {audience}");
    let both = format!("length and chunks {path} {audience}");
    let (three, four) = (of(3), of(4));
    [
        post(&twice, path, &[headers, FORM, &three, &four], "a=b&"),
        post(&both, path, &[headers, FORM, &three, CHUNKED], "0\r\n\r\n"),
    ]
}

fn from_origins(path: &str) -> Vec<Row> {
    let fields = [
        &["accept: text/html"][..],
        &["origin: https://evil.example"],
        &["origin: null"],
        &[OWN],
        &[OWN, "origin: null"],
    ];
    let rows = fields.map(|origins| {
        let name = format!("from {} {path}", origins.join(" and "));
        let fields: Vec<&str> = origins
            .iter()
            .copied()
            .chain(["content-length: 0"])
            .collect();
        post(&name, path, &fields, "")
    });
    rows.into()
}
