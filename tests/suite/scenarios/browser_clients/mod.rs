//! Code in browsers, on other origins than the app's.

use bytes::Bytes;
use threelo::AuthBuilder;
use threelo::Forward;
use threelo_tests::Seen;

use super::{Browser, World};

mod connecting;
mod cors;
mod csrf;
mod described;
mod forward;
mod popups;
mod tickets;
mod tokens;

/// Of the same site as the app, `http://localhost:3000`.
const SPA: &str = "http://localhost:5173";
/// Of another site.
const OTHER: &str = "http://127.0.0.1:5173";
const EXTENSION: &str = "chrome-extension://abcdefghijklmnopabcdefghijklmnop";
/// Where Chrome gives the extension the end of a login.
const CHROMIUMAPP: &str = "https://abcdefghijklmnopabcdefghijklmnop.chromiumapp.org";
/// A registered page of `OTHER`.
const BOARD: &str = "http://127.0.0.1:5173/board";
/// A registered page of the extension.
const LANDING: &str = "https://abcdefghijklmnopabcdefghijklmnop.chromiumapp.org/board";
const EVIL: &str = "https://evil.example";

fn open_to_browsers(builder: AuthBuilder) -> AuthBuilder {
    builder
        .same_site_origins([SPA])
        .cross_site_origins([OTHER, EXTENSION, CHROMIUMAPP])
        .handoff_pages(["http://127.0.0.1:5173/", BOARD, LANDING])
        .access_tokens()
        .bearer_sessions()
        .forward([
            Forward::to("jira", "/rest/api/3/"),
            Forward::to("jira", "/rest/api/3/issue/").methods(["GET", "POST"]),
        ])
}

async fn world() -> World {
    World::with(open_to_browsers).await
}

/// What a script of a page sends.
#[derive(Clone, Copy)]
struct Script<'a> {
    origin: &'a str,
    method: &'a str,
    path: &'a str,
    fields: &'a [(&'a str, &'a str)],
    body: &'a str,
}

impl<'a> Script<'a> {
    /// A request without fields of its own and without a body.
    fn new(origin: &'a str, method: &'a str, path: &'a str) -> Self {
        Self {
            origin,
            method,
            path,
            fields: &[],
            body: "",
        }
    }

    fn fields(self, fields: &'a [(&'a str, &'a str)]) -> Self {
        Self { fields, ..self }
    }

    fn body(self, body: &'a str) -> Self {
        Self { body, ..self }
    }

    async fn send(self, browser: &mut Browser) -> Seen {
        let site = match self.origin {
            SPA => "same-site",
            _ => "cross-site",
        };
        let mut headers = vec![
            ("accept", "application/json"),
            ("origin", self.origin),
            ("sec-fetch-dest", "empty"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-site", site),
        ];
        headers.extend(self.fields);
        if !self.body.is_empty() {
            headers.push(("content-type", "application/json"));
        }
        let body = Bytes::copy_from_slice(self.body.as_bytes());
        browser.send(self.method, self.path, &headers, body).await
    }
}

/// A script's `GET`.
async fn get(browser: &mut Browser, origin: &str, path: &str) -> Seen {
    Script::new(origin, "GET", path).send(browser).await
}

/// A script's `POST`, with the field that proves it.
async fn post(browser: &mut Browser, origin: &str, path: &str, body: &str) -> Seen {
    let proof = [("x-threelo", "1")];
    let script = Script::new(origin, "POST", path);
    script.fields(&proof).body(body).send(browser).await
}

/// Whether the browser lets the script read the answer.
fn is_readable(seen: &Seen, origin: &str) -> bool {
    let fields = seen.response.headers();
    let allowed: Vec<_> = fields
        .get_all("access-control-allow-origin")
        .iter()
        .collect();
    let varies = seen.header("vary").contains("Origin");
    assert!(varies, "vary: {}", seen.header("vary"));
    allowed == [origin] && seen.header("access-control-allow-credentials") == "true"
}
