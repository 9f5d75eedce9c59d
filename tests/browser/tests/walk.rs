//! The whole trip, as a person sees it.

#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    clippy::cognitive_complexity,
    reason = "a walk is as long as it is"
)]

use axum::body::Body;
use axum::http::Response;
use threelo::pages::{
    ApiTrouble, Page, PageContext, Pages as _, PlainPages, RequestFault, SetupFault,
};
use threelo::{MissingScopeReason, Reason, Scopes};
use threelo_browser_tests::{Album, Chrome, Pages, QuickStart, TlsFront};

/// The same walks lead through both.
const QUICK_STARTS: [&str; 2] = ["axum-quickstart", "actix-quickstart"];

/// From a stranger's home page to a signed-in one; the sandbox is another site.
async fn sign_in(chrome: &Chrome, origin: &str, person: &str) {
    chrome.open(&format!("{origin}/")).await;
    chrome.press("Sign in with Atlassian").await;
    chrome.sees("Log in as one of these people").await;
    chrome.press(person).await;
    chrome.press("Accept").await;
    chrome.is_at(&format!("{origin}/")).await;
    chrome.sees(&format!("Signed in as {person}")).await;
}

async fn walk(chrome: &Chrome, origin: &str) {
    sign_in(chrome, origin, "Mia Krystof").await;

    // Several sites: the picker comes when a site is needed, and leads on to where the visitor was going.
    chrome.press("Go to your board").await;
    chrome.sees("Choose a site").await;
    chrome.press("Borealis Lab").await;
    chrome.is_at(&format!("{origin}/board")).await;
    chrome.sees("works on Borealis Lab").await;

    // A second tab works on another site.
    chrome
        .open_tab(&format!("{origin}/board?site=cirrus-support.atlassian.net"))
        .await;
    chrome.sees("works on Cirrus Support").await;
    chrome.first_tab().await;
    chrome.open(&format!("{origin}/board")).await;
    chrome.sees("works on Borealis Lab").await;

    // Login again, cancelled: a friendly page, a way back, still signed in.
    chrome
        .open(&format!("{origin}/auth/login?return_to=/board"))
        .await;
    chrome.press("Edward Byrne").await;
    chrome.press("Cancel").await;
    chrome
        .is_at(&format!(
            "{origin}/auth/error?reason=cancelled&return_to=%2Fboard"
        ))
        .await;
    chrome.sees("You cancelled at Atlassian").await;
    chrome.press("Back to the app").await;
    chrome.sees("Mia Krystof works on Borealis Lab").await;

    // Sign out; the back button shows nothing private.
    chrome.press("Sign out").await;
    chrome.sees("You are not signed in").await;
    chrome.back().await;
    // The board is asked for again, and turns the stranger away to the login.
    chrome.sees("Log in as one of these people").await;
    assert!(!chrome.text().await.contains("works on"));
    chrome.open(&format!("{origin}/")).await;
    chrome.sees("You are not signed in").await;
}

#[tokio::test]
async fn a_person_walks_through_the_quick_start_over_http() {
    for quick_start in QUICK_STARTS {
        let app = QuickStart::start(quick_start, |port| format!("http://localhost:{port}")).await;
        let chrome = Chrome::start().await;

        walk(&chrome, &format!("http://localhost:{}", app.port)).await;

        chrome.quit().await;
    }
}

#[tokio::test]
async fn a_person_walks_through_the_quick_start_over_https_with_host_cookies() {
    for quick_start in QUICK_STARTS {
        let front = TlsFront::bind().await;
        let origin = format!("https://app.example.com:{}", front.port);
        let app = QuickStart::start(quick_start, |_| origin.clone()).await;
        front.serve("app.example.com", app.port);
        let chrome = Chrome::start().await;

        sign_in(&chrome, &origin, "Edward Byrne").await;
        let cookies = chrome.cookies().await;
        let names: Vec<&str> = cookies.iter().map(|cookie| cookie.name.as_str()).collect();
        assert_eq!(names, ["__Host-threelo-session"]);
        assert_eq!(cookies[0].secure, Some(true));
        chrome.press("Sign out").await;
        chrome.sees("You are not signed in").await;
        let left = chrome.cookies().await;
        assert!(
            left.iter()
                .all(|cookie| cookie.name == "__Host-threelo-ended"),
            "{left:?}"
        );
        walk(&chrome, &origin).await;

        chrome.quit().await;
    }
}

