//! Code in browsers, on other origins than the app's.

use bytes::Bytes;
use threelo::AuthBuilder;
use threelo::config::Forward;
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
const EVIL: &str = "https://evil.example";

fn open_to_browsers(builder: AuthBuilder) -> AuthBuilder {
    builder
        .same_site_origins([SPA])
        .cross_site_origins([OTHER, EXTENSION, CHROMIUMAPP])
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

/// What a script of a page sends, with what it adds.
async fn script(
    browser: &mut Browser,
    (origin, method, path): (&str, &str, &str),
    (more, body): (&[(&str, &str)], &str),
) -> Seen {
    let site = match origin {
        SPA => "same-site",
        _ => "cross-site",
    };
    let mut headers = vec![
        ("accept", "application/json"),
        ("origin", origin),
        ("sec-fetch-dest", "empty"),
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-site", site),
    ];
    headers.extend(more);
    if !body.is_empty() {
        headers.push(("content-type", "application/json"));
    }
    let body = Bytes::copy_from_slice(body.as_bytes());
    browser.send(method, path, &headers, body).await
}

/// A script's `GET`.
async fn get(browser: &mut Browser, origin: &str, path: &str) -> Seen {
    script(browser, (origin, "GET", path), (&[], "")).await
}

/// A script's `POST`, with the field that proves it.
async fn post(browser: &mut Browser, (origin, path): (&str, &str), body: &str) -> Seen {
    let proof = [("x-threelo", "1")];
    script(browser, (origin, "POST", path), (&proof, body)).await
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
