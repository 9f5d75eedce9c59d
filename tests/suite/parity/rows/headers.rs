//! Header fields, and what the host may be.

use super::{HOST, PAGE, Row, row};

const FIELDS: [&[&str]; 27] = [
    &["accept: application/json", "accept: text/html"],
    &["accept: text/html", "accept: application/json"],
    &["accept: TEXT/HTML"],
    &["accept: \u{ff}"],
    &["sec-fetch-mode: navigate", "sec-fetch-mode: cors"],
    &["sec-fetch-site: same-origin", "sec-fetch-site: cross-site"],
    &["sec-fetch-site: cross-site", "sec-fetch-site: same-origin"],
    &["sec-fetch-site: cross-site", "sec-fetch-mode: no-cors"],
    &["sec-purpose: prefetch", "sec-fetch-mode: navigate"],
    &["hx-request: true", "hx-current-url: \u{ff}"],
    &["hx-request: true", "hx-current-url: http://evil.example/x"],
    &["hx-request: true", "hx-request: false"],
    &["x-threelo-site: \u{ff}"],
    &["x-threelo-site: Borealis Lab", "x-threelo-site: x"],
    &[
        "cookie: threelo-session-3000={SID}",
        "cookie: threelo-session-3000={SID}",
    ],
    &["cookie: threelo-session-3000={SID}; threelo-session-3000={SID:flip}"],
    &["cookie: a=\u{ff}; threelo-session-3000={SID}"],
    &["cookie: threelo-session-3000=\u{ff}"],
    &["cookie: threelo-session-3000={SID}\u{a0}"],
    &["Cookie: threelo-session-3000={SID}", "COOKIE: b=c"],
    &[
        "forwarded: host=evil.example;proto=https",
        "x-forwarded-host: evil.example",
    ],
    &["x-http-method-override: POST"],
    &["authorization: Bearer \u{ff}"],
    &["accept-encoding: gzip, br"],
    &["if-none-match: *"],
    &["range: bytes=0-1"],
    &["upgrade: websocket", "sec-websocket-version: 13"],
];
const PATHS: [&str; 5] = [
    "/auth/me",
    "/auth/login",
    "/auth/sites",
    "/user",
    "/site-only",
];

/// Header fields that come twice, or not as text, or that impersonate another client.
pub(super) fn headers() -> Vec<Row> {
    let mut rows = Vec::new();
    for fields in FIELDS {
        for path in PATHS {
            let all: Vec<&str> = [HOST].iter().chain(fields).copied().collect();
            let name = format!("headers {path} {}", fields.join(" | "));
            rows.push(row(name, &format!("GET {path}"), &all, ""));
        }
    }
    for (name, host) in [
        ("none", ""),
        ("of another", "host: evil.example"),
        ("by number", "host: 127.0.0.1:3000"),
        ("empty", "host:"),
        ("with a space", "host: a b"),
        (
            "twice",
            "host: localhost:3000
host: x",
        ),
    ] {
        let fields = [host, PAGE];
        rows.push(row(
            format!("host {name}"),
            "GET /auth/login?return_to=/user",
            &fields,
            "",
        ));
    }
    rows
}
