//! Origins of another site: one-time tickets, and what they are redeemed for.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use threelo::Environment;
use threelo::store::SessionStore as _;
use threelo_tests::{App as _, Seen};

use super::super::App;
use super::{
    Browser, CHROMIUMAPP, EVIL, EXTENSION, OTHER, SPA, Script, World, get, is_readable, post, world,
};

const VERIFIER: &str = "a-verifier-of-more-than-forty-three-characters-0123456789";

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

/// Signs in by a navigation that comes back to a page of `origin`, and gives the ticket.
async fn ticket(world: &World, browser: &mut Browser, origin: &str, back: &str) -> String {
    let start = format!(
        "/auth/login?return_to={back}%2Fboard&origin={origin}&challenge={}",
        challenge()
    );
    let seen = browser.arrive(&start).await;
    assert_eq!(seen.status(), 303, "{}", seen.text());
    let landed = browser.consent(world, seen.location(), "mia").await;
    let handed = landed.location().split_once("#threelo_ticket=");
    let (place, ticket) = handed.unwrap_or_else(|| panic!("no ticket: {}", landed.location()));
    assert_eq!((landed.status(), place), (303, &*format!("{back}/board")));
    ticket.to_owned()
}

/// Signs Mia in in a window of her own, and gives the ticket for `OTHER`.
async fn any_ticket(world: &World) -> String {
    ticket(world, &mut world.browser(), OTHER, OTHER).await
}

fn redeeming(ticket: &str, verifier: &str, deliver: &str) -> String {
    serde_json::json!({ "ticket": ticket, "verifier": verifier, "deliver": deliver }).to_string()
}

/// A script of a page at `origin` redeems a ticket.
async fn redeem(page: &mut Browser, origin: &str, ticket: &str, deliver: &str) -> Seen {
    let body = redeeming(ticket, VERIFIER, deliver);
    post(page, origin, "/auth/redeem", &body).await
}

#[tokio::test]
async fn a_ticket_becomes_a_partitioned_cookie_that_only_its_origin_shows() {
    let world = world().await;
    let ticket = any_ticket(&world).await;
    let mut page = world.browser();

    let seen = redeem(&mut page, OTHER, &ticket, "cookie").await;

    assert_eq!(
        (seen.status(), is_readable(&seen, OTHER)),
        (200, true),
        "{}",
        seen.text()
    );
    let cookie = seen.header("set-cookie");
    assert!(cookie.starts_with("__Host-threelo-cross-"), "{cookie}");
    for attribute in [
        "; Path=/",
        "; Secure",
        "; HttpOnly",
        "; SameSite=None",
        "; Partitioned",
    ] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert_eq!(seen.json()["expires_in"], 7 * 24 * 3600);
    let me = get(&mut page, OTHER, "/auth/me").await;
    assert_eq!(me.json()["profile"]["name"], "Mia Krystof");
    // Not without the origin, not from another, and not under another name.
    assert_eq!(page.fetch("GET", "/auth/me").await.status(), 401);
    assert_eq!(get(&mut page, EXTENSION, "/auth/me").await.status(), 401);
    assert_eq!(get(&mut page, SPA, "/auth/me").await.status(), 401);
    let value = page.cookies.values().next().unwrap().clone();
    let mut thief = world.browser();
    thief.cookies.insert("threelo-session".to_owned(), value);
    assert_eq!(thief.fetch("GET", "/auth/me").await.status(), 401);
}

#[tokio::test]
async fn it_works_on_the_apps_own_routes_and_ends_with_its_logout_alone() {
    let world = world().await;
    let mut window = world.browser();
    let ticket = ticket(&world, &mut window, OTHER, OTHER).await;
    let mut page = world.browser();
    redeem(&mut page, OTHER, &ticket, "cookie").await;
    assert_eq!(get(&mut page, OTHER, "/user").await.status(), 200);
    assert_eq!(post(&mut page, OTHER, "/own-pages", "").await.status(), 200);
    let bare = Script::new(OTHER, "POST", "/own-pages")
        .send(&mut page)
        .await;
    assert_eq!(bare.status(), 403);

    let seen = post(&mut page, OTHER, "/auth/logout", "").await;

    assert_eq!(seen.status(), 204);
    let cookie = seen.header("set-cookie");
    assert!(
        cookie.contains("Max-Age=0") && cookie.contains("; Partitioned"),
        "{cookie}"
    );
    assert_eq!(get(&mut page, OTHER, "/auth/me").await.status(), 401);
    assert!(
        window.who_am_i().await.is_some(),
        "the window's own session goes on"
    );
}

