//! Who may change something: T107 to T118; and what a foreign page learns: T126, T127
//! (docs/attacks.md).

use std::collections::BTreeSet;

use bytes::Bytes;
use threelo_tests::Seen;

use super::{Browser, EVIL, OTHER, SPA, Script, World, get, post, world};

/// The app's own route that changes something.
const OWN_CHANGE: (&str, &str) = ("POST", "/own-pages");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Every operation that changes something. A handoff ticket is redeemed by pages of other sites, and is its own proof.
async fn changes(world: &World) -> Vec<(String, String)> {
    let operations = world.operations().await;
    let mut changes = vec![(OWN_CHANGE.0.to_owned(), OWN_CHANGE.1.to_owned())];
    for operation in operations {
        if operation.method != "GET" && operation.template != "/redeem" {
            changes.push((operation.method, operation.path));
        }
    }
    changes
}

#[tokio::test]
async fn a_foreign_page_changes_nothing_however_it_asks() {
    let world = world().await;
    let mut browser = world.signed_in("mia").await;
    let attempts: [&[(&str, &str)]; 10] = [
        // A form, of another site and of a sibling.
        &[
            ("origin", EVIL),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            FORM,
        ],
        &[
            ("origin", "http://localhost:9"),
            ("sec-fetch-site", "same-site"),
            FORM,
        ],
        // A sandboxed frame.
        &[("origin", "null"), ("sec-fetch-site", "cross-site"), FORM],
        &[("origin", "null")],
        // An old browser, a forged host, no sign of an origin.
        &[("origin", EVIL)],
        &[("origin", EVIL), ("referer", "http://localhost:3000/")],
        &[],
        // A script that needs no preflight, of a foreign and of a listed page.
        &[
            ("origin", EVIL),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "no-cors"),
            ("content-type", "text/plain"),
        ],
        &[
            ("origin", SPA),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-mode", "no-cors"),
            FORM,
        ],
        // The proof of a listed page, by another.
        &[
            ("origin", EVIL),
            ("sec-fetch-site", "cross-site"),
            ("x-threelo", "1"),
        ],
    ];
    let changes = changes(&world).await;
    for headers in attempts {
        for (method, path) in &changes {
            let seen = browser.request(method, path, headers).await;
            assert_eq!(seen.status(), 403, "{path} {headers:?}");
        }
    }
    // The host is not what an origin is compared with.
    let forged = [("host", "evil.example"), ("origin", EVIL)];
    let seen = browser
        .send_as("POST", "/auth/logout", &forged, Bytes::new())
        .await;
    assert_eq!(seen.status(), 403);
    assert!(browser.who_am_i().await.is_some(), "the session goes on");
}

#[tokio::test]
async fn a_listed_page_changes_something_with_the_proof_and_not_without() {
    let world = world().await;
    let mut browser = world.signed_in("mia").await;
    for (method, path) in &changes(&world).await {
        let bare = Script::new(SPA, method, path).send(&mut browser).await;
        assert_eq!(bare.status(), 403, "{path}");
    }
    let own = post(&mut browser, SPA, "/own-pages", "").await;
    assert_eq!(own.status(), 200);
    let site = r#"{"site": "22222222-bbbb-4bbb-8bbb-222222222222"}"#;
    assert_eq!(
        post(&mut browser, SPA, "/auth/site", site).await.status(),
        204
    );
    let me = get(&mut browser, SPA, "/auth/me").await.json();
    assert_eq!(me["site"]["name"], "Borealis Lab");

    // A page of another site gets no session, whatever cookies come along.
    assert_eq!(get(&mut browser, OTHER, "/auth/me").await.status(), 401);
    assert_eq!(
        post(&mut browser, OTHER, "/auth/site", site).await.status(),
        401
    );
    assert_eq!(
        post(&mut browser, OTHER, "/auth/logout", "").await.status(),
        204
    );
    assert!(browser.who_am_i().await.is_some());

    assert_eq!(
        post(&mut browser, SPA, "/auth/logout", "").await.status(),
        204
    );
    assert!(browser.who_am_i().await.is_none());
}

#[tokio::test]
async fn a_method_in_a_parameter_or_a_field_is_no_method() {
    let world = world().await;
    let mut browser = world.signed_in("mia").await;
    let fields = [
        ("x-http-method-override", "POST"),
        ("sec-fetch-site", "same-origin"),
    ];
    let path = "/auth/logout?_method=POST";
    browser.request("GET", path, &fields).await;
    assert!(browser.who_am_i().await.is_some());
}

