//! Where a ticket goes, and when it is refused.

use std::time::Duration;

use threelo::Environment;
use threelo_tests::App as _;

use super::{
    App, BOARD, Browser, CHROMIUMAPP, EVIL, EXTENSION, OTHER, SPA, Script, VERIFIER, World,
    any_ticket, challenge, open_to_browsers, post, redeem, redeeming, ticket, world,
};

#[tokio::test]
async fn a_ticket_is_good_once_for_a_minute_for_its_origin_and_verifier() {
    let world = world().await;
    let mut window = world.browser();
    let mut page = world.browser();
    let first = ticket(&world, &mut window, OTHER, OTHER).await;

    let wrong_verifier = redeeming(&first, &VERIFIER.replace('a', "b"), "cookie");
    let attempts = [
        (OTHER, wrong_verifier, 403),
        (OTHER, redeeming(&first, "", "cookie"), 403),
        (OTHER, redeeming(&first[1..], VERIFIER, "cookie"), 403),
        (OTHER, redeeming("", VERIFIER, "cookie"), 403),
        (OTHER, "{}".to_owned(), 400),
        (OTHER, redeeming(&first, VERIFIER, "post"), 400),
        (EXTENSION, redeeming(&first, VERIFIER, "cookie"), 403),
        (SPA, redeeming(&first, VERIFIER, "cookie"), 403),
        (EVIL, redeeming(&first, VERIFIER, "cookie"), 403),
    ];
    for (origin, body, status) in attempts {
        let seen = post(&mut page, origin, "/auth/redeem", &body).await;
        assert_eq!(seen.status(), status, "{origin} {body}: {}", seen.text());
        assert_eq!(seen.header("set-cookie"), "");
    }
    let right = redeeming(&first, VERIFIER, "cookie");
    let unproven = Script::new(OTHER, "POST", "/auth/redeem")
        .body(&right)
        .send(&mut page)
        .await;
    assert_eq!(unproven.status(), 403);
    assert_eq!(
        post(&mut page, OTHER, "/auth/redeem", &right)
            .await
            .status(),
        200
    );
    let again = post(&mut page, OTHER, "/auth/redeem", &right).await;
    assert_eq!(
        (again.status(), &again.json()["code"]),
        (403, &"ticket_refused".into())
    );

    let late = ticket(&world, &mut window, OTHER, OTHER).await;
    world.pass(Duration::from_secs(60));
    let seen = redeem(&mut page, OTHER, &late, "cookie").await;
    assert_eq!(seen.status(), 403);

    let ended = ticket(&world, &mut window, OTHER, OTHER).await;
    window.submit("/auth/logout", "").await;
    let seen = redeem(&mut page, OTHER, &ended, "cookie").await;
    assert_eq!(seen.status(), 403, "the session that it names has ended");
}

#[tokio::test]
async fn of_many_concurrent_attempts_to_redeem_one_gets_a_session() {
    let world = world().await;
    let ticket = any_ticket(&world).await;
    let body = redeeming(&ticket, VERIFIER, "cookie");
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (mut page, body) = (world.browser(), body.clone());
        asking.spawn(async move { post(&mut page, OTHER, "/auth/redeem", &body).await.status() });
    }
    let statuses = asking.join_all().await;
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
}

/// Mallory makes the challenge and chooses the place: nothing that she could read there is a ticket.
#[tokio::test]
async fn a_ticket_goes_to_registered_pages_of_its_own_origin_and_nowhere_else() {
    let world = world().await;
    for (origin, place) in [
        (OTHER, "%2Fboard".to_owned()),
        (OTHER, format!("{SPA}%2Fboard")),
        (OTHER, format!("{CHROMIUMAPP}%2F")),
        (EXTENSION, format!("{OTHER}%2Fboard")),
        (CHROMIUMAPP, format!("{OTHER}%2Fboard")),
        // Pages of the origin that the app did not register: any of them may redirect, and a fragment survives that.
        (
            OTHER,
            format!("{OTHER}%2Fout%3Fto%3Dhttps%253A%252F%252Fevil.example"),
        ),
        (OTHER, format!("{OTHER}%2Fboard%2F")),
        (OTHER, format!("{OTHER}%2Fboard%3Fa%3D1")),
        (EXTENSION, format!("{CHROMIUMAPP}%2F")),
    ] {
        for display in ["", "&display=popup"] {
            let mut window = world.browser();
            let start = format!(
                "/auth/login?return_to={place}&origin={origin}&challenge={}{display}",
                challenge()
            );
            let seen = window.arrive(&start).await;
            let landed = window.consent(&world, seen.location(), "mia").await;
            assert!(
                !landed.location().contains("ticket"),
                "{}",
                landed.location()
            );
            if landed.location() == "/auth/done" {
                let page = window.arrive("/auth/done").await;
                assert!(!page.text().contains("data-fallback"), "{origin} {place}");
            }
        }
    }
}

