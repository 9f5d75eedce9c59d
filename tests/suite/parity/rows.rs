//! The table of raw requests.

use serde_json::Value;
use threelo_tests::{App, Scene, malformed};

/// A request, with the corpus' placeholders in it.
pub(super) struct Row {
    /// What it is called.
    pub(super) name: String,
    /// The bytes; each is a character, so that any byte can stand here.
    request: String,
    /// Whether it may change what later rows meet.
    pub(super) changes: bool,
    /// Whether its body ends too early.
    pub(super) is_cut: bool,
    /// Whether its effects hang on what is random: a session's name in small letters may or may not be one.
    pub(super) is_by_chance: bool,
}

impl Row {
    /// The bytes to send.
    pub(super) fn fill<A: App>(&self, scene: &Scene<A>) -> Option<Vec<u8>> {
        let filled = scene.rename(&scene.fill(&self.request)?);
        Some(filled.chars().map(|character| character as u8).collect())
    }
}

const HOST: &str = "host: localhost:3000";
const PAGE: &str = "accept: text/html\r\nsec-fetch-mode: navigate\r\nsec-fetch-dest: document\r\n\
                    sec-fetch-user: ?1\r\nsec-fetch-site: same-origin";
const FETCH: &str =
    "accept: application/json\r\nsec-fetch-mode: cors\r\nsec-fetch-site: same-origin";
const HTMX: &str =
    "hx-request: true\r\nhx-current-url: http://localhost:3000/list\r\nsec-fetch-site: same-origin";
const FORM: &str =
    "content-type: application/x-www-form-urlencoded\r\norigin: http://localhost:3000";
const SESSION: &str = "cookie: threelo-session={SID}";
const FLOW: &str = "cookie: __Host-flow={FLOW}";

/// One request; empty header lines are left out.
fn row(name: impl Into<String>, line: &str, headers: &[&str], body: &str) -> Row {
    let mut request = format!("{line} HTTP/1.1\r\n");
    for header in headers.iter().filter(|header| !header.is_empty()) {
        request.push_str(header);
        request.push_str("\r\n");
    }
    request.push_str(&format!("connection: close\r\n\r\n{body}"));
    let is_safe = ["GET", "HEAD", "OPTIONS"]
        .iter()
        .any(|method| line.starts_with(method));
    Row {
        name: name.into(),
        changes: !is_safe || request.contains("{STATE}") || request.contains("{CODE}"),
        is_cut: false,
        is_by_chance: request.contains(":lower}"),
        request,
    }
}

pub(super) fn all_rows() -> Vec<Row> {
    let mut rows = routes_by_method();
    rows.extend(targets());
    rows.extend(headers());
    rows.extend(browsers());
    rows.extend(bodies());
    rows.extend(corpora());
    rows.extend(return_targets());
    rows
}

/// Every route by every method, for every audience, for strangers and for who is signed in.
fn routes_by_method() -> Vec<Row> {
    const ROUTES: [&str; 23] = [
        "/auth/login?return_to=%2Fuser",
        "/auth/callback",
        "/auth/callback?error=access_denied&state={STATE}",
        "/auth/logout",
        "/auth/me",
        "/auth/sites",
        "/auth/site",
        "/auth/sessions",
        "/auth/sessions/AAAAAAAAAAAAAAAA",
        "/auth/error?reason=cancelled",
        "/auth/disconnect",
        "/auth/connect",
        "/auth/connections",
        "/auth/token",
        "/auth/redeem",
        "/auth/done",
        "/auth/popup.js",
        "/auth/openapi.json",
        "/auth/api/jira/11111111-aaaa-4aaa-8aaa-111111111111/rest/api/3/search/jql?jql=project%3DAD",
        "/auth/api/jira/../me",
        "/auth/nothing",
        "/auth",
        "/auth/",
    ];
    const APPS: [&str; 3] = ["/public", "/user?week=7", "/site-only"];
    const OTHERS: [&str; 8] = [
        "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW",
    ];
    let mut rows = Vec::new();
    for route in ROUTES.into_iter().chain(APPS) {
        for (audience, headers) in [
            ("page", PAGE),
            ("fetch", FETCH),
            ("htmx", HTMX),
            ("nobody", ""),
        ] {
            for (who, cookie) in [("stranger", ""), ("user", SESSION), ("flow", FLOW)] {
                let name = format!("GET {route} {audience} {who}");
                rows.push(row(
                    name,
                    &format!("GET {route}"),
                    &[HOST, headers, cookie],
                    "",
                ));
            }
        }
        // The other methods of the app's own routes are the framework's business.
        for method in OTHERS.into_iter().filter(|_| !APPS.contains(&route)) {
            let name = format!("{method} {route}");
            rows.push(row(
                name,
                &format!("{method} {route}"),
                &[HOST, FETCH, SESSION],
                "",
            ));
        }
    }
    rows
}

