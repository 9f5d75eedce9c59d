//! The app inside a page of another site.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use axum::body::Body;
use axum::http::Response;
use threelo_browser_tests::{Album, Chrome, Pages, QuickStart};

#[tokio::test]
async fn a_login_inside_a_frame_goes_on_in_a_window_of_its_own() {
    for quick_start in ["axum-quickstart", "actix-quickstart"] {
        let app = QuickStart::start(quick_start, |port| format!("http://localhost:{port}")).await;
        let origin = format!("http://localhost:{}", app.port);
        let board = format!("{origin}/board");
        let pages = Pages::serve(move |_, _| {
            let page = format!(
                "<!doctype html><title>a wiki</title><h1>A wiki</h1>\
                 <iframe src=\"{board}\" width=\"340\" height=\"420\"></iframe>"
            );
            let response = Response::builder().header("content-type", "text/html");
            response.body(Body::from(page)).unwrap()
        })
        .await;
        let chrome = Chrome::start().await;
        chrome.open(&pages.on("127.0.0.1", "/")).await;
        Album::new(&chrome).shoot("frame").await;

        chrome.enter_frame().await;
        chrome.sees("needs a window of its own").await;
        chrome.press("Open the sign-in").await;
        chrome.newest_window().await;
        chrome.press("Edward Byrne").await;
        chrome.press("Accept").await;

        chrome.sees("Edward Byrne works on Borealis Lab").await;
        assert_eq!(
            chrome.url().await,
            format!("{origin}/board"),
            "where the frame was going"
        );
        chrome.quit().await;
    }
}
