//! Sessions: new at every login, gone at logout, bounded in time and number.

mod logout;

use std::time::Duration;

use threelo::Environment;
use threelo_tests::App as _;

use super::{App, Browser, World};

/// Two browsers of Mia's; the one at her desk signed in first.
async fn desk_and_phone(world: &World) -> (Browser, Browser) {
    let desk = world.signed_in("mia").await;
    world.clock.advance(Duration::from_secs(1));
    (desk, world.signed_in("mia").await)
}

#[tokio::test]
async fn a_public_route_with_a_session_cookie_costs_no_store_call() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    let before = world.sessions.calls();

    let seen = browser.open("/public").await;

    assert_eq!(seen.text(), "public");
    assert_eq!(world.sessions.calls(), before);
    assert_eq!(seen.header("cache-control"), "");
    assert_eq!(seen.header("vary"), "");
}

#[tokio::test]
async fn an_authenticated_route_costs_one_store_call_and_is_kept_by_no_cache() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    let before = world.sessions.calls();

    let seen = browser.open("/user").await;

    assert_eq!(world.sessions.calls(), before + 1);
    assert_eq!(seen.header("cache-control"), "private, no-store");
    assert_eq!(seen.header("vary"), "Cookie");
}

#[tokio::test]
async fn every_login_makes_a_new_session_and_ends_the_old_one() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    let mut old = browser.clone();

    browser.sign_in(&world, "edward", "/").await;

    assert_ne!(old.cookies, browser.cookies);
    assert_eq!(old.who_am_i().await, None);
    assert!(browser.who_am_i().await.is_some());
}

#[tokio::test]
async fn a_planted_session_id_is_never_adopted() {
    let world = World::new().await;
    let mut browser = world.browser();
    let planted = "A".repeat(43);
    browser
        .cookies
        .insert("threelo-session-3000".to_owned(), planted.clone());

    assert_eq!(browser.who_am_i().await, None);
    browser.sign_in(&world, "mia", "/").await;

    assert_ne!(browser.cookies["threelo-session-3000"], planted);
}

/// Two apps with one database and the same keys: a session of one is unknown to the other.
#[tokio::test]
async fn a_session_is_good_in_its_own_app_only() {
    let world = World::new().await;
    let elsewhere = Environment::custom("http://127.0.0.1:2", "http://127.0.0.1:2");
    let other = world.another_auth(|builder| builder.environment(elsewhere));
    let mut browser = world.signed_in("mia").await;
    let mut mallory = Browser::new(&App::new(&other));

    mallory.cookies.clone_from(&browser.cookies);

    assert_eq!(mallory.who_am_i().await, None);
    assert!(browser.who_am_i().await.is_some());
}

#[tokio::test]
async fn a_session_ends_when_idle_and_at_its_absolute_end() {
    let world = World::new().await;
    let mut idle = world.signed_in("mia").await;
    world.clock.advance(Duration::from_secs(8 * 3600));
    assert_eq!(idle.who_am_i().await, None);

    let mut busy = world.signed_in("mia").await;
    for hour in 1..=167 {
        world.clock.advance(Duration::from_secs(3600));
        assert!(busy.who_am_i().await.is_some(), "hour {hour}");
        assert!(world.auth.drain(Duration::from_secs(5)).await);
    }
    world.clock.advance(Duration::from_secs(3600));
    assert_eq!(busy.who_am_i().await, None);
}

#[tokio::test]
async fn activity_is_written_at_most_every_few_minutes() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    world.clock.advance(Duration::from_secs(300));
    let before = world.sessions.calls();

    for _ in 0..100 {
        browser.open("/user").await;
        assert!(world.auth.drain(Duration::from_secs(5)).await);
    }

    assert_eq!(world.sessions.calls() - before, 101);
}

#[tokio::test]
async fn the_oldest_of_too_many_sessions_ends() {
    let world = World::with(|builder| builder.sessions_per_account(2)).await;
    let mut browsers = [world.browser(), world.browser(), world.browser()];
    for browser in &mut browsers {
        world.clock.advance(Duration::from_secs(1));
        browser.sign_in(&world, "mia", "/").await;
    }

    let [first, second, third] = &mut browsers;
    assert_eq!(first.who_am_i().await, None);
    assert!(second.who_am_i().await.is_some());
    assert!(third.who_am_i().await.is_some());
}

