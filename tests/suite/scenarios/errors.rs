//! When Atlassian or the set-up fails.

use std::time::Duration;

use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::App as _;

use super::{App, Browser, World};

async fn ends_with(endpoint: Endpoint, fault: Fault, reason: &str) {
    let world = World::new().await;
    world.sandbox.fault(endpoint, fault, 1);
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
        .environment(threelo::Environment::custom(
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
    let authorize = browser.start_login("/user").await;
    let callback = world
        .sandbox
        .approve(&authorize, "mia", None)
        .await
        .unwrap();
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