/// Code in browsers on other origins: every way to ask, of every origin.
fn browsers() -> Vec<Row> {
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
    const SCRIPT: &str =
        "accept: application/json\r\nsec-fetch-mode: cors\r\nsec-fetch-dest: empty";
    const PREFLIGHT: &str = "access-control-request-method: POST\r\naccess-control-request-headers: x-threelo\r\n\
                             access-control-request-private-network: true";
    let mut rows = Vec::new();
    for (method, path, body) in ASKED {
        for (origin, field) in ORIGINS {
            let length = format!(
                "content-length: {}\r\ncontent-type: application/x-www-form-urlencoded",
                body.len()
            );
            for (what, more) in [
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
            ] {
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

/// Request targets that are not quite a route of ours.
fn targets() -> Vec<Row> {
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

/// Header fields that come twice, or not as text, or that claim to be somebody else.
fn headers() -> Vec<Row> {
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
            "cookie: threelo-session={SID}",
            "cookie: threelo-session={SID}",
        ],
        &["cookie: threelo-session={SID}; threelo-session={SID:flip}"],
        &["cookie: a=\u{ff}; threelo-session={SID}"],
        &["cookie: threelo-session=\u{ff}"],
        &["cookie: threelo-session={SID}\u{a0}"],
        &["Cookie: threelo-session={SID}", "COOKIE: b=c"],
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

/// Bodies too long, cut, chunked, and with proof or without.
fn bodies() -> Vec<Row> {
    let of = |length: usize| format!("content-length: {length}");
    let post = |name: &str, path: &str, headers: &[&str], body: &str| {
        let all: Vec<&str> = [HOST, SESSION].iter().chain(headers).copied().collect();
        row(format!("body {name}"), &format!("POST {path}"), &all, body)
    };
    let long = "a".repeat(5000);
    let chunked = "transfer-encoding: chunked";
    let chunks = format!("1388\r\n{long}\r\n0\r\n\r\n");
    let mut rows = Vec::new();
    for path in ["/auth/logout", "/auth/site", "/auth/me", "/own-pages"] {
        for (audience, headers) in [("page", PAGE), ("fetch", FETCH)] {
            for (name, length, body) in [
                ("short", 11, "return_to=/"),
                ("empty", 0, ""),
                ("cut", 11, "site="),
                ("long", 5000, &*long),
                ("no text", 6, "site=\u{ff}"),
            ] {
                let name = format!("{name} {path} {audience}");
                let mut row = post(&name, path, &[headers, FORM, &of(length)], body);
                row.is_cut = body.len() < length;
                rows.push(row);
            }
            let in_chunks = [
                ("zz\r\n", "bad"),
                ("3\r\nsit\r\n2\r\ne=\r\n0\r\n\r\n", "good"),
                (&*chunks, "long"),
            ];
            for (body, kind) in in_chunks {
                let name = format!("in {kind} chunks {path} {audience}");
                rows.push(post(&name, path, &[headers, FORM, chunked], body));
            }
            let name = format!("two lengths {path} {audience}");
            rows.push(post(&name, path, &[headers, FORM, &of(3), &of(4)], "a=b&"));
            let name = format!("length and chunks {path} {audience}");
            rows.push(post(
                &name,
                path,
                &[headers, FORM, &of(3), chunked],
                "0\r\n\r\n",
            ));
        }
        const OWN: &str = "origin: http://localhost:3000";
        for origins in [
            &["accept: text/html"][..],
            &["origin: https://evil.example"],
            &["origin: null"],
            &[OWN],
            &[OWN, "origin: null"],
        ] {
            let name = format!("from {} {path}", origins.join(" and "));
            let fields: Vec<&str> = origins
                .iter()
                .copied()
                .chain(["content-length: 0"])
                .collect();
            rows.push(post(&name, path, &fields, ""));
        }
    }
    rows
}

/// The corpora, byte by byte.
fn corpora() -> Vec<Row> {
    let mut rows = Vec::new();
    for case in malformed("callback_query") {
        let line = format!("GET /auth/callback?{}", text(&case["input"]));
        rows.push(row(name(&case), &line, &[HOST, PAGE, FLOW], ""));
    }
    for case in malformed("callback_cookie") {
        let cookies = cookies(&case["input"]);
        let cookies: Vec<&str> = [HOST, PAGE]
            .into_iter()
            .chain(cookies.iter().map(|c| &**c))
            .collect();
        let line = format!("GET /auth/callback?{}", text(&case["query"]));
        rows.push(row(name(&case), &line, &cookies, ""));
    }
    for case in malformed("cookie_header") {
        let cookies = cookies(&case["input"]);
        let cookies: Vec<&str> = [HOST, FETCH]
            .into_iter()
            .chain(cookies.iter().map(|c| &**c))
            .collect();
        rows.push(row(name(&case), "GET /user", &cookies, ""));
    }
    for case in malformed("callback_request") {
        let whole = text(&case["input"]);
        let (line, fields) = whole.split_once(" HTTP/1.1").unwrap();
        rows.push(row(
            name(&case),
            line,
            &[HOST, fields.trim_start(), FLOW],
            "",
        ));
    }
    for case in malformed("origin_header") {
        let origins: Vec<String> = each(&case["input"])
            .map(|origin| format!("origin: {origin}"))
            .collect();
        let fields: Vec<&str> = [HOST, SESSION]
            .into_iter()
            .chain(origins.iter().map(|o| &**o))
            .collect();
        rows.push(row(name(&case), "POST /own-pages", &fields, ""));
        rows.push(row(
            format!("{} read", name(&case)),
            "GET /auth/me",
            &fields,
            "",
        ));
    }
    rows
}

fn name(case: &Value) -> String {
    format!("{} {}", text(&case["id"]), text(&case["note"]))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn each(value: &Value) -> impl Iterator<Item = String> {
    value.as_array().into_iter().flatten().map(text)
}

fn cookies(input: &Value) -> Vec<String> {
    each(input)
        .map(|cookie| format!("cookie: {cookie}"))
        .collect()
}

/// The corpus of return targets, through a login and a logout.
fn return_targets() -> Vec<Row> {
    let all = include_str!("../../corpora/return_to_cases.json");
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
