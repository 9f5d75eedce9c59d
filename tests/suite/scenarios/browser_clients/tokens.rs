//! `POST token`: the access token, and nothing else.

use std::time::Duration;

use super::{EVIL, SPA, Script, World, get, is_readable, post, world};

#[tokio::test]
async fn a_listed_page_gets_the_access_token_and_never_the_refresh_token() {
    let world = world().await;
    let mut browser = world.signed_in("edward").await;
    let key = world.grant_key("edward");
    let tokens = world.grants.stored(&key).await.tokens.clone();

    let seen = post(&mut browser, SPA, "/auth/token", "").await;

    assert_eq!(
        (seen.status(), is_readable(&seen, SPA)),
        (200, true),
        "{}",
        seen.text()
    );
    let body = seen.json();
    let fields: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["access_token", "account_id", "expires_in", "site"]);
    assert_eq!(body["access_token"], tokens.access_token.expose());
    assert!(body["expires_in"].as_u64().unwrap() > 3000);
    assert!(body["site"]["id"].is_string());
    assert_eq!(seen.header("cache-control"), "no-store");
    let refresh = tokens.refresh_token.unwrap();
    assert!(!seen.text().contains(refresh.expose()));
    let own = browser.submit("/auth/token", "").await;
    assert_eq!(own.json()["access_token"], body["access_token"]);
}

#[tokio::test]
async fn the_access_token_is_refreshed_when_less_than_five_minutes_are_left() {
    let world = world().await;
    let mut browser = world.signed_in("edward").await;
    let first = post(&mut browser, SPA, "/auth/token", "").await.json();
    world.pass(Duration::from_secs(3600 - 301));
    let same = post(&mut browser, SPA, "/auth/token", "").await.json();
    assert_eq!(same["access_token"], first["access_token"]);
    assert_eq!(world.refreshes(), 0);
    world.pass(Duration::from_secs(2));

    let next = post(&mut browser, SPA, "/auth/token", "").await.json();

    assert_ne!(next["access_token"], first["access_token"]);
    assert!(next["expires_in"].as_u64().unwrap() > 3000);
    assert_eq!(world.refreshes(), 1);
}

/// A token that cannot be refreshed just now is handed out while it is valid.
#[tokio::test]
async fn while_atlassian_is_silent_the_token_that_works_is_given() {
    use threelo_sandbox::{Endpoint, Fault};
    let world = world().await;
    let mut browser = world.signed_in("edward").await;
    let first = post(&mut browser, SPA, "/auth/token", "").await.json();
    world.pass(Duration::from_secs(3600 - 200));
    world.sandbox.fault(Endpoint::Token, Fault::Status(503), 50);

    let seen = post(&mut browser, SPA, "/auth/token", "").await;

    assert_eq!(seen.status(), 200, "{}", seen.text());
    assert_eq!(seen.json()["access_token"], first["access_token"]);
    assert!(seen.json()["expires_in"].as_u64().unwrap() <= 200);
}

/// A page whose token Atlassian refuses gets another one; a page that says so all the time causes no flood of refreshes.
#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let world = world().await;
    let mut browser = world.signed_in("edward").await;
    let first = post(&mut browser, SPA, "/auth/token", "").await.json();
    world.pass(Duration::from_secs(31));
    for _ in 0..5 {
        let refused = r#"{"refused": "true"}"#;
        let next = post(&mut browser, SPA, "/auth/token", refused).await.json();
        assert_ne!(next["access_token"], first["access_token"]);
    }
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn the_access_token_needs_a_session_a_proof_and_a_listed_origin() {
    let world = world().await;
    let mut browser = world.browser();
    assert_eq!(
        post(&mut browser, SPA, "/auth/token", "").await.status(),
        401
    );
    browser.sign_in(&world, "edward", "/").await;
    let unproven = Script::new(SPA, "POST", "/auth/token")
        .send(&mut browser)
        .await;
    assert_eq!(unproven.status(), 403);
    let foreign = post(&mut browser, EVIL, "/auth/token", "").await;
    assert_eq!(
        (foreign.status(), is_readable(&foreign, EVIL)),
        (403, false)
    );
    assert_eq!(get(&mut browser, SPA, "/auth/token").await.status(), 405);
    let elsewhere = r#"{"site": "33333333-cccc-4ccc-8ccc-333333333333"}"#;
    let seen = post(&mut browser, SPA, "/auth/token", elsewhere).await;
    assert_eq!(seen.json()["code"], "unknown_site");

    let without = World::with(|builder| builder.same_site_origins([SPA])).await;
    let mut browser = without.signed_in("edward").await;
    assert_eq!(
        post(&mut browser, SPA, "/auth/token", "").await.status(),
        404
    );
}

#[tokio::test]
async fn a_user_who_must_consent_again_is_told_where() {
    let world = world().await;
    let mut browser = world.signed_in("edward").await;
    world.sandbox.revoke_user("edward");
    world.pass(Duration::from_secs(3600));

    let seen = post(&mut browser, SPA, "/auth/token", "").await;

    assert_eq!((seen.status(), is_readable(&seen, SPA)), (401, true));
    assert_eq!(seen.json()["code"], "consent_needed");
    let login_url = seen.json()["login_url"].as_str().unwrap().to_owned();
    assert!(
        login_url.starts_with("http://localhost:3000/auth/login"),
        "{login_url}"
    );
}
