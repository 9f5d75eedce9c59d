//! Apps whose links and forms are sent by a script that stands in for the browser: Turbo, and htmx with `hx-boost`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::response::Html;
use axum::routing::get;
use threelo::{AccountId, Auth, Connect, Credentials, Environment, Subject};
use threelo_browser_tests::Chrome;
use threelo_sandbox::Sandbox;
use threelo_tower::{AuthLayer, ConnectLayer, Connections, MaybeUser};
use tokio::net::TcpListener;

const TURBO: &str = include_str!("../vendor/turbo.js");
const HTMX: &str = include_str!("../vendor/htmx.js");
/// Says whether the page was loaded by the browser since the mark was set.
const MARK: &str = "window.marked = true; return true;";

/// Serves an app's routes, the library, and nothing else.
async fn serve(listener: TcpListener, library: &'static str, app: Router) {
    let script = move || async move {
        let response = Response::builder().header("content-type", "text/javascript");
        response.body(Body::from(library)).unwrap()
    };
    let app = app
        .route("/library.js", get(script))
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT));
    tokio::spawn(async move { axum::serve(listener, app).await });
}

fn page(body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html><head><title>app</title><script src=/library.js></script></head>\
         <body hx-boost=true>{body}</body></html>"
    ))
}

async fn bound() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    (listener, url)
}

fn form(action: &str, fields: &str, button: &str) -> String {
    format!("<form method=post action={action}>{fields}<button>{button}</button></form>")
}

/// An app that signs people in.
async fn sign_in_app(sandbox: &Sandbox, library: &'static str) -> String {
    let (listener, url) = bound().await;
    let credentials = Credentials::new(sandbox.client_id(), sandbox.client_secret());
    let auth = Auth::builder(credentials, &url)
        .environment(Environment::custom(sandbox.url(), sandbox.url()))
        .scopes(["read:jira-work"])
        .build()
        .unwrap();
    let home = async |user: MaybeUser| match user.as_ref() {
        Some(user) => page(&format!(
            "<p>Signed in as {}</p>{}",
            user.name(),
            form("/auth/logout", "", "Sign out")
        )),
        None => page("<p>A stranger</p><a href=/auth/login?return_to=%2F>Sign in</a>"),
    };
    let app = Router::new().route("/", get(home));
    serve(listener, library, app.layer(AuthLayer::new(auth))).await;
    url
}

/// An app whose one user connects accounts.
async fn connect_app(sandbox: &Sandbox, library: &'static str) -> String {
    let (listener, url) = bound().await;
    let credentials = Credentials::new(sandbox.client_id(), sandbox.client_secret());
    let connect = Connect::builder(credentials, &url)
        .environment(Environment::custom(sandbox.url(), sandbox.url()))
        .scopes(["read:jira-work"])
        .app_login("/")
        .build()
        .unwrap();
    let home = async |connections: Connections| {
        let account = connections.iter().next().map(|one| {
            let id: &AccountId = one.account_id();
            let field = format!("<input type=hidden name=account value='{id}'>");
            let end = form("/auth/disconnect", &field, "Disconnect it");
            format!("<p>Connected to {}</p>{end}", one.name())
        });
        let account = account.unwrap_or_else(|| "<p>Nothing is connected</p>".to_owned());
        let connect = form("/auth/connect", "", "Connect it");
        page(&format!("{account}{connect}"))
    };
    let resolver = |_: &axum::http::request::Parts| async { Ok(Some(Subject::parse("edward")?)) };
    let app = Router::new().route("/", get(home));
    serve(
        listener,
        library,
        app.layer(ConnectLayer::new(connect, resolver)),
    )
    .await;
    url
}

#[tokio::test]
async fn a_login_and_a_sign_out_work_where_a_script_sends_them() {
    for library in [TURBO, HTMX] {
        let sandbox = Sandbox::builder().start().await.unwrap();
        let url = sign_in_app(&sandbox, library).await;
        let chrome = Chrome::start().await;
        chrome.open(&url).await;

        chrome.press("Sign in").await;
        chrome.press("Edward Byrne").await;
        chrome.press("Accept").await;
        chrome.sees("Signed in as Edward Byrne").await;
        chrome.script(MARK).await;
        chrome.press("Sign out").await;

        chrome.sees("A stranger").await;
        if library == TURBO {
            let kept = chrome.script("return window.marked === true").await;
            assert_eq!(kept, true, "Turbo has sent the form, not the browser");
        }
        chrome.quit().await;
    }
}

#[tokio::test]
async fn an_account_is_connected_and_disconnected_where_a_script_sends_the_form() {
    for library in [TURBO, HTMX] {
        let sandbox = Sandbox::builder().start().await.unwrap();
        let url = connect_app(&sandbox, library).await;
        let chrome = Chrome::start().await;
        chrome.open(&url).await;
        chrome.sees("Nothing is connected").await;

        chrome.press("Connect it").await;
        chrome.press("Edward Byrne").await;
        chrome.press("Accept").await;
        chrome.sees("Account connected").await;

        chrome.open(&url).await;
        chrome.sees("Connected to Edward Byrne").await;
        chrome.press("Disconnect it").await;
        chrome.sees("is not connected with this app any more").await;
        chrome.open(&url).await;
        chrome.sees("Nothing is connected").await;
        chrome.quit().await;
    }
}