/// The ways in which a foreign page can load a path without opening it.
fn ways_to_load() -> Vec<Vec<(&'static str, &'static str)>> {
    let no_cors = |dest| {
        vec![
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-dest", dest),
        ]
    };
    let mut ways = vec![
        vec![
            ("origin", EVIL),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "cors"),
        ],
        vec![("origin", EVIL)],
        vec![
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "iframe"),
            ("accept", "text/html"),
        ],
        vec![
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-dest", "empty"),
        ],
    ];
    ways.extend(["image", "script", "style", "object", "audio", "empty"].map(no_cors));
    ways
}

/// A window that a foreign page opens; `Sec-Fetch-User` says whether by a click.
const WINDOW: [(&str, &str); 5] = [
    ("sec-fetch-site", "cross-site"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-dest", "document"),
    ("accept", "text/html"),
    ("sec-fetch-user", "?1"),
];
const FORWARDED: &str = "/auth/api/jira/11111111-aaaa-4aaa-8aaa-111111111111/rest/api/3/myself";

/// Every JSON route, whatever its method.
async fn reads(world: &World) -> BTreeSet<String> {
    let operations = world.operations().await;
    operations.into_iter().map(|one| one.path).collect()
}

fn assert_alike(one: &Seen, other: &Seen, note: &str) {
    assert_eq!(one.status(), other.status(), "{note}");
    assert_eq!(one.text(), other.text(), "{note}");
    assert_eq!(one.response.headers(), other.response.headers(), "{note}");
}

/// Two browsers, signed out and signed in, get the same status, length and fields.
async fn assert_reads_are_alike(
    stranger: &mut Browser,
    user: &mut Browser,
    reads: &BTreeSet<String>,
) {
    let window = &WINDOW[..4];
    for path in reads {
        for way in ways_to_load() {
            let one = stranger.request("GET", path, &way).await;
            let other = user.request("GET", path, &way).await;
            assert_alike(&one, &other, &format!("{path} {way:?}"));
            assert_ne!(one.status(), 200, "{path} {way:?}: {}", one.text());
        }
        let one = stranger.request("GET", path, window).await;
        let other = user.request("GET", path, window).await;
        assert_alike(&one, &other, path);
    }
}

/// A window that leads to a login.
async fn assert_windows_are_alike(stranger: &Browser, user: &Browser) {
    for path in [
        "/auth/login",
        "/auth/login?account=same",
        "/auth/callback",
        "/auth/error",
        "/auth/done",
    ] {
        let one = stranger.clone().request("GET", path, &WINDOW).await;
        let other = user.clone().request("GET", path, &WINDOW).await;
        let place = |seen: &Seen| seen.location().split('?').next().map(str::to_owned);
        assert_eq!(
            (one.status(), place(&one)),
            (other.status(), place(&other)),
            "{path}"
        );
        if !path.ends_with("/login") {
            assert_eq!(one.text(), other.text(), "{path}");
        }
    }
}

#[tokio::test]
async fn a_foreign_page_learns_nothing() {
    let world = world().await;
    let mut stranger = world.browser();
    let mut user = world.signed_in("mia").await;
    let before = world.sessions.calls();
    let mut reads = reads(&world).await;
    reads.insert("/auth/me?callback=alert".to_owned());
    reads.insert(FORWARDED.to_owned());

    assert_reads_are_alike(&mut stranger, &mut user, &reads).await;
    assert_windows_are_alike(&stranger, &user).await;
    let form = [
        ("origin", EVIL),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("accept", "text/html"),
        FORM,
    ];
    for (method, path) in &changes(&world).await {
        let one = stranger.request(method, path, &form).await;
        let other = user.request(method, path, &form).await;
        assert_alike(&one, &other, path);
    }

    assert_eq!(world.sessions.calls(), before, "the store was not asked");
}

#[tokio::test]
async fn a_foreign_page_learns_nothing_of_who_is_connected() {
    let world = World::connecting(|builder| builder).await;
    let mut stranger = world.browser();
    let mut paula = world.browser().with_user("app-user", "paula");
    paula.connect(&world, "mia", "").await;

    let reads = reads(&world).await;
    assert_reads_are_alike(&mut stranger, &mut paula, &reads).await;
}

#[tokio::test]
async fn json_is_json_whatever_is_asked_for() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    let seen = browser.fetch("GET", "/auth/me?callback=alert").await;
    assert!(seen.text().starts_with('{'));
    assert_eq!(seen.header("content-type"), "application/json");
    assert_eq!(seen.header("x-content-type-options"), "nosniff");
    assert_eq!(seen.header("cross-origin-resource-policy"), "same-origin");
}
