//! Ways in, and the rules that hold for each of them.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use threelo::Auth;
use threelo::internals::{FlowMarks, MarkKey};
use threelo::store::{Spent, StoreError};
use threelo_tests::{App as _, ORIGIN, Seen};

use super::{App, Browser, World};

type Headers = Vec<(&'static str, &'static str)>;

const CLICKED: (&str, &str) = ("sec-fetch-user", "?1");
const HTML: (&str, &str) = ("accept", "text/html");
const EVIL: (&str, &str) = ("origin", "https://evil.example");

fn from(site: &'static str, mode: &'static str, dest: &'static str) -> Headers {
    vec![
        HTML,
        ("sec-fetch-site", site),
        ("sec-fetch-mode", mode),
        ("sec-fetch-dest", dest),
    ]
}

fn with(mut headers: Headers, more: (&'static str, &'static str)) -> Headers {
    headers.push(more);
    headers
}

/// What comes of a request that might start a login.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Started,
    Asked,
    Refused(u16),
}

fn outcome(seen: &Seen) -> Outcome {
    let is_started = seen.location().contains("/authorize?");
    assert_eq!(
        is_started,
        seen.header("set-cookie").contains("threelo-flow"),
        "{}",
        seen.text()
    );
    match seen.status() {
        _ if is_started => Outcome::Started,
        200 => Outcome::Asked,
        status => Outcome::Refused(status),
    }
}

/// Every way in which a page can make a browser send `GET`, and what `GET login` does about it.
fn ways() -> Vec<(Headers, Outcome)> {
    let window = || from("cross-site", "navigate", "document");
    let ahead = ("sec-purpose", "prefetch;prerender");
    vec![
        (vec![HTML], Outcome::Started),
        (from("none", "navigate", "document"), Outcome::Started),
        (
            from("same-origin", "navigate", "document"),
            Outcome::Started,
        ),
        (with(window(), CLICKED), Outcome::Started),
        (window(), Outcome::Asked),
        (from("same-site", "navigate", "document"), Outcome::Asked),
        (with(vec![HTML], ahead), Outcome::Refused(503)),
        (
            with(
                with(vec![HTML], ("purpose", "prefetch")),
                ("sec-purpose", "other"),
            ),
            Outcome::Refused(503),
        ),
        (
            with(with(vec![HTML], ("purpose", "other")), ahead),
            Outcome::Refused(503),
        ),
        (
            with(from("none", "navigate", "document"), ahead),
            Outcome::Refused(503),
        ),
        (
            from("cross-site", "no-cors", "image"),
            Outcome::Refused(400),
        ),
        (from("same-site", "no-cors", "image"), Outcome::Refused(400)),
        (
            from("same-origin", "no-cors", "image"),
            Outcome::Refused(400),
        ),
        (
            from("same-site", "no-cors", "script"),
            Outcome::Refused(400),
        ),
        (
            from("cross-site", "navigate", "iframe"),
            Outcome::Refused(400),
        ),
        (from("cross-site", "cors", "empty"), Outcome::Refused(400)),
    ]
}

