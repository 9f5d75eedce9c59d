//! The sessions that tickets make, beside the one they come from.

use std::time::Duration;

use threelo::internals::SessionStore as _;
use threelo_tests::rounds;

use super::{OTHER, World, get, open_to_browsers, redeem, ticket, world};

#[tokio::test]
async fn an_account_that_may_have_one_session_keeps_the_new_one() {
    let world = World::with(|builder| open_to_browsers(builder).sessions_per_account(1)).await;
    let mut window = world.browser();
    let ticket = ticket(&world, &mut window, OTHER, OTHER).await;
    let mut page = world.browser();
    assert_eq!(
        redeem(&mut page, OTHER, &ticket, "cookie").await.status(),
        200
    );
    assert_eq!(get(&mut page, OTHER, "/auth/me").await.status(), 200);
    assert!(window.who_am_i().await.is_some());
}

#[tokio::test]
async fn a_page_that_signs_in_again_replaces_its_session() {
    let world = world().await;
    let mut window = world.browser();
    let mut page = world.browser();
    for _ in 0..3 {
        let ticket = ticket(&world, &mut window, OTHER, OTHER).await;
        redeem(&mut page, OTHER, &ticket, "cookie").await;
    }
    let sessions = get(&mut page, OTHER, "/auth/sessions").await.json();
    assert_eq!(
        sessions["sessions"].as_array().unwrap().len(),
        2,
        "the window's and the page's"
    );
}

/// While a ticket is redeemed, its account signs out everywhere on another device.
#[tokio::test]
async fn a_sign_out_everywhere_reaches_the_session_that_is_being_made() {
    let world = world().await;
    let mut window = world.browser();
    for deliver in ["cookie", "bearer"] {
        let ticket = ticket(&world, &mut window, OTHER, OTHER).await;
        world.sessions.sign_out_before_next_insert();
        let seen = redeem(&mut world.browser(), OTHER, &ticket, deliver).await;

        assert_eq!(seen.status(), 403, "{}", seen.text());
        let left = world.sessions.list_of(&world.account("mia")).await.unwrap();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[tokio::test]
async fn a_session_for_another_site_ends_when_the_one_it_comes_from_would() {
    let world = world().await;
    let mut window = world.browser();
    let ticket = ticket(&world, &mut window, OTHER, OTHER).await;
    world.pass(Duration::from_secs(50));
    let mut page = world.browser();
    let seen = redeem(&mut page, OTHER, &ticket, "cookie").await;
    assert_eq!(seen.json()["expires_in"], 7 * 24 * 3600 - 50);
    let sessions = get(&mut page, OTHER, "/auth/sessions").await.json();
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 2);
    // Everywhere means everywhere.
    window.submit("/auth/logout", "everywhere=true").await;
    assert_eq!(get(&mut page, OTHER, "/auth/me").await.status(), 401);
}

/// Whichever comes first, no session is left that nobody ended.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_redeem_and_a_sign_out_everywhere_in_one_moment_no_session_is_left() {
    let world = world().await;
    for round in 0..rounds(100, 1000) as u32 {
        let mut window = world.browser();
        let ticket = ticket(&world, &mut window, OTHER, OTHER).await;
        let mut page = world.browser();
        let redeemed = async {
            // The two meet at every point of each other's way.
            tokio::time::sleep(Duration::from_micros(37) * (round % 40)).await;
            redeem(&mut page, OTHER, &ticket, "cookie").await
        };
        let (_redeemed, ended) =
            tokio::join!(redeemed, window.submit("/auth/logout", "everywhere=true"));
        assert_eq!(ended.status(), 303, "{round}: {}", ended.text());

        assert_eq!(get(&mut page, OTHER, "/auth/me").await.status(), 401);
        let left = world.sessions.list_of(&world.account("mia")).await.unwrap();
        assert!(left.is_empty(), "{round}: {left:?}");
    }
}
