//! Logouts: by a page, by a script, by a handler, of one session and of all.

use std::time::Duration;

use bytes::Bytes;

use super::{World, desk_and_phone};

#[tokio::test]
async fn logout_ends_the_session_at_the_server_and_in_the_browser() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    let mut thief = browser.clone();

    let page = browser.open("/auth/logout").await;
    let seen = browser.submit("/auth/logout", "return_to=/public").await;

    assert_eq!(page.status(), 200);
    assert_eq!((seen.status(), seen.location()), (303, "/public"));
    assert!(browser.cookies.is_empty());
    assert_eq!(thief.who_am_i().await, None);
}

#[tokio::test]
async fn logout_everywhere_ends_all_sessions_of_the_account_and_no_other() {
    let world = World::new().await;
    let (mut desk, mut phone) = desk_and_phone(&world).await;
    let mut edward = world.signed_in("edward").await;

    desk.submit("/auth/logout", "everywhere=true").await;

    assert_eq!(phone.who_am_i().await, None);
    assert!(edward.who_am_i().await.is_some());
}

#[tokio::test]
async fn a_logout_happens_although_the_visitor_hangs_up() {
    for form in ["", "everywhere=true"] {
        let world = World::new().await;
        let (mut desk, mut phone) = desk_and_phone(&world).await;
        world.sessions.delete_slowly();
        let mut gone = desk.clone();
        let request = tokio::spawn(async move { gone.submit("/auth/logout", form).await });
        world.sessions.a_slow_deletion().await;

        request.abort();
        assert!(world.auth.drain(Duration::from_secs(5)).await);

        assert_eq!(desk.who_am_i().await, None);
        assert_eq!(phone.who_am_i().await.is_none(), !form.is_empty());
    }
}

#[tokio::test]
async fn a_script_signs_out_everywhere_with_json_and_nothing_is_overlooked() {
    let world = World::new().await;
    let (mut desk, mut phone) = desk_and_phone(&world).await;
    let script = [
        ("content-type", "application/json"),
        ("accept", "application/json"),
        ("sec-fetch-site", "same-origin"),
    ];

    for (body, status, stays) in [
        (r#"{"everywhere": 1}"#, 400, true),
        ("everywhere=true", 400, true),
        (r#"{"everywhere": true}"#, 204, false),
    ] {
        let seen = desk
            .send("POST", "/auth/logout", &script, Bytes::from(body))
            .await;
        assert_eq!(
            (seen.status(), phone.who_am_i().await.is_some()),
            (status, stays),
            "{body}"
        );
    }
}

#[tokio::test]
async fn logout_stays_a_logout_while_a_request_is_in_flight() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    let mut before = browser.clone();
    // The activity of this request is due to be written, in the background.
    world.clock.advance(Duration::from_secs(3600));
    let mut in_flight = browser.clone();
    in_flight.open("/user").await;

    browser.submit("/auth/logout", "").await;
    assert!(world.auth.drain(Duration::from_secs(5)).await);

    assert_eq!(before.who_am_i().await, None);
}

#[tokio::test]
async fn a_handler_can_end_the_session() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;

    let seen = browser.open("/bye").await;

    assert_eq!(seen.text(), "bye");
    assert_eq!(seen.header("cache-control"), "private, no-store");
    // What the handler says to certain caches would overrule it there.
    assert_eq!(seen.header("cdn-cache-control"), "");
    assert_eq!(seen.header("surrogate-control"), "");
    assert!(browser.cookies.is_empty());
    assert_eq!(browser.who_am_i().await, None);
}
