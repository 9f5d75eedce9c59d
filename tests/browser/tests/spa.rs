//! A single-page app, as its users see it: on the same site as the app, on another, and on a foreign one.

#![allow(clippy::unwrap_used, reason = "tests")]

use axum::body::Body;
use axum::http::Response;
use threelo_browser_tests::{Album, Chrome, Pages, QuickStart};
use threelo_sandbox::{Endpoint, Fault, Sandbox};

const HOUR: std::time::Duration = std::time::Duration::from_secs(3601);

async fn sandbox() -> Sandbox {
    Sandbox::builder().start().await.unwrap()
}

/// Says who they are, at Atlassian.
async fn consent(chrome: &Chrome, person: &str) {
    chrome.sees("Log in as one of these people").await;
    chrome.press(person).await;
    chrome.press("Accept").await;
}

async fn choose(chrome: &Chrome, site: &str) {
    let script = format!(
        "const choice = document.getElementById('site'); \
         choice.value = [...choice.options].find((option) => option.text === '{site}').value; \
         choice.dispatchEvent(new Event('change'));"
    );
    chrome.script(&script).await;
    let chosen = "return document.getElementById('site').selectedOptions[0].text";
    assert_eq!(chrome.script(chosen).await, site);
}

/// Works with issues in both ways.
async fn work(chrome: &Chrome) {
    chrome.sees("Signed in as Mia Krystof").await;
    choose(chrome, "Borealis Lab").await;
    chrome.press("List issues through the app").await;
    chrome.sees("issues, through the app").await;
    chrome.press("List issues at Atlassian").await;
    chrome.sees("issues, from Atlassian").await;
    assert_eq!(chrome.errors().await, Vec::<String>::new());
}

async fn sign_in_here(chrome: &Chrome, page: u16) {
    chrome.open(&format!("http://localhost:{page}/")).await;
    chrome.press("Sign in here").await;
    consent(chrome, "Mia Krystof").await;
}