#[tokio::test]
async fn visitors_see_their_sessions_and_end_them_by_handle() {
    let world = World::new().await;
    let (mut desk, mut phone) = desk_and_phone(&world).await;
    let mut edward = world.signed_in("edward").await;

    let listed = desk.fetch("GET", "/auth/sessions").await.json();
    let sessions = listed["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[1]["current"], true);
    let phones = format!("/auth/sessions/{}", sessions[0]["handle"].as_str().unwrap());

    assert_eq!(edward.fetch("DELETE", &phones).await.status(), 404);
    assert!(phone.who_am_i().await.is_some());
    assert_eq!(desk.fetch("DELETE", &phones).await.status(), 204);
    assert_eq!(phone.who_am_i().await, None);
}

#[tokio::test]
async fn a_handler_lists_and_ends_the_accounts_sessions() {
    let world = World::new().await;
    let (mut desk, mut phone) = desk_and_phone(&world).await;
    let mut edward = world.signed_in("edward").await;

    let handles = desk.fetch("GET", "/my-sessions").await.text();
    let phones = handles.lines().next().unwrap();
    assert_eq!(handles.lines().count(), 2);
    let path = format!("/my-sessions?end={phones}");
    assert_eq!(edward.fetch("GET", &path).await.text(), "false");
    assert_eq!(desk.fetch("GET", &path).await.text(), "true");
    assert_eq!(phone.who_am_i().await, None);

    phone.sign_in(&world, "mia", "/").await;
    let seen = desk.open("/bye-everywhere").await;
    assert_eq!(seen.text(), "bye");
    assert!(desk.cookies.is_empty());
    assert_eq!(phone.who_am_i().await, None);
    assert!(edward.who_am_i().await.is_some());
}

#[tokio::test]
async fn when_the_store_is_down_no_user_is_taken_for_a_stranger() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    world.sessions.set_down(true);

    for path in ["/", "/user", "/auth/me"] {
        assert_eq!(browser.open(path).await.status(), 503, "{path}");
    }
    assert_eq!(browser.submit("/auth/logout", "").await.status(), 503);
    assert_eq!(browser.open("/public").await.status(), 200);
    world.sessions.set_down(false);
    assert_eq!(browser.open("/user").await.text(), "Mia Krystof");
}

#[tokio::test]
async fn an_inactive_account_gets_no_session() {
    let world = World::new().await;
    let mut browser = world.browser();

    let (_, seen) = browser.sign_in(&world, "ines", "/user").await;

    assert!(seen.location().starts_with("/auth/error?reason=account"));
    assert_eq!(browser.who_am_i().await, None);
}

#[tokio::test]
async fn me_tells_the_profile_scopes_site_and_seconds_left_and_no_token() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;

    let me = browser.fetch("GET", "/auth/me").await;

    assert_eq!(me.json()["session"]["seconds_left"], 7 * 24 * 3600);
    assert_eq!(
        me.json()["scopes"],
        serde_json::json!(["offline_access", "read:jira-work", "read:me"])
    );
    assert!(me.json()["site"]["name"].is_string());
    assert_eq!(me.header("cache-control"), "no-store");
    let fields: Vec<String> = me.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        fields,
        [
            "account_id",
            "consent",
            "profile",
            "scopes",
            "session",
            "site",
            "token"
        ]
    );
}

/// The session that a step-up replaces is not one too many.
#[tokio::test]
async fn a_step_up_within_the_limit_ends_no_other_session() {
    let world = World::with(|builder| builder.sessions_per_account(2)).await;
    let mut desk = world.signed_in("edward").await;
    world.pass(Duration::from_secs(1));
    let mut phone = world.signed_in("edward").await;

    for _ in 0..3 {
        world.pass(Duration::from_secs(1));
        phone.sign_in(&world, "edward", "/").await;
    }

    assert!(desk.who_am_i().await.is_some());
}