#[tokio::test]
async fn a_visit_by_another_loopback_name_can_sign_in() {
    for quick_start in QUICK_STARTS {
        let app = QuickStart::start(quick_start, |port| format!("http://localhost:{port}")).await;
        let chrome = Chrome::start().await;

        chrome
            .open(&format!("http://127.0.0.1:{}/", app.port))
            .await;
        chrome.press("Sign in with Atlassian").await;
        chrome.press("Edward Byrne").await;
        chrome.press("Accept").await;

        chrome.sees("Signed in as Edward Byrne").await;
        chrome.quit().await;
    }
}

#[tokio::test]
async fn keyboard_alone_is_enough_to_choose_a_site() {
    let app = QuickStart::start(QUICK_STARTS[0], |port| format!("http://localhost:{port}")).await;
    let chrome = Chrome::start().await;
    let origin = format!("http://localhost:{}", app.port);
    sign_in(&chrome, &origin, "Mia Krystof").await;
    chrome.open(&format!("{origin}/board")).await;

    let focused = chrome
        .script(
            "document.querySelector('.sites button').focus(); return document.activeElement.name",
        )
        .await;

    assert_eq!(focused, "site");
    let widths = chrome
        .script("return [document.documentElement.scrollWidth, window.innerWidth]")
        .await;
    assert!(
        widths[0].as_u64() <= widths[1].as_u64(),
        "nothing sticks out: {widths}"
    );
    chrome.quit().await;
}

/// Photographs every page when `THREELO_SCREENS` names a folder; in any case every page must render its headline.
#[tokio::test]
async fn every_page_renders_in_light_and_dark_narrow_and_wide() {
    let app = QuickStart::start(QUICK_STARTS[0], |port| format!("http://localhost:{port}")).await;
    let chrome = Chrome::start().await;
    let origin = format!("http://localhost:{}", app.port);
    let album = Album::new(&chrome);

    album.add("home-stranger", &format!("{origin}/")).await;
    chrome.press("Sign in with Atlassian").await;
    album.shoot("sandbox-login").await;
    chrome.press("Mia Krystof").await;
    album.shoot("sandbox-consent").await;
    chrome.press("Accept").await;
    album.shoot("home-signed-in").await;
    for (name, path) in [
        ("picker", "/auth/sites"),
        ("logout", "/auth/logout"),
        ("refused", "/auth/error?reason=refused"),
        ("cancelled", "/auth/error?reason=cancelled"),
        ("busy", "/auth/error?reason=busy"),
        ("setup", "/auth/error?reason=setup"),
        ("cookies", "/auth/error?reason=cookies"),
        ("account", "/auth/error?reason=account"),
        ("unavailable", "/auth/error?reason=unavailable"),
    ] {
        album.add(name, &format!("{origin}{path}")).await;
    }
    // A page of another site pushes the browser to the login.
    chrome.open("data:text/html,<p>elsewhere").await;
    chrome
        .script(&format!(
            "location.href = '{origin}/auth/login?return_to=/board'"
        ))
        .await;
    album.shoot("continue").await;
    chrome.open(&format!("{origin}/board")).await;
    chrome.press("Cirrus Support").await;
    album.shoot("board").await;
    chrome.press("Sign out").await;
    album
        .add("signed-out", &format!("{origin}/auth/logout"))
        .await;
    chrome.open(&format!("{origin}/auth/login")).await;
    chrome.press("Nora Lind").await;
    chrome.press("Accept").await;
    chrome.sees("Signed in as Nora Lind").await;
    album.add("no-sites", &format!("{origin}/board")).await;

    chrome.quit().await;
}