#[tokio::test]
async fn a_ticket_becomes_a_bearer_session_that_is_no_cookie() {
    let world = world().await;
    let mut window = world.browser();
    let ticket = ticket(&world, &mut window, EXTENSION, CHROMIUMAPP).await;
    let mut extension = world.browser();

    let seen = redeem(&mut extension, EXTENSION, &ticket, "bearer").await;

    assert_eq!(
        (seen.status(), is_readable(&seen, EXTENSION)),
        (200, true),
        "{}",
        seen.text()
    );
    assert_eq!(seen.header("set-cookie"), "");
    assert_eq!(seen.json()["token_type"], "Bearer");
    let token = seen.json()["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("threelo_"), "{token}");
    let bearer = format!("Bearer {token}");
    let shown = [("authorization", bearer.as_str())];
    let me = Script::new(EXTENSION, "GET", "/auth/me")
        .fields(&shown)
        .send(&mut extension)
        .await;
    assert_eq!(me.json()["profile"]["name"], "Mia Krystof");
    let user = extension.request("GET", "/user", &shown).await;
    assert_eq!(user.status(), 200, "the app's own routes know it");
    // It needs no other proof, because no browser adds it by itself.
    let access = extension.request("POST", "/auth/token", &shown).await;
    assert!(access.json()["access_token"].is_string());
    // As a cookie it is nobody, and beside a cookie it counts alone.
    let mut thief = world.browser();
    let value = token.strip_prefix("threelo_").unwrap().to_owned();
    thief.cookies.insert("threelo-session".to_owned(), value);
    assert_eq!(thief.fetch("GET", "/auth/me").await.status(), 401);
    let wrong = [
        ("authorization", "Bearer threelo_AAAA"),
        ("sec-fetch-site", "same-origin"),
    ];
    assert_eq!(
        window.request("GET", "/auth/me", &wrong).await.status(),
        401
    );
    // Another scheme is the app's own business.
    let basic = [
        ("authorization", "Basic eDp5"),
        ("sec-fetch-site", "same-origin"),
    ];
    assert_eq!(
        window.request("GET", "/auth/me", &basic).await.status(),
        200
    );

    let out = extension.request("POST", "/auth/logout", &shown).await;
    assert_eq!(out.status(), 204);
    let me = extension.request("GET", "/auth/me", &shown).await;
    assert_eq!(me.status(), 401);
    assert!(window.who_am_i().await.is_some());
}

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
async fn of_many_who_redeem_at_once_one_gets_a_session() {
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

/// A desktop app asks from outside of any browser: nothing but what it writes itself.
#[tokio::test]
async fn a_desktop_app_redeems_without_a_browser() {
    let world = world().await;
    let ticket = any_ticket(&world).await;
    let mut app = world.browser();
    let headers = [
        ("origin", OTHER),
        ("x-threelo", "1"),
        ("content-type", "application/json"),
    ];
    let body = Bytes::from(redeeming(&ticket, VERIFIER, "bearer"));

    let seen = app.send("POST", "/auth/redeem", &headers, body).await;

    assert_eq!(seen.status(), 200, "{}", seen.text());
    let bearer = format!("Bearer {}", seen.json()["token"].as_str().unwrap());
    let shown = [("authorization", bearer.as_str())];
    let site = r#"{"site": "22222222-bbbb-4bbb-8bbb-222222222222"}"#;
    let json = [shown[0], ("content-type", "application/json")];
    let chosen = app
        .send("POST", "/auth/site", &json, Bytes::from(site))
        .await;
    assert_eq!(chosen.status(), 204, "{}", chosen.text());
    let me = app.request("GET", "/auth/me", &shown).await;
    assert_eq!(me.json()["site"]["name"], "Borealis Lab");
}

/// Mallory makes the challenge and chooses the place: nothing that she could read there is a ticket.
#[tokio::test]
async fn a_ticket_goes_to_pages_of_its_own_origin_and_nowhere_else() {
    let world = world().await;
    for (origin, place) in [
        (OTHER, "%2Fboard".to_owned()),
        (OTHER, format!("{SPA}%2Fboard")),
        (OTHER, format!("{CHROMIUMAPP}%2F")),
        (EXTENSION, format!("{OTHER}%2Fboard")),
        (CHROMIUMAPP, format!("{OTHER}%2Fboard")),
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

/// A ticket that somebody planted does not stand before the real one.
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

#[tokio::test]
async fn an_account_that_may_have_one_session_keeps_the_new_one() {
    let world =
        World::with(|builder| super::open_to_browsers(builder).sessions_per_account(1)).await;
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
async fn a_page_that_signs_in_again_leaves_no_session_behind() {
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

/// Two instances whose clocks differ by a little.
#[tokio::test]
async fn a_clock_that_is_behind_takes_a_ticket_all_the_same() {
    use std::sync::Arc;
    use threelo::clock::{Clock as _, ManualClock};
    let world = world().await;
    for (behind, status) in [(3, 200), (30, 403)] {
        let now = world.clock.now() - Duration::from_secs(behind);
        let clock = Arc::new(ManualClock::new(now));
        let other = world.another_auth(|builder| super::open_to_browsers(builder).clock(clock));
        let ticket = any_ticket(&world).await;
        let mut page = Browser::new(&App::new(&other));
        let seen = redeem(&mut page, OTHER, &ticket, "cookie").await;
        assert_eq!(seen.status(), status, "{behind} s: {}", seen.text());
    }
}

/// Mallory gives Edward a link to the app's page with a ticket of Mallory's: it is of no use there.
#[tokio::test]
async fn nobody_is_signed_in_by_anothers_ticket() {
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
    let world = World::with(|builder| builder.cross_site_origins([SITE]).bearer_sessions()).await;
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
    let other =
        world.another_auth(|builder| super::open_to_browsers(builder).environment(elsewhere));
    let mut page = Browser::new(&App::new(&other));
    let ticket = any_ticket(&world).await;

    let seen = redeem(&mut page, OTHER, &ticket, "cookie").await;

    assert_eq!(seen.status(), 403, "{}", seen.text());
}

#[tokio::test]
async fn an_app_that_allows_no_bearer_sessions_gives_and_knows_none() {
    let world = World::with(|builder| builder.cross_site_origins([OTHER])).await;
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
