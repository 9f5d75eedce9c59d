//! An app whose pages have a service worker that passes everything on.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::response::Html;
use axum::routing::get;
use threelo::{Auth, Credentials, Environment};
use threelo_browser_tests::{Chrome, Pages};
use threelo_sandbox::Sandbox;
use threelo_tower::{AuthLayer, MaybeUser};

const WORKER: &str = "addEventListener('install', () => skipWaiting());\
    addEventListener('activate', (event) => event.waitUntil(clients.claim()));\
    addEventListener('fetch', (event) => event.respondWith(fetch(event.request)));";
const PAGE: &str = "<!doctype html><title>app</title><a id=login href=/auth/login?return_to=%2F>Sign in</a>\
    <iframe id=frame></iframe><script>navigator.serviceWorker.register('/worker.js');</script>";
/// The worker answers for this page.
const CONTROLLED: &str = "await navigator.serviceWorker.ready; \
    while (!navigator.serviceWorker.controller) await new Promise((go) => setTimeout(go, 20)); return true;";

fn script() -> Response<Body> {
    let response = Response::builder().header("content-type", "text/javascript");
    response.body(Body::from(WORKER)).unwrap()
}

/// What a server sees: the mode stays, the destination is lost, and a frame looks like a window.
#[tokio::test]
async fn a_worker_passes_navigations_on_with_their_mode_and_an_empty_destination() {
    let pages = Pages::serve(|target, _| match target {
        "/worker.js" => script(),
        _ => {
            let response = Response::builder().header("content-type", "text/html");
            response.body(Body::from(PAGE)).unwrap()
        }
    })
    .await;
    let chrome = Chrome::start().await;
    chrome.open(&pages.on("localhost", "/")).await;
    assert_eq!(chrome.promise(CONTROLLED).await, true);

    chrome.open(&pages.on("localhost", "/window")).await;
    let frame = "document.querySelector('#frame').src = '/frame'; return true;";
    chrome.script(frame).await;

    for line in ["GET /window", "GET /frame"] {
        let mut seen = pages.last(line);
        while seen.is_none() {
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
            seen = pages.last(line);
        }
        let seen = seen.unwrap();
        let said = ["sec-fetch-mode", "sec-fetch-dest"].map(|name| seen.header(name));
        assert_eq!(said, ["navigate", "empty"], "{line}");
    }
    chrome.quit().await;
}

/// Builds the app around a sandbox and serves it.
async fn serve(sandbox: &Sandbox) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let credentials = Credentials::new(sandbox.client_id(), sandbox.client_secret());
    let auth = Auth::builder(credentials, &url)
        .environment(Environment::custom(sandbox.url(), sandbox.url()))
        .scopes(["read:jira-work"])
        .build()
        .unwrap();
    let home = async |user: MaybeUser| match user.as_ref() {
        Some(user) => Html(format!(
            "<!doctype html><p>Signed in as {}</p>",
            user.name()
        )),
        None => Html(PAGE.to_owned()),
    };
    let app = Router::new()
        .route("/", get(home))
        .route("/worker.js", get(async || script()))
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
        .layer(AuthLayer::new(auth));
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

#[tokio::test]
async fn a_login_goes_through_a_worker_and_comes_back_through_it() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let url = serve(&sandbox).await;
    let chrome = Chrome::start().await;
    chrome.open(&url).await;
    assert_eq!(chrome.promise(CONTROLLED).await, true);

    chrome.click("#login").await;
    chrome.sees("Log in as one of these people").await;
    chrome.press("Edward Byrne").await;
    chrome.press("Accept").await;

    chrome.sees("Signed in as Edward Byrne").await;
    assert_eq!(chrome.errors().await, Vec::<String>::new());
    chrome.quit().await;
}