/// The pages that no walk meets by itself, rendered by the same code.
#[tokio::test]
async fn the_rarer_pages_render_too() {
    let pages = Pages::serve(|target, _| {
        let (home_url, login_url) = ("/", "/auth/login");
        let (target, language) = match target.strip_suffix("-de") {
            Some(target) => (target, Some("de")),
            None => (target, None),
        };
        let scopes = Scopes::from_iter(["write:jira-work"]);
        let trouble = |trouble| Page::Api {
            trouble,
            try_again: "/board",
            home_url,
        };
        let missing_scope = |why| Page::MissingScope {
            why,
            scopes: &scopes,
            login_url,
            home_url,
        };
        let page = match target {
            "/still-working" => Page::StillWorking {
                go_on: "",
                home_url,
            },
            "/come-again" | "/limited" => Page::Busy {
                is_limited: target == "/limited",
                go_on: "",
                home_url,
            },
            "/sign-in-first" => Page::SignInFirst {
                login_url: Some(login_url),
                at_atlassian: true,
                home_url,
            },
            "/wrong-account" => Page::WrongAccount {
                expected: "Edward Byrne",
                chosen: "Mia Krystof",
                home_url,
                switch_url: Some(login_url),
            },
            "/cross-site" => Page::CrossSite { home_url },
            "/no-such-page" | "/connect-instead" | "/method" | "/unreadable" | "/for-scripts"
            | "/too-much" => Page::BadRequest {
                fault: match target {
                    "/no-such-page" => RequestFault::NoSuchPage(Some("/auth/callback")),
                    "/connect-instead" => RequestFault::ConnectInstead("/auth/connections"),
                    "/method" => RequestFault::Method,
                    "/unreadable" => RequestFault::Unreadable,
                    "/for-scripts" => RequestFault::ForScripts,
                    _ => RequestFault::TooMuch,
                },
                home_url,
            },
            "/scope-not-configured" | "/no-product-scope" | "/handler" => Page::Misconfigured {
                fault: match target {
                    "/scope-not-configured" => SetupFault::ScopesNotConfigured(&scopes),
                    "/no-product-scope" => SetupFault::NoProductScope,
                    _ => SetupFault::Handler,
                },
                home_url,
            },
            "/refused-by-app" | "/app-failed" => Page::Failed {
                reason: match target {
                    "/app-failed" => Reason::AppFailed,
                    _ => Reason::RefusedByApp,
                },
                words: None,
                try_again: login_url,
                home_url,
            },
            "/own-window" => Page::OwnWindow { login_url },
            "/api-forbidden" => trouble(ApiTrouble::Forbidden),
            "/api-not-found" => trouble(ApiTrouble::NotFound),
            "/api-busy" => trouble(ApiTrouble::Busy),
            "/api-unavailable" => trouble(ApiTrouble::Unavailable),
            "/api-failed" => trouble(ApiTrouble::Failed),
            "/scope-narrowed" => missing_scope(MissingScopeReason::Narrowed),
            "/scope-not-granted" => missing_scope(MissingScopeReason::NotGranted),
            _ => missing_scope(MissingScopeReason::NotAsked),
        };
        let context = PageContext::new(language, target);
        let html = PlainPages::new()
            .app_name("Incidents")
            .render(&page, &context);
        let response = Response::builder().header("content-type", "text/html; charset=utf-8");
        response.body(Body::from(html)).unwrap()
    })
    .await;
    let chrome = Chrome::start().await;
    let album = Album::new(&chrome);

    for name in [
        "still-working",
        "come-again",
        "limited",
        "sign-in-first",
        "wrong-account",
        "cross-site",
        "no-such-page",
        "connect-instead",
        "method",
        "unreadable",
        "for-scripts",
        "too-much",
        "scope-not-configured",
        "no-product-scope",
        "handler",
        "refused-by-app",
        "app-failed",
        "own-window",
        "api-forbidden",
        "api-not-found",
        "api-busy",
        "api-unavailable",
        "api-failed",
        "scope-narrowed",
        "scope-not-granted",
        "missing-scope",
    ] {
        for name in [name.to_owned(), format!("{name}-de")] {
            let url = pages.on("localhost", &format!("/{name}"));
            album.add(&name, &url).await;
        }
    }

    chrome.quit().await;
}

#[tokio::test]
async fn the_page_right_after_the_login_is_not_shown_again_after_sign_out() {
    for quick_start in QUICK_STARTS {
        let app = QuickStart::start(quick_start, |port| format!("http://localhost:{port}")).await;
        let chrome = Chrome::start().await;
        let origin = format!("http://localhost:{}", app.port);
        chrome.open(&format!("{origin}/board")).await;
        chrome.press("Edward Byrne").await;
        chrome.press("Accept").await;
        chrome.sees("Edward Byrne works on Borealis Lab").await;
        chrome.press("Sign out").await;
        chrome.sees("You are not signed in").await;

        chrome.back().await;

        // The browser asks again as it did at first, from another site and without a click: a person is asked first.
        chrome.sees("Sign in with Atlassian?").await;
        chrome.quit().await;
    }
}