#[tokio::test]
async fn a_handler_starts_a_login_where_the_route_does_and_nowhere_else() {
    let world = World::new().await;
    for (headers, expected) in ways() {
        for path in ["/auth/login", "/start"] {
            let seen = world.browser().request("GET", path, &headers).await;
            assert_eq!(outcome(&seen), expected, "{path} {headers:?}");
        }
    }
    for (path, method) in [("/auth/login", "HEAD"), ("/start", "HEAD")] {
        let seen = world.browser().request(method, path, &[HTML]).await;
        assert!(
            !seen.header("set-cookie").contains("threelo-flow"),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn the_page_that_asks_leads_back_to_the_handler() {
    let world = World::new().await;
    let mut browser = world.browser();
    let pushed = from("cross-site", "navigate", "document");

    let asked = browser.request("GET", "/start?week=7", &pushed).await;

    assert!(
        asked.text().contains("href=\"/start?week=7\""),
        "{}",
        asked.text()
    );
    let started = browser.open("/start?week=7").await;
    assert_eq!(outcome(&started), Outcome::Started);
}

#[tokio::test]
async fn images_on_a_siblings_page_cost_no_flow() {
    let world = World::new().await;
    let mut browser = world.browser();
    let authorize = browser.start_login("/user").await;
    for _ in 0..6 {
        let image = from("same-site", "no-cors", "image");
        browser.request("GET", "/start", &image).await;
    }
    let seen = browser.consent(&world, &authorize, "mia").await;
    assert_eq!(seen.location(), "/user");
}

#[tokio::test]
async fn a_foreign_form_starts_no_login() {
    let world = World::new().await;
    let form = with(from("cross-site", "navigate", "document"), EVIL);
    let mut browser = world.browser();

    let seen = browser
        .send("POST", "/start", &with(form, CLICKED), Bytes::new())
        .await;

    assert_eq!(outcome(&seen), Outcome::Refused(403));
    let own = browser.submit("/start", "").await;
    assert_eq!(outcome(&own), Outcome::Started);
}

/// A handshake is a `GET`, and what follows can change everything.
#[tokio::test]
async fn a_foreign_page_opens_no_web_socket_behind_the_guard() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    let handshake = [("connection", "Upgrade"), ("upgrade", "websocket")];
    let with_origin = |origin: &'static str| {
        let mut headers = handshake.to_vec();
        headers.push(("origin", origin));
        headers
    };
    let foreign = with_origin("https://evil.example");
    let told = from("same-site", "websocket", "websocket");

    for headers in [&foreign[..], &handshake, &told] {
        let seen = browser.request("GET", "/own-pages", headers).await;
        assert_eq!(seen.status(), 403, "{headers:?}");
    }
    let own = with_origin(ORIGIN);
    let own = browser.request("GET", "/own-pages", &own).await;
    assert_eq!(own.text(), "in");
    assert_eq!(browser.open("/own-pages").await.text(), "in");
}

#[tokio::test]
async fn asking_for_options_starts_no_flow_for_a_user_of_the_app() {
    let world = World::connecting(|builder| builder).await;
    let mut paula = world.browser().with_user("app-user", "paula");
    for path in ["/start", "/start-unasked"] {
        let foreign = with(from("cross-site", "cors", "empty"), EVIL);
        let seen = paula.request("OPTIONS", path, &foreign).await;
        assert!(
            !seen.header("set-cookie").contains("threelo-flow"),
            "{path}"
        );
        assert!(!seen.text().contains("/authorize?"), "{path}");
    }
}

#[tokio::test]
async fn what_a_strangers_link_wishes_takes_a_click() {
    let world = World::new().await;
    let clicked = || with(from("cross-site", "navigate", "document"), CLICKED);
    for wish in ["site=aurora-design.atlassian.net", "remember=true"] {
        let path = format!("/auth/login?return_to=/board&{wish}");
        let mut browser = world.browser();

        let asked = browser.request("GET", &path, &clicked()).await;

        assert_eq!(outcome(&asked), Outcome::Asked, "{wish}");
        assert_eq!(outcome(&browser.open(&path).await), Outcome::Started);
    }
    let plain = world
        .browser()
        .request("GET", "/auth/login?return_to=/board", &clicked())
        .await;
    assert_eq!(outcome(&plain), Outcome::Started);
}

#[tokio::test]
async fn a_link_makers_text_is_on_no_page() {
    let scam = "Call%200800%20SCAM%20now%20to%20keep%20your%20account";
    for wish in [
        scam,
        "call-0800-scam.example",
        "https://0800-scam.evil.example/",
    ] {
        let world = World::new().await;
        let mut browser = world.browser();
        let started = browser.open(&format!("/auth/login?site={wish}")).await;
        let seen = browser.consent(&world, started.location(), "mia").await;
        let page = browser.open(seen.location()).await.text();
        assert!(!page.to_lowercase().contains("scam"), "{page}");
    }
    let world = World::new().await;
    let mut browser = world.browser();
    let known = "/auth/login?site=https://not-granted.atlassian.net";
    let started = browser.open(known).await;
    let seen = browser.consent(&world, started.location(), "mia").await;
    let page = browser.open(seen.location()).await.text();
    assert!(page.contains("not-granted.atlassian.net"), "{page}");
}

/// Another app of the same operator, with the same keys and on the same host.
fn other_app(world: &World) -> Auth {
    super::restarts::app_called(world, "another-client-id")
}

#[tokio::test]
async fn a_flow_of_one_app_finishes_at_no_other_that_shares_its_keys() {
    let world = World::with(|builder| builder.keys(super::restarts::KEYS)).await;
    let mut browser = world.browser();
    let callback = browser.callback_of_login(&world, "mia", "/user").await;
    let mut elsewhere = Browser::new(&App::new(&other_app(&world)));
    elsewhere.cookies.clone_from(&browser.cookies);

    let seen = elsewhere.arrive(&callback).await;

    assert_eq!(seen.location(), "/auth/error?reason=refused");
    assert_eq!(world.sandbox.count("POST", "/oauth/token"), 0);
    assert_eq!(browser.arrive(&callback).await.location(), "/user");
}

/// Browsers send older cookies first, and the six flows begin in one second.
#[tokio::test]
async fn of_flows_of_one_second_the_oldest_gives_way() {
    let world = World::new().await;
    let mut started = Vec::new();
    for _ in 0..5 {
        let mut browser = world.browser();
        browser.start_login("/").await;
        started.extend(browser.cookies);
    }
    let cookies: Vec<String> = started
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let cookies = cookies.join("; ");

    let headers = [HTML, ("cookie", cookies.as_str())];
    let seen = world
        .browser()
        .request("GET", "/auth/login", &headers)
        .await;

    let set = seen.response.headers().get_all("set-cookie");
    let removed: Vec<&str> = set
        .iter()
        .map(|value| value.to_str().unwrap())
        .filter(|value| value.contains("Max-Age=0"))
        .collect();
    assert_eq!(removed.len(), 1, "{removed:?}");
    assert!(removed[0].starts_with(&started[0].0), "{removed:?}");
}

/// The names of one app begin with those of the other.
#[tokio::test]
async fn an_app_without_a_suffix_does_not_take_the_flows_of_one_with_a_suffix_for_its_own() {
    let world = World::new().await;
    let longer = world.another_auth(|builder| builder.cookie_suffix("b"));
    let mut browser = Browser::new(&App::new(&longer));
    let callback = browser.callback_of_login(&world, "mia", "/user").await;
    let mut here = world.browser();
    here.cookies.clone_from(&browser.cookies);
    for _ in 0..8 {
        here.start_login("/").await;
    }

    browser.cookies.clone_from(&here.cookies);
    assert_eq!(browser.arrive(&callback).await.location(), "/user");
}

#[derive(Debug)]
struct FullMarks;

#[async_trait::async_trait]
impl FlowMarks for FullMarks {
    async fn spend(&self, _: MarkKey, _: SystemTime, _: SystemTime) -> Result<Spent, StoreError> {
        Err(StoreError::Full)
    }
}

/// A hundred thousand anonymous cancels fill no store, because a cancel is written nowhere.
#[tokio::test]
async fn a_cancel_needs_no_mark() {
    let world = World::new().await;
    let auth = world.another_auth(|builder| {
        let (sessions, grants) = (world.sessions.clone(), world.grants.clone());
        builder.record_stores(sessions, grants, Arc::new(FullMarks))
    });
    let mut browser = Browser::new(&App::new(&auth));
    let authorize = browser.start_login("/user").await;
    let cancel = world.sandbox.cancel(&authorize, "mia").await.unwrap();

    let seen = browser.arrive(&cancel).await;

    assert!(
        seen.location().starts_with("/auth/error?reason=cancelled"),
        "{}",
        seen.location()
    );
    assert!(browser.cookies.is_empty(), "the flow is over");
}
