//! Code in browsers, on other origins than the app's.

use super::{HOST, Row, SESSION, row};

const ORIGINS: [(&str, &str); 7] = [
    ("none", ""),
    ("own", "origin: http://localhost:3000"),
    ("same site", "origin: http://localhost:5173"),
    ("another site", "origin: http://127.0.0.1:5173"),
    ("foreign", "origin: https://evil.example"),
    ("null", "origin: null"),
    (
        "twice",
        "origin: http://localhost:5173\r\norigin: http://localhost:5173",
    ),
];
const ASKED: [(&str, &str, &str); 9] = [
    ("GET", "/auth/me", ""),
    ("GET", "/auth/sites", ""),
    ("POST", "/auth/site", "site=x"),
    ("POST", "/auth/logout", ""),
    ("POST", "/auth/token", ""),
    ("POST", "/auth/redeem", "ticket=x&verifier=y"),
    (
        "POST",
        "/auth/api/jira/11111111-aaaa-4aaa-8aaa-111111111111/rest/api/3/issue/",
        "{}",
    ),
    ("POST", "/own-pages", ""),
    ("GET", "/user", ""),
];
const SCRIPT: &str = "accept: application/json\r\nsec-fetch-mode: cors\r\nsec-fetch-dest: empty";
const PREFLIGHT: &str = "access-control-request-method: POST\r\naccess-control-request-headers: x-threelo\r\n\
                         access-control-request-private-network: true";
const WAYS: [(&str, &str); 5] = [
    ("script", SCRIPT),
    (
        "sibling",
        "sec-fetch-site: same-site\r\nsec-fetch-mode: cors\r\nsec-fetch-dest: empty",
    ),
    (
        "no-cors",
        "sec-fetch-site: cross-site\r\nsec-fetch-mode: no-cors",
    ),
    (
        "proof",
        "x-threelo: 1\r\nsec-fetch-mode: cors\r\nsec-fetch-dest: empty",
    ),
    (
        "bearer",
        "authorization: Bearer threelo_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ),
];

/// Code in browsers on other origins: every way to ask, of every origin.
pub(super) fn browsers() -> Vec<Row> {
    let mut rows = Vec::new();
    for (method, path, body) in ASKED {
        for (origin, field) in ORIGINS {
            let length = format!(
                "content-length: {}\r\ncontent-type: application/x-www-form-urlencoded",
                body.len()
            );
            for (what, more) in WAYS {
                let name = format!("browser {method} {path} {origin} {what}");
                let headers = [HOST, field, more, SESSION, &length];
                rows.push(row(name, &format!("{method} {path}"), &headers, body));
            }
            if path.starts_with("/auth/") {
                let name = format!("preflight {path} {origin}");
                rows.push(row(
                    name,
                    &format!("OPTIONS {path}"),
                    &[HOST, field, PREFLIGHT],
                    "",
                ));
            }
        }
    }
    rows
}
