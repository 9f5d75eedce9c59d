//! Request targets and methods that are not quite a route.

use super::{FETCH, FLOW, HOST, PAGE, Row, row};

const TARGETS: [&str; 31] = [
    "/auth/%63allback?code={CODE}&state={STATE}",
    "/%61uth/me",
    "/auth%2fme",
    "/auth/me%2f",
    "/auth/me%00",
    "/auth/me;x=1",
    "/auth/me#fragment",
    "/auth//me",
    "//auth/me",
    "/auth/./me",
    "/auth/../auth/me",
    "/auth/me/",
    "/auth/ME",
    "/AUTH/me",
    "/auth/me?",
    "/auth/me??",
    "/auth/me?%ff=%zz",
    "/auth/login?return_to=%2Fa%00b",
    "/auth/login?return_to=/a&return_to=/b",
    "/auth/error?reason=%3Cscript%3E",
    "/auth/error?reason=refused&return_to=//evil.example",
    "/user/%2e%2e/%2e%2e",
    "//evil.example/%2f..",
    "/public?x=1%",
    "/auth\\me",
    "/auth/me|",
    "/auth/me?a=\"<>`{|}",
    "http://localhost:3000/auth/me",
    "http://evil.example/auth/me",
    "http://localhost:3000",
    "*",
];

/// Request targets that are not quite a route of ours.
pub(super) fn targets() -> Vec<Row> {
    let encoded = TARGETS.iter().flat_map(|target| {
        ["GET", "HEAD", "OPTIONS"].map(|method| {
            let line = format!("{method} {target}");
            row(format!("target {line}"), &line, &[HOST, PAGE, FLOW], "")
        })
    });
    let mut rows: Vec<Row> = encoded.collect();
    for byte in ['\u{80}', '\u{ff}', '\u{1}', '\u{7f}', '\t'] {
        for line in [
            format!("GET /auth/m{byte}"),
            format!("GET /auth/me?a={byte}"),
        ] {
            rows.push(row(
                format!("target byte {line:?}"),
                &line,
                &[HOST, PAGE],
                "",
            ));
        }
    }
    for (name, length) in [("9 KB", 9_000), ("60 KB", 60_000)] {
        let line = format!("GET /auth/login?return_to=/{}", "x".repeat(length));
        rows.push(row(format!("target of {name}"), &line, &[HOST, PAGE], ""));
    }
    for line in [
        "CONNECT /auth/me",
        "CONNECT localhost:3000",
        "get /auth/me",
        "GE\u{ff}T /auth/me",
        "G@T /auth/me",
    ] {
        rows.push(row(format!("method {line:?}"), line, &[HOST, FETCH], ""));
    }
    rows
}
