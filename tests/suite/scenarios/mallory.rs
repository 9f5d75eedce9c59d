//! The attack of Atlassian's FAQ, and its mirror: T001, T002, T004, T005 (docs/attacks.md).

use super::World;

#[tokio::test]
async fn a_callback_that_mallory_kept_does_nothing_in_edwards_browser() {
    let world = World::new().await;
    let (mut mallory, mut edward) = (world.browser(), world.browser());
    let callback = mallory.callback_of_login(&world, "mia", "/user").await;

    let seen = edward.arrive(&callback).await;

    assert_eq!(seen.location(), "/auth/error?reason=refused");
    assert_eq!(world.sandbox.count("POST", "/oauth/token"), 0);
    assert!(edward.cookies.is_empty());
    assert_eq!(edward.who_am_i().await, None);

    // Mallory's flow is still hers.
    assert_eq!(mallory.arrive(&callback).await.location(), "/user");
    assert_eq!(mallory.open("/user").await.text(), "Mia Krystof");
}

/// As if he had come back to a callback of his own from the history.
#[tokio::test]
async fn a_callback_that_mallory_kept_leads_edward_home_who_is_signed_in_and_stays_edward() {
    let world = World::new().await;
    let mut mallory = world.browser();
    let mut edward = world.signed_in("edward").await;
    let callback = mallory.callback_of_login(&world, "mia", "/user").await;
    let cookies = edward.cookies.clone();

    let seen = edward.arrive(&callback).await;

    assert_eq!((seen.status(), seen.location()), (303, "/"));
    assert_eq!(seen.header("set-cookie"), "");
    assert_eq!(world.sandbox.count("POST", "/oauth/token"), 1, "his own");
    assert_eq!(edward.cookies, cookies);
    assert_eq!(
        edward.who_am_i().await.as_deref(),
        Some(world.account("edward").as_str())
    );
    assert_eq!(mallory.arrive(&callback).await.location(), "/user");
}

#[tokio::test]
async fn a_callback_that_mallory_kept_does_nothing_while_edward_has_flows_of_his_own() {
    let world = World::new().await;
    let (mut mallory, mut edward) = (world.browser(), world.browser());
    let callback = mallory.callback_of_login(&world, "mia", "/user").await;
    let own = edward.start_login("/board").await;

    let seen = edward.arrive(&callback).await;

    assert_eq!(seen.location(), "/auth/error?reason=refused");
    assert_eq!(world.sandbox.count("POST", "/oauth/token"), 0);
    assert_eq!(
        edward.consent(&world, &own, "edward").await.location(),
        "/board"
    );
}

#[tokio::test]
async fn an_authorize_url_that_mallory_made_is_of_no_use_in_edwards_browser() {
    let world = World::new().await;
    let (mut mallory, mut edward) = (world.browser(), world.browser());
    let authorize = mallory.start_login("/user").await;

    // Edward consents at Atlassian, and Atlassian sends Edward's browser to the callback.
    let seen = edward.consent(&world, &authorize, "edward").await;

    assert_eq!(seen.location(), "/auth/error?reason=refused");
    assert_eq!(world.sandbox.count("POST", "/oauth/token"), 0);
    assert_eq!(edward.who_am_i().await, None);
    assert_eq!(mallory.who_am_i().await, None);
}

#[tokio::test]
async fn a_forged_cancel_ends_no_flow() {
    let world = World::new().await;
    let (mut mallory, mut edward) = (world.browser(), world.browser());
    let authorize = edward.start_login("/user").await;
    let cancel = world.sandbox.cancel(&authorize, "edward").await.unwrap();
    let callback = world.approve(&authorize, "edward").await;

    mallory.arrive(&cancel).await;

    assert_eq!(edward.arrive(&callback).await.location(), "/user");
}

/// T006.
#[tokio::test]
async fn states_verifiers_and_sessions_are_all_different() {
    let world = World::new().await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..200 {
        let authorize = url::Url::parse(&world.browser().start_login("/").await).unwrap();
        for (name, value) in authorize.query_pairs() {
            if name == "state" || name == "code_challenge" {
                assert_eq!(value.len(), 43);
                assert!(seen.insert(value.into_owned()));
            }
        }
    }
    assert_eq!(seen.len(), 400);
}