async fn sign_out(chrome: &Chrome) {
    chrome.press("Sign out").await;
    chrome.sees("You are not signed in").await;
    assert_eq!(chrome.errors().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_page_of_the_same_site_signs_in_and_works() {
    for on_actix in [false, true] {
        let sandbox = sandbox().await;
        let (_app, page) = QuickStart::spa(&sandbox, on_actix).await;
        let chrome = Chrome::start().await;
        chrome.open(&format!("http://localhost:{page}/")).await;
        chrome.sees("You are not signed in").await;
        let album = Album::new(&chrome);
        album.shoot("spa-stranger").await;

        chrome.press("Sign in with a popup").await;
        chrome.newest_window().await;
        consent(&chrome, "Mia Krystof").await;
        chrome.last_window().await;
        work(&chrome).await;
        sign_out(&chrome).await;

        chrome.press("Sign in here").await;
        consent(&chrome, "Edward Byrne").await;
        chrome.is_at(&format!("http://localhost:{page}/")).await;
        chrome.sees("Signed in as Edward Byrne").await;
        album.shoot("spa-user").await;
        assert_eq!(chrome.errors().await, Vec::<String>::new());
        chrome.quit().await;
    }
}

#[tokio::test]
async fn a_page_of_another_site_signs_in_by_a_ticket_and_works() {
    for on_actix in [false, true] {
        let sandbox = sandbox().await;
        let (_app, page) = QuickStart::spa(&sandbox, on_actix).await;
        let chrome = Chrome::start().await;
        let origin = format!("http://127.0.0.1:{page}/");
        chrome.open(&origin).await;
        chrome.sees("You are not signed in").await;

        chrome.press("Sign in with a popup").await;
        chrome.newest_window().await;
        consent(&chrome, "Mia Krystof").await;
        chrome.last_window().await;
        work(&chrome).await;
        sign_out(&chrome).await;

        chrome.press("Sign in here").await;
        consent(&chrome, "Edward Byrne").await;
        chrome.sees("Signed in as Edward Byrne").await;
        chrome.is_at(&origin).await;
        assert_eq!(chrome.errors().await, Vec::<String>::new());
        // The session is this page's: a page of the app's own site has the window's, and a third site none.
        chrome.open(&format!("http://localhost:{page}/")).await;
        chrome.sees("Signed in as Edward Byrne").await;
        chrome.quit().await;
    }
}

#[tokio::test]
async fn a_token_that_ends_while_the_page_works_is_replaced() {
    let sandbox = sandbox().await;
    let (_app, page) = QuickStart::spa(&sandbox, false).await;
    let chrome = Chrome::start().await;
    sign_in_here(&chrome, page).await;
    work(&chrome).await;
    // A token that is younger than half a minute is not replaced: that could go on forever.
    tokio::time::sleep(std::time::Duration::from_secs(31)).await;
    sandbox.clock().advance(HOUR);

    chrome.press("List issues at Atlassian").await;
    chrome.sees("issues, from Atlassian").await;
    let refused = chrome.errors().await;
    assert_eq!(refused.len(), 1, "one 401 of Atlassian's: {refused:?}");
    chrome.press("List issues through the app").await;
    chrome.sees("issues, through the app").await;
    assert_eq!(chrome.errors().await, Vec::<String>::new());
    assert_eq!(
        sandbox.count("POST", "/oauth/token"),
        2,
        "a code and one refresh"
    );
    chrome.quit().await;
}

/// A page on the way cuts the window off from its opener.
#[tokio::test]
async fn a_window_that_lost_its_opener_still_finishes() {
    let sandbox = sandbox().await;
    sandbox.knobs(|knobs| knobs.cuts_opener = true);
    let (_app, page) = QuickStart::spa(&sandbox, false).await;
    for host in ["localhost", "127.0.0.1"] {
        let chrome = Chrome::start().await;
        chrome.open(&format!("http://{host}:{page}/")).await;
        chrome.sees("You are not signed in").await;
        chrome.press("Sign in with a popup").await;
        chrome.newest_window().await;
        consent(&chrome, "Mia Krystof").await;
        chrome.last_window().await;
        chrome.sees("Signed in as Mia Krystof").await;
        chrome.quit().await;
    }
}

fn foreign(target: &str, app: u16) -> Response<Body> {
    let app = format!("http://localhost:{app}");
    let body = match target.split_once('?').map_or(target, |(path, _)| path) {
        "/form" => format!(
            "<form method=post action={app}/auth/logout><button id=go>Win a prize</button></form>"
        ),
        "/frames" => format!(
            "<iframe id=a src={app}/auth/sites></iframe><iframe id=b src={app}/auth/logout></iframe>\
             <img src={app}/auth/logout><img src={app}/auth/me>"
        ),
        _ => String::new(),
    };
    let html = format!("<!doctype html><link rel=icon href=data:,><h1>foreign</h1>{body}");
    let response = Response::builder().header("content-type", "text/html; charset=utf-8");
    response.body(Body::from(html)).unwrap()
}

/// Everything that a foreign page can try, signed in or not.
async fn tries_everything(chrome: &Chrome, pages: &Pages, host: &str, port: u16) {
    chrome.open(&pages.on(host, "/")).await;
    for (path, method) in [
        ("me", "GET"),
        ("sites", "GET"),
        ("logout", "POST"),
        ("token", "POST"),
    ] {
        // What is not readable fails alike without CORS: its resource policy.
        for how in [
            "mode: 'cors'",
            "headers: { 'X-Threelo': '1' }",
            "mode: 'no-cors'",
        ] {
            let ask = format!(
                "const answer = await fetch('http://localhost:{port}/auth/{path}', \
                 {{ method: '{method}', credentials: 'include', {how} }}); \
                 return `${{answer.type}} ${{answer.status}}`;"
            );
            let got = chrome.promise(&ask).await;
            assert_eq!(got, "TypeError: Failed to fetch", "{host} {path} {how}");
        }
    }
    chrome.open(&pages.on(host, "/frames")).await;
    let frames = "return [...document.querySelectorAll('iframe')].map((frame) => frame.contentDocument === null)";
    assert_eq!(chrome.script(frames).await, serde_json::json!([true, true]));
    chrome.open(&pages.on(host, "/form")).await;
    chrome.click("#go").await;
    chrome.sees("Nothing was done").await;
}

/// A page of another site, and of a sibling that is not listed.
#[tokio::test]
async fn a_foreign_page_changes_nothing_and_learns_nothing() {
    for on_actix in [false, true] {
        let sandbox = sandbox().await;
        let (app, page) = QuickStart::spa(&sandbox, on_actix).await;
        let port = app.port;
        let pages = Pages::serve(move |target, _| foreign(target, port)).await;
        let chrome = Chrome::start().await;
        for host in ["third.localhost", "localhost"] {
            tries_everything(&chrome, &pages, host, port).await;
        }
        sign_in_here(&chrome, page).await;
        chrome.sees("Signed in as Mia Krystof").await;
        for host in ["third.localhost", "localhost"] {
            tries_everything(&chrome, &pages, host, port).await;
        }
        chrome.open(&format!("http://localhost:{page}/")).await;
        chrome.sees("Signed in as Mia Krystof").await;
        chrome.quit().await;
    }
}

/// An attachment with a script, opened by its address under the app's own name.
#[tokio::test]
async fn markup_of_atlassian_never_runs_under_the_apps_address() {
    let sandbox = sandbox().await;
    let (app, page) = QuickStart::spa(&sandbox, false).await;
    let chrome = Chrome::start().await;
    sign_in_here(&chrome, page).await;
    chrome.sees("Signed in as Mia Krystof").await;
    let path = "/rest/api/3/search/evil";
    let site = "11111111-aaaa-4aaa-8aaa-111111111111";
    let evil = format!("http://localhost:{}/auth/api/jira/{site}{path}", app.port);
    for kind in ["text/html", "image/svg+xml"] {
        let script =
            "<svg xmlns='http://www.w3.org/2000/svg'><script>document.title = 'ran'</script></svg>";
        let answer = Fault::Answer {
            status: 200,
            headers: vec![("content-type".to_owned(), kind.to_owned())],
            body: script.to_owned(),
        };
        sandbox.fault(Endpoint::Api, answer, 1);
        // A page's script gets it as data; an address bar, a frame and an image get nothing.
        let ask = format!(
            "const answer = await fetch('{evil}', {{ credentials: 'include' }}); \
             return answer.headers.get('content-disposition');"
        );
        assert_eq!(chrome.promise(&ask).await, "attachment", "{kind}");
        let calls = sandbox.count("GET", &format!("/ex/jira/{site}{path}"));
        chrome.open_tab(&evil).await;
        assert_ne!(chrome.script("return document.title").await, "ran");
        assert_eq!(
            sandbox.count("GET", &format!("/ex/jira/{site}{path}")),
            calls,
            "{kind}"
        );
        chrome.first_tab().await;
    }
    chrome.quit().await;
}

/// The last page of a window, which only an opener that is listed hears.
#[tokio::test]
async fn the_last_page_of_a_window_is_readable_when_it_stays() {
    let sandbox = sandbox().await;
    let (app, _page) = QuickStart::spa(&sandbox, false).await;
    let chrome = Chrome::start().await;
    let done = format!("http://localhost:{}/auth/done", app.port);
    Album::new(&chrome).add("done", &done).await;
    chrome.sees("You can close this window").await;
    assert_eq!(chrome.errors().await, Vec::<String>::new());
    chrome.quit().await;
}
