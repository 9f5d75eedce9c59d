//! The table of raw requests.

mod bodies;
mod browsers;
mod corpora;
mod headers;
mod routes;
mod targets;

use threelo_tests::{App, Scene};

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
    /// Whether its effects depend on what is random: a session's name in small letters may or may not be one.
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
const SESSION: &str = "cookie: threelo-session-3000={SID}";
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

/// The whole table.
pub(super) fn all_rows() -> Vec<Row> {
    let mut rows = routes::routes_by_method();
    rows.extend(targets::targets());
    rows.extend(headers::headers());
    rows.extend(browsers::browsers());
    rows.extend(bodies::bodies());
    rows.extend(corpora::corpora());
    rows.extend(corpora::return_targets());
    rows
}
