//! When Atlassian or the set-up fails.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use threelo::Environment;
use threelo::internals::FlowMarks;
use threelo::internals::MarkKey;
use threelo::store::{Spent, StoreError};
use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::App as _;

use super::{App, Browser, World};

async fn ends_with(endpoint: Endpoint, fault: Fault, reason: &str) {
    let world = World::new().await;
    // More often than a login tries.
    world.sandbox.fault(endpoint, fault, 100);
    let mut browser = world.browser();

    let (_, seen) = browser.sign_in(&world, "mia", "/user").await;

    assert_eq!(
        seen.location(),
        format!("/auth/error?reason={reason}&return_to=%2Fuser")
    );
    assert_eq!(browser.who_am_i().await, None);
    assert!(browser.cookies.is_empty(), "the flow is over");
    assert_eq!(
        world.sandbox.count("POST", "/oauth/token"),
        1,
        "a code is never sent twice"
    );
    // Nothing is broken for good.
    world.sandbox.mend();
    assert_eq!(
        browser.sign_in(&world, "mia", "/user").await.1.location(),
        "/user"
    );
}

#[tokio::test]
async fn an_outage_of_the_token_endpoint_is_unavailable() {
    ends_with(Endpoint::Token, Fault::Status(503), "unavailable").await;
}

#[tokio::test]
async fn an_html_page_instead_of_tokens_is_unavailable() {
    ends_with(Endpoint::Token, Fault::Html, "unavailable").await;
}

#[tokio::test]
async fn a_cut_connection_is_unavailable() {
    ends_with(Endpoint::Token, Fault::CutBefore, "unavailable").await;
}

#[tokio::test]
async fn a_lost_token_answer_is_unavailable_and_not_repeated() {
    ends_with(Endpoint::Token, Fault::CutAfter, "unavailable").await;
}

#[tokio::test]
async fn an_unreadable_profile_makes_no_session() {
    ends_with(Endpoint::Me, Fault::Status(500), "unavailable").await;
}

#[tokio::test]
async fn a_missing_user_identity_api_is_the_operators_business() {
    ends_with(Endpoint::Me, Fault::Status(403), "setup").await;
}

#[tokio::test]
async fn a_redirect_by_the_token_endpoint_is_not_followed() {
    let elsewhere = threelo_sandbox::Sandbox::builder().start().await.unwrap();
    let location = format!("{}/oauth/token", elsewhere.url());
    ends_with(
        Endpoint::Token,
        Fault::Redirect {
            status: 307,
            location,
        },
        "unavailable",
    )
    .await;
    assert_eq!(elsewhere.journal().len(), 0);
}

#[tokio::test]
async fn a_wrong_client_secret_is_the_operators_business() {
    let world = World::new().await;
    let wrong = threelo::Credentials::new(world.sandbox.client_id(), "wrong");
    let auth = threelo::Auth::builder(wrong, threelo_tests::ORIGIN)
        .environment(Environment::custom(
            world.sandbox.url(),
            world.sandbox.url(),
        ))
        .clock(world.clock.clone())
        .build()
        .unwrap();
    let app = App::new(&auth);
    let mut browser = Browser::new(&app);

    let (_, seen) = browser.sign_in(&world, "mia", "/user").await;

    assert!(seen.location().starts_with("/auth/error?reason=setup"));
    let page = browser.open(seen.location()).await;
    assert_eq!(page.status(), 500);
}

#[tokio::test]
async fn a_store_that_is_down_at_the_callback_costs_an_error_page_and_nothing_more() {
    let world = World::new().await;
    let mut browser = world.browser();
    let callback = browser.callback_of_login(&world, "mia", "/user").await;
    world.sessions.set_down(true);

    let seen = browser.arrive(&callback).await;
    world.sessions.set_down(false);

    assert!(
        seen.location()
            .starts_with("/auth/error?reason=unavailable")
    );
    assert!(world.auth.drain(Duration::from_secs(5)).await);
    assert_eq!(
        browser.sign_in(&world, "mia", "/user").await.1.location(),
        "/user"
    );
}

/// The operator of the app reads the database's message, wherever it failed.
#[tokio::test]
async fn what_a_store_failed_with_is_in_the_log() {
    let logs = threelo_tests::capture_logs();
    let world = World::new().await;
    let mut browser = world.browser();
    world.grants.fail_writes(1);
    browser.sign_in(&world, "mia", "/user").await;
    assert!(
        logs.text()
            .contains("while a consent was stored error=the store failed: this write fails")
    );

    for (why, at) in [
        ("the disk of this session is full", "/user"),
        ("no such table: sessions_of_this_list", "/auth/sessions"),
    ] {
        world.sessions.set_down_by(Some(why));
        assert_eq!(browser.fetch("GET", at).await.status(), 503);
        assert!(logs.text().contains(&format!(
            "the session store failed: the store failed: {why}"
        )));
    }
    world.sessions.set_down(false);

    let mut another = world.browser();
    let callback = another.callback_of_login(&world, "mia", "/user").await;
    world
        .sessions
        .set_down_by(Some("no room for this new session"));
    another.arrive(&callback).await;
    assert!(logs.text().contains("no room for this new session"));
    world.sessions.set_down(false);

    let auth = world.another_auth(|builder| {
        builder.record_stores(
            world.sessions.clone(),
            world.grants.clone(),
            Arc::new(NoMarks),
        )
    });
    let mut third = Browser::new(&App::new(&auth));
    let authorize = third.start_login("/user").await;
    third.consent(&world, &authorize, "mia").await;
    assert!(logs.text().contains("these marks cannot be read"));
}

/// Such as a proxy that is missing, or a certificate of an unknown authority.
#[tokio::test]
async fn what_kept_atlassian_from_answering_is_in_the_log() {
    const NOWHERE: &str = "http://127.0.0.1:1";
    let logs = threelo_tests::capture_logs();
    let world = World::new().await;
    let auth =
        world.another_auth(|builder| builder.environment(Environment::custom(NOWHERE, NOWHERE)));
    let mut browser = Browser::new(&App::new(&auth));
    let authorize = browser.start_login("/user").await;
    let state = authorize.split("state=").nth(1).unwrap();
    let state = state.split('&').next().unwrap();

    let seen = browser
        .arrive(&format!("/auth/callback?code=canary-code&state={state}"))
        .await;

    assert!(
        seen.location()
            .starts_with("/auth/error?reason=unavailable")
    );
    let text = logs.text();
    let line = text
        .lines()
        .find(|line| line.contains("Connection refused"));
    assert!(line.unwrap().contains("Atlassian could not be reached: "));
    assert!(!text.contains(NOWHERE) && !text.contains("canary-code"));
}

#[derive(Debug)]
struct NoMarks;

#[async_trait::async_trait]
impl FlowMarks for NoMarks {
    async fn spend(&self, _: MarkKey, _: SystemTime, _: SystemTime) -> Result<Spent, StoreError> {
        Err(StoreError::Failed("these marks cannot be read".into()))
    }
}

#[tokio::test]
async fn form_encoding_works_as_well_as_json() {
    let world = World::with(|builder| builder.token_encoding(threelo::TokenEncoding::Form)).await;

    assert_eq!(
        world
            .browser()
            .sign_in(&world, "mia", "/user")
            .await
            .1
            .location(),
        "/user"
    );
}
