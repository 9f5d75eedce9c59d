//! CORS: T119 to T125 (docs/attacks.md), and the origins of the corpus.

use serde_json::Value;
use threelo_tests::malformed;

use super::{Browser, EVIL, EXTENSION, OTHER, SPA, World, get, is_readable, post, world};

#[tokio::test]
async fn origins_of_the_corpus_are_matched_byte_by_byte() {
    let world =
        World::with(|builder| builder.cross_site_origins(["https://spa.example.com"])).await;
    let mut run = 0;
    for case in malformed("origin_header") {
        let expect = &case["expect"];
        for origin in case["input"].as_array().unwrap() {
            let origin = origin.as_str().unwrap();
            if origin.contains('\0') {
                continue;
            }
            run += 1;
            for path in ["/auth/me", "/auth/sites", "/auth/logout"] {
                let mut browser = world.browser();
                let headers = [("origin", origin), ("accept", "application/json")];
                let seen = browser.request("GET", path, &headers).await;

                let allowed = seen.response.headers().get("access-control-allow-origin");
                let allowed = allowed.map(|value| value.to_str().unwrap());
                let note = format!("{} on {path}", case["note"]);
                assert_eq!(allowed, expect["allow_origin"].as_str(), "{note}");
                let credentials = seen.header("access-control-allow-credentials") == "true";
                assert_eq!(
                    Value::from(credentials),
                    expect["allow_credentials"],
                    "{note}"
                );
                assert!(seen.header("vary").contains("Origin"), "{note}");
            }
        }
    }
    assert!(run >= 15, "{run}");
}

/// Preflights of scripts: for each JSON route from each origin, and the fields that the answer allows.
struct Preflights<'a> {
    origins: &'a [&'a str],
    fields: &'a str,
}

#[tokio::test]
async fn a_preflight_is_answered_from_lists_before_any_session_is_read() {
    let world = world().await;
    let mut browser = world.signed_in("mia").await;
    let preflights = Preflights {
        origins: &[SPA, OTHER, EXTENSION],
        fields: "Authorization, Content-Type, X-Threelo, X-Threelo-Account, X-Threelo-Site, X-Atlassian-Token",
    };
    assert_allowed(&world, &mut browser, &preflights).await;

    let world = World::connecting(|builder| builder.same_site_origins([SPA])).await;
    let mut browser = world.browser().with_user("app-user", "paula");
    let preflights = Preflights {
        origins: &[SPA],
        fields: "Content-Type, X-Threelo, X-Threelo-Account, X-Threelo-Site",
    };
    assert_allowed(&world, &mut browser, &preflights).await;
}

async fn assert_allowed(world: &World, browser: &mut Browser, preflights: &Preflights<'_>) {
    let calls = || world.sessions.calls() + world.grants.loads();
    let before = calls();
    for operation in &world.operations().await {
        let (method, path) = (&*operation.method, &*operation.path);
        for &origin in preflights.origins {
            let headers = [
                ("origin", origin),
                ("access-control-request-method", method),
                ("access-control-request-headers", "x-threelo,content-type"),
                ("access-control-request-private-network", "true"),
            ];
            let seen = browser.request("OPTIONS", path, &headers).await;

            assert_eq!(seen.status(), 204, "{path} {}", seen.text());
            assert!(is_readable(&seen, origin), "{path}");
            let methods = seen.header("access-control-allow-methods");
            assert!(methods.split(", ").any(|one| one == method), "{methods}");
            assert_eq!(
                seen.header("access-control-allow-headers"),
                preflights.fields
            );
            assert_eq!(seen.header("access-control-max-age"), "600");
            assert_eq!(seen.header("access-control-allow-private-network"), "");
            assert_eq!(seen.header("set-cookie"), "");
        }
        let foreign = [("origin", EVIL), ("access-control-request-method", method)];
        let seen = browser.request("OPTIONS", path, &foreign).await;
        assert_eq!(seen.status(), 403, "{path}");
        let fields = seen.response.headers().keys();
        assert!(
            !fields
                .into_iter()
                .any(|name| name.as_str().starts_with("access-control"))
        );
    }
    assert_eq!(calls(), before, "no preflight reads the store");
}

#[tokio::test]
async fn pages_and_redirects_are_never_readable() {
    let world = world().await;
    let mut browser = world.signed_in("mia").await;
    for path in [
        "/auth/login",
        "/auth/callback",
        "/auth/logout",
        "/auth/error",
        "/auth/done",
        "/auth/sites",
        "/auth/disconnect",
    ] {
        let page = [
            ("origin", SPA),
            ("accept", "text/html"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
            ("sec-fetch-site", "same-site"),
        ];
        let seen = browser.request("GET", path, &page).await;
        assert!(!is_readable(&seen, SPA), "{path}");
        let preflight = [("origin", SPA), ("access-control-request-method", "GET")];
        let seen = browser.request("OPTIONS", path, &preflight).await;
        let is_json = matches!(path, "/auth/sites" | "/auth/logout" | "/auth/disconnect");
        assert_eq!(is_readable(&seen, SPA), is_json, "{path}");
    }
}

#[tokio::test]
async fn every_status_is_as_readable_as_success() {
    let world = world().await;
    let mut browser = world.browser();

    let stranger = get(&mut browser, SPA, "/auth/me").await;
    assert_eq!(
        (stranger.status(), is_readable(&stranger, SPA)),
        (401, true)
    );
    let login_url = stranger.json()["login_url"].as_str().unwrap().to_owned();
    assert_eq!(login_url, "http://localhost:3000/auth/login");

    browser.sign_in(&world, "mia", "/").await;
    let me = get(&mut browser, SPA, "/auth/me").await;
    assert_eq!((me.status(), is_readable(&me, SPA)), (200, true));
    let unknown = r#"{"site": "99999999-9999-4999-8999-999999999999"}"#;
    let refused = post(&mut browser, SPA, "/auth/site", unknown).await;
    assert_eq!((refused.status(), is_readable(&refused, SPA)), (403, true));
    let large = format!(r#"{{"site": "{}"}}"#, "x".repeat(5000));
    let refused = post(&mut browser, SPA, "/auth/site", &large).await;
    assert_eq!((refused.status(), is_readable(&refused, SPA)), (413, true));
    let refused = get(&mut browser, SPA, "/auth/token").await;
    assert_eq!((refused.status(), is_readable(&refused, SPA)), (405, true));
    world.sessions.set_down(true);
    let down = get(&mut browser, SPA, "/auth/me").await;
    assert_eq!((down.status(), is_readable(&down, SPA)), (503, true));
    assert_eq!(down.header("retry-after"), "5");
    assert!(
        down.header("access-control-expose-headers")
            .contains("Retry-After")
    );
}

#[tokio::test]
async fn without_listed_origins_nothing_is_readable() {
    let world = World::new().await;
    let mut browser = world.browser();
    for origin in [SPA, OTHER, EVIL] {
        let seen = get(&mut browser, origin, "/auth/me").await;
        assert_eq!((seen.status(), is_readable(&seen, origin)), (403, false));
        let preflight = [("origin", origin), ("access-control-request-method", "GET")];
        let seen = browser.request("OPTIONS", "/auth/me", &preflight).await;
        assert_eq!(seen.status(), 405);
    }
    for path in [
        "/auth/token",
        "/auth/redeem",
        "/auth/done",
        "/auth/popup.js",
    ] {
        assert_eq!(browser.fetch("POST", path).await.status(), 404, "{path}");
    }
}