/// A planted ticket does not come before the real one.
#[tokio::test]
async fn the_ticket_stands_first_in_the_fragment() {
    let world = world().await;
    let mut window = world.browser();
    let start = format!(
        "/auth/login?return_to={OTHER}%2F%23threelo_ticket%3Djunk&origin={OTHER}&challenge={}",
        challenge()
    );
    let seen = window.arrive(&start).await;
    let landed = window.consent(&world, seen.location(), "mia").await;
    let (_, fragment) = landed.location().split_once('#').unwrap();
    assert!(!fragment.starts_with("threelo_ticket=junk"), "{fragment}");
    assert!(fragment.ends_with("&threelo_ticket=junk"), "{fragment}");
}

/// Two instances whose clocks differ by a little.
#[tokio::test]
async fn an_instance_whose_clock_is_slightly_behind_accepts_a_ticket() {
    use std::sync::Arc;
    use threelo::clock::{Clock as _, ManualClock};
    let world = world().await;
    // An app that ends takes along the database connections that it opened.
    let mut pages = Vec::new();
    for (behind, status) in [(3, 200), (30, 403)] {
        let now = world.clock.now() - Duration::from_secs(behind);
        let clock = Arc::new(ManualClock::new(now));
        let other = world.another_auth(|builder| open_to_browsers(builder).clock(clock));
        let ticket = any_ticket(&world).await;
        let mut page = Browser::new(&App::new(&other));
        let seen = redeem(&mut page, OTHER, &ticket, "cookie").await;
        assert_eq!(seen.status(), status, "{behind} s: {}", seen.text());
        pages.push(page);
    }
}

/// Mallory gives Edward a link to the app's page with a ticket of Mallory's: it is of no use there.
#[tokio::test]
async fn a_ticket_of_another_user_signs_no_one_in() {
    let world = world().await;
    let ticket = any_ticket(&world).await;
    let mut edward = world.browser();
    let his_own = "the-verifier-that-edwards-page-made-for-itself-0123456789";
    let seen = post(
        &mut edward,
        OTHER,
        "/auth/redeem",
        &redeeming(&ticket, his_own, "cookie"),
    )
    .await;
    assert_eq!(seen.status(), 403);
}

/// A script that was slipped into a page could carry a bearer session away; a cookie it could not.
#[tokio::test]
async fn a_web_site_gets_no_bearer_session() {
    const SITE: &str = "https://other.example";
    let world = World::with(|builder| {
        builder
            .cross_site_origins([SITE])
            .handoff_pages([format!("{SITE}/board")])
            .bearer_sessions()
    })
    .await;
    let mut window = world.browser();
    let ticket = ticket(&world, &mut window, SITE, SITE).await;
    for (deliver, status) in [("bearer", 400), ("cookie", 200)] {
        let seen = redeem(&mut world.browser(), SITE, &ticket, deliver).await;
        assert_eq!(seen.status(), status, "{}", seen.text());
    }
}

/// Two apps with one database and the same keys.
#[tokio::test]
async fn a_ticket_is_good_in_its_own_app_only() {
    let world = world().await;
    let elsewhere = Environment::custom("http://127.0.0.1:2", "http://127.0.0.1:2");
    let other = world.another_auth(|builder| open_to_browsers(builder).environment(elsewhere));
    let mut page = Browser::new(&App::new(&other));
    let ticket = any_ticket(&world).await;

    let seen = redeem(&mut page, OTHER, &ticket, "cookie").await;

    assert_eq!(seen.status(), 403, "{}", seen.text());
}

#[tokio::test]
async fn an_app_that_allows_no_bearer_sessions_gives_and_knows_none() {
    let world =
        World::with(|builder| builder.cross_site_origins([OTHER]).handoff_pages([BOARD])).await;
    let ticket = any_ticket(&world).await;
    let mut page = world.browser();
    assert_eq!(
        redeem(&mut page, OTHER, &ticket, "bearer").await.status(),
        400
    );
    assert_eq!(
        redeem(&mut page, OTHER, &ticket, "cookie").await.status(),
        200
    );
}
