//! The browser's rules that threelo relies on, against hand-written pages: when one of these fails, a decision must be reconsidered.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use threelo_browser_tests::{Arrived, Chrome, Pages};

/// Our app.
const A: &str = "localhost";
/// The authorization server: another site.
const B: &str = "127.0.0.1";
/// A third site.
const C: &str = "third.localhost";

fn html(body: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let page = format!("<!doctype html><title>page</title><h1>page</h1>{body}");
    let response = Response::builder().header("content-type", "text/html; charset=utf-8");
    let response = headers.iter().fold(response, |response, (name, value)| {
        response.header(*name, *value)
    });
    response.body(Body::from(page)).unwrap()
}

fn redirect(to: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let response = Response::builder().status(303).header("location", to);
    headers
        .iter()
        .fold(response, |response, (name, value)| {
            response.header(*name, *value)
        })
        .body(Body::empty())
        .unwrap()
}

/// Waits for a request.
async fn arrival(pages: &Pages, line: &str) -> Arrived {
    for _ in 0..200 {
        if let Some(seen) = pages.last(line) {
            return seen;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{line} did not arrive");
}

#[tokio::test]
async fn a_form_keeps_its_origin_under_same_origin_and_loses_it_under_no_referrer() {
    let pages = Pages::serve(|target, _| match target {
        "/same-origin" => html(FORM, &[("referrer-policy", "same-origin")]),
        "/no-referrer" => html(FORM, &[("referrer-policy", "no-referrer")]),
        _ => html("", &[]),
    })
    .await;
    let chrome = Chrome::start().await;
    for (policy, origin) in [
        ("same-origin", pages.on(A, "")),
        ("no-referrer", "null".to_owned()),
    ] {
        chrome.open(&pages.on(A, &format!("/{policy}"))).await;
        chrome.click(&format!("#{policy}")).await;
        let seen = arrival(&pages, &format!("POST /post-{policy}")).await;

        assert_eq!(seen.header("origin"), origin);
        assert_eq!(
            seen.header("sec-fetch-site"),
            "same-origin",
            "the reliable half, under every policy"
        );
    }
    chrome.quit().await;
}

const FORM: &str = "<form method=post action=/post-same-origin><button id=same-origin>go</button></form>\
                    <form method=post action=/post-no-referrer><button id=no-referrer>go</button></form>";

#[tokio::test]
async fn after_a_click_at_another_site_lax_cookies_arrive_strict_ones_do_not_and_a_bounce_brings_them_back()
 {
    let pages = Pages::serve(|target, port| match target {
        "/set" => Response::builder()
            .header("set-cookie", "lax=1; Path=/; HttpOnly; SameSite=Lax")
            .header("set-cookie", "strict=1; Path=/; HttpOnly; SameSite=Strict")
            .header("content-type", "text/html")
            .body(Body::from("<h1>set</h1>"))
            .unwrap(),
        "/consent" => html(
            "<form method=post action=/accept><button id=accept>Accept</button></form>",
            &[],
        ),
        "/accept" => redirect(&format!("http://{A}:{port}/callback"), &[]),
        "/callback" => html("<meta http-equiv=refresh content='0;url=/board'>", &[]),
        _ => html("", &[]),
    })
    .await;
    let chrome = Chrome::start().await;
    chrome.open(&pages.on(A, "/set")).await;
    chrome.open(&pages.on(B, "/consent")).await;
    chrome.click("#accept").await;

    let callback = arrival(&pages, "GET /callback").await;
    assert_eq!(callback.header("cookie"), "lax=1");
    assert_eq!(callback.header("sec-fetch-site"), "cross-site");
    assert_eq!(callback.header("sec-fetch-user"), "?1");
    let board = arrival(&pages, "GET /board").await;
    assert_eq!(board.header("cookie"), "lax=1; strict=1");
    assert_eq!(board.header("sec-fetch-site"), "same-origin");
    chrome.quit().await;
}

/// What a page that asks a visitor to wait is sent with.
const WAITING: [(&str, &str); 4] = [
    ("refresh", "1"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    ),
];

/// It comes back by itself, as a navigation with the flow's cookie.
#[tokio::test]
async fn a_page_with_refresh_loads_itself_again_as_a_navigation_of_its_own_site() {
    let pages = Pages::serve(|target, port| match target {
        "/set" => html(
            "",
            &[("set-cookie", "flow=1; Path=/; HttpOnly; SameSite=Lax")],
        ),
        "/consent" => html(
            "<form method=post action=/accept><button id=accept>Accept</button></form>",
            &[],
        ),
        "/accept" => redirect(&format!("http://{A}:{port}/callback?code=c&state=s"), &[]),
        _ => html("", &WAITING),
    })
    .await;
    let chrome = Chrome::start().await;
    chrome.open(&pages.on(A, "/set")).await;
    chrome.open(&pages.on(B, "/consent")).await;
    chrome.click("#accept").await;
    let line = "GET /callback?code=c&state=s";
    let first = arrival(&pages, line).await;
    assert_eq!(first.header("sec-fetch-site"), "cross-site");

    let comes_back = async {
        while pages.count(line) < 2 {
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    };
    let came = tokio::time::timeout(Duration::from_secs(10), comes_back).await;
    assert!(came.is_ok(), "the page did not come back");
    let again = arrival(&pages, line).await;
    assert_eq!(again.header("cookie"), "flow=1");
    assert_eq!(again.header("sec-fetch-mode"), "navigate");
    assert_eq!(again.header("sec-fetch-dest"), "document");
    assert_eq!(again.header("referer"), "");
    chrome.quit().await;
}

#[tokio::test]
async fn form_action_stops_a_form_that_is_redirected_to_another_site_and_no_link() {
    let pages = Pages::serve(|target, port| match target {
        "/page" => html(
            "<form method=post action=/leave-by-form><button id=form>go</button></form><a id=link href=/leave-by-link>go</a>",
            &[("content-security-policy", "default-src 'none'; form-action 'self'")],
        ),
        "/leave-by-form" => redirect(&format!("http://{B}:{port}/arrived-by-form"), &[]),
        "/leave-by-link" => redirect(&format!("http://{B}:{port}/arrived-by-link"), &[]),
        _ => html("", &[]),
    })
    .await;
    let chrome = Chrome::start().await;
    chrome.open(&pages.on(A, "/page")).await;
    chrome.click("#form").await;
    arrival(&pages, "POST /leave-by-form").await;
    chrome.open(&pages.on(A, "/page")).await;
    chrome.click("#link").await;

    arrival(&pages, "GET /arrived-by-link").await;
    assert!(pages.last("GET /arrived-by-form").is_none());
    chrome.quit().await;
}

#[tokio::test]
async fn prefetches_say_so_and_frames_and_images_name_their_destination() {
    let pages = Pages::serve(|target, _| match target {
        "/page" => html(
            "<link rel=prefetch href=/prefetched><img src=/image><iframe src=/framed></iframe>",
            &[],
        ),
        _ => html("", &[]),
    })
    .await;
    let chrome = Chrome::start().await;
    chrome.open(&pages.on(A, "/page")).await;

    assert!(
        arrival(&pages, "GET /prefetched")
            .await
            .header("sec-purpose")
            .contains("prefetch")
    );
    assert_eq!(
        arrival(&pages, "GET /image").await.header("sec-fetch-dest"),
        "image"
    );
    assert_eq!(
        arrival(&pages, "GET /framed")
            .await
            .header("sec-fetch-dest"),
        "iframe"
    );
    chrome.quit().await;
}

#[tokio::test]
async fn a_page_of_another_site_can_push_the_browser_but_not_fake_a_click() {
    let pages = Pages::serve(|target, port| match target {
        "/pusher" => html(
            &format!(
                "<a id=link href='http://{A}:{port}/login?by=click'>go</a>\
                 <script>setTimeout(() => {{ if (location.hash) location.href = 'http://{A}:{port}/login?by=script' }})</script>"
            ),
            &[],
        ),
        _ => html("", &[]),
    })
    .await;
    let chrome = Chrome::start().await;
    chrome.open(&pages.on(C, "/pusher")).await;
    chrome.click("#link").await;
    let clicked = arrival(&pages, "GET /login?by=click").await;
    chrome.open(&pages.on(C, "/pusher#push")).await;
    let pushed = arrival(&pages, "GET /login?by=script").await;

    assert_eq!(
        (
            clicked.header("sec-fetch-site"),
            clicked.header("sec-fetch-user")
        ),
        ("cross-site", "?1")
    );
    assert_eq!(
        (
            pushed.header("sec-fetch-site"),
            pushed.header("sec-fetch-user")
        ),
        ("cross-site", "")
    );
    chrome.quit().await;
}

#[tokio::test]
async fn no_store_and_a_deleted_cookie_together_empty_the_back_button() {
    for (cache, secret_is_shown) in [("no-store", false), ("private", true)] {
        let pages = Pages::serve(move |target, _| match target {
            "/in" => html(
                "<a id=on href=/board>on</a>",
                &[("set-cookie", "session=1; Path=/; HttpOnly; SameSite=Lax")],
            ),
            "/board" => html(
                "SECRET<form method=post action=/out><button id=out>out</button></form>",
                &[("cache-control", cache)],
            ),
            "/out" => redirect(
                "/bye",
                &[(
                    "set-cookie",
                    "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
                )],
            ),
            _ => html("bye", &[]),
        })
        .await;
        let chrome = Chrome::start().await;
        chrome.open(&pages.on(A, "/in")).await;
        chrome.click("#on").await;
        chrome.sees("SECRET").await;
        chrome.click("#out").await;
        chrome.sees("bye").await;
        let asked_before = pages.count("GET /board");

        chrome.back().await;

        // Shown from the browser's memory, or asked for again: then an app turns the stranger away.
        chrome.sees("SECRET").await;
        let asked_again = pages.count("GET /board") > asked_before;
        assert_eq!(asked_again, !secret_is_shown, "{cache}");
        chrome.quit().await;
    }
}

#[tokio::test]
async fn a_removal_is_overlooked_after_the_redirect_that_set_the_cookie_and_a_cookie_that_is_set_is_not()
 {
    for (mark, secret_is_shown) in [(false, true), (true, false)] {
        let pages = Pages::serve(move |target, _| match target {
            "/in" => redirect(
                "/board",
                &[("set-cookie", "session=1; Path=/; HttpOnly; SameSite=Lax")],
            ),
            "/board" => html(
                "SECRET<form method=post action=/out><button id=out>out</button></form>",
                &[("cache-control", "no-store")],
            ),
            "/out" => {
                let mut cookies = vec![(
                    "set-cookie",
                    "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
                )];
                cookies.extend(mark.then_some((
                    "set-cookie",
                    "ended=1; Path=/; Max-Age=1; HttpOnly; SameSite=Lax",
                )));
                redirect("/bye", &cookies)
            }
            _ => html("bye", &[]),
        })
        .await;
        let chrome = Chrome::start().await;
        chrome.open(&pages.on(A, "/in")).await;
        chrome.click("#out").await;
        chrome.sees("bye").await;
        let asked_before = pages.count("GET /board");

        chrome.back().await;

        chrome.sees("SECRET").await;
        assert_eq!(
            pages.count("GET /board") == asked_before,
            secret_is_shown,
            "mark: {mark}"
        );
        chrome.quit().await;
    }
}

#[tokio::test]
async fn host_cookies_need_secure_even_on_localhost() {
    let pages = Pages::serve(|target, _| match target {
        "/set" => Response::builder()
            .header(
                "set-cookie",
                "__Host-good=1; Path=/; Secure; HttpOnly; SameSite=Lax",
            )
            .header("set-cookie", "__Host-bad=1; Path=/; HttpOnly; SameSite=Lax")
            .header("set-cookie", "plain=1; Path=/; HttpOnly; SameSite=Lax")
            .header("content-type", "text/html")
            .body(Body::from("<h1>set</h1>"))
            .unwrap(),
        _ => html("", &[]),
    })
    .await;
    let chrome = Chrome::start().await;
    chrome.open(&pages.on(A, "/set")).await;
    chrome.open(&pages.on(A, "/read")).await;

    assert_eq!(
        arrival(&pages, "GET /read").await.header("cookie"),
        "__Host-good=1; plain=1"
    );
    chrome.quit().await;
}

#[tokio::test]
async fn odd_locations_leave_the_site() {
    let pages = Pages::serve(|target, port| match target {
        "/backslash" => redirect(&format!("/\\{B}:{port}/out-by-backslash"), &[]),
        "/tab" => redirect(&format!("/\t/{B}:{port}/out-by-tab"), &[]),
        "/slashes" => redirect(&format!("///{B}:{port}/out-by-slashes"), &[]),
        _ => html("", &[]),
    })
    .await;
    let chrome = Chrome::start().await;
    for trick in ["backslash", "tab", "slashes"] {
        chrome.open(&pages.on(A, &format!("/{trick}"))).await;
        let seen = arrival(&pages, &format!("GET /out-by-{trick}")).await;
        assert!(seen.header("host").starts_with(B), "{trick}");
    }
    chrome.quit().await;
}
