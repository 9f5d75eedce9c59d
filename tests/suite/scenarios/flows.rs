//! Starting, finishing, repeating and leaving flows.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use threelo::{HookDecision, SignIn};
use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::{App as _, Seen};
use tokio::task::JoinHandle;

use super::{App, Browser, World};

#[tokio::test]
async fn a_visitor_signs_in_and_lands_where_they_wanted_to_go() {
    let world = World::new().await;
    let mut browser = world.browser();

    let turned_away = browser.open("/user?week=7").await;
    assert_eq!(
        turned_away.location(),
        "/auth/login?return_to=%2Fuser%3Fweek%3D7"
    );
    let (_, landed) = browser.sign_in(&world, "mia", "/user?week=7").await;

    assert_eq!(landed.status(), 303);
    assert_eq!(landed.location(), "/user?week=7");
    assert_eq!(landed.header("cache-control"), "no-store");
    assert_eq!(landed.header("referrer-policy"), "no-referrer");
    assert_eq!(browser.open("/user").await.text(), "Mia Krystof");
    assert_eq!(
        browser.cookies.len(),
        1,
        "the flow's cookie is gone: {:?}",
        browser.cookies
    );
}

#[tokio::test]
async fn three_tabs_finish_in_reverse_order_and_each_lands_on_its_own_page() {
    let world = World::new().await;
    let mut browser = world.browser();
    let mut callbacks = Vec::new();
    for tab in ["/a", "/b", "/c"] {
        let authorize = browser.start_login(tab).await;
        callbacks.push((tab, world.approve(&authorize, "mia").await));
    }

    for (tab, callback) in callbacks.iter().rev() {
        assert_eq!(browser.arrive(callback).await.location(), *tab);
    }
    assert_eq!(browser.cookies.len(), 1);
}

#[tokio::test]
async fn a_reload_of_the_callback_exchanges_nothing_twice() {
    let world = World::new().await;
    let mut browser = world.browser();
    let authorize = browser.start_login("/user").await;
    let flow = browser.cookies.clone();
    let callback = world.approve(&authorize, "mia").await;
    browser.arrive(&callback).await;
    // That the flow is at work is noted for other instances, and taken back behind the answer.
    assert!(world.auth.drain(Duration::from_secs(5)).await);

    // Without the flow's cookie, as from the history after a finished login: led home, and the session is left alone.
    assert_eq!(browser.arrive(&callback).await.location(), "/");
    assert_eq!(
        browser.who_am_i().await.as_deref(),
        Some(world.account("mia").as_str())
    );
    // With it, as when the first answer was lost: led on, because its login has happened.
    browser.cookies.extend(flow.clone());
    assert_eq!(browser.arrive(&callback).await.location(), "/user");
    // With it and without a session: refused.
    browser.cookies = flow;
    assert!(
        browser
            .arrive(&callback)
            .await
            .location()
            .starts_with("/auth/error?reason=refused")
    );

    assert_eq!(world.sandbox.count("POST", "/oauth/token"), 1);
}

#[tokio::test]
async fn of_many_identical_callbacks_one_exchanges_the_code() {
    let world = World::new().await;
    let mut browser = world.browser();
    let callback = browser.callback_of_login(&world, "mia", "/user").await;

    let arrivals = (0..50).map(|_| {
        let (mut tab, callback) = (browser.clone(), callback.clone());
        tokio::spawn(async move { tab.arrive(&callback).await })
    });
    let mut signed_in = 0;
    for arrival in arrivals.collect::<Vec<_>>() {
        let seen = arrival.await.unwrap();
        signed_in += usize::from(
            seen.header("set-cookie").contains("threelo-flow") && seen.location() == "/user",
        );
    }

    assert_eq!(world.sandbox.count("POST", "/oauth/token"), 1);
    assert_eq!(signed_in, 1);
}

/// Opens the callback and waits until its exchange is on its way.
async fn arrive_in_background(
    world: &World,
    browser: &Browser,
    callback: &str,
) -> JoinHandle<Seen> {
    let (mut tab, callback) = (browser.clone(), callback.to_owned());
    let arrival = tokio::spawn(async move { tab.arrive(&callback).await });
    world.wait_for_exchange().await;
    arrival
}

#[tokio::test]
async fn a_second_arrival_during_the_exchange_is_told_to_wait() {
    let world = World::new().await;
    world
        .sandbox
        .fault(Endpoint::Token, Fault::Delay(Duration::from_millis(400)), 1);
    let mut browser = world.browser();
    let callback = browser.callback_of_login(&world, "mia", "/user").await;
    let first = arrive_in_background(&world, &browser, &callback).await;

    let second = browser.arrive(&callback).await;

    assert_eq!(second.status(), 200);
    assert!(
        second.text().contains("href=\"\""),
        "a link goes on to this very address"
    );
    let code = callback
        .split("code=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    assert!(!second.text().contains(code), "and the page holds no code");
    assert_eq!(first.await.unwrap().location(), "/user");
    assert_eq!(world.sandbox.count("POST", "/oauth/token"), 1);
}

#[tokio::test]
async fn a_visitor_who_hangs_up_during_the_exchange_loses_no_grant() {
    let world = World::new().await;
    world
        .sandbox
        .fault(Endpoint::Token, Fault::Delay(Duration::from_millis(200)), 1);
    let mut browser = world.browser();
    let callback = browser.callback_of_login(&world, "mia", "/user").await;
    let request = arrive_in_background(&world, &browser, &callback).await;

    request.abort();
    assert!(world.auth.drain(Duration::from_secs(5)).await);

    assert_eq!(world.sandbox.count("GET", "/me"), 1);
    assert_eq!(world.site_requests(), 1);
    // It signs no one in; the next login works immediately.
    assert_eq!(browser.who_am_i().await, None);
    assert_eq!(
        browser.sign_in(&world, "mia", "/user").await.1.location(),
        "/user"
    );
}

/// However long the text for people is.
#[tokio::test]
async fn a_cancel_with_a_long_description_is_a_cancel() {
    let world = World::new().await;
    let mut browser = world.browser();
    let authorize = browser.start_login("/user").await;
    let state = authorize.split("state=").nth(1).unwrap();
    let state = state.split('&').next().unwrap();
    let text = "User+did+not+authorize+the+request.+".repeat(400);

    let callback = format!(
        "/auth/callback?error=access_denied&error_description={text}&error_uri={text}&state={state}"
    );
    let seen = browser.arrive(&callback).await;

    assert!(
        seen.location().contains("reason=cancelled"),
        "{}",
        seen.location()
    );
}

#[tokio::test]
async fn cancel_is_a_friendly_page_with_a_way_back() {
    let world = World::new().await;
    let mut browser = world.browser();
    let authorize = browser.start_login("/board?x=1").await;
    let cancel = world.sandbox.cancel(&authorize, "mia").await.unwrap();

    let seen = browser.arrive(&cancel).await;
    let page = browser.open(seen.location()).await;

    assert_eq!(
        seen.location(),
        "/auth/error?reason=cancelled&return_to=%2Fboard%3Fx%3D1"
    );
    assert_eq!(page.status(), 200);
    assert!(
        page.text()
            .contains("/auth/login?return_to=%2Fboard%3Fx%3D1")
    );
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn details_reach_the_hooks_which_choose_where_the_visitor_goes() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (on_login, on_cancel) = (heard.clone(), heard.clone());
    let world = World::with(move |builder| {
        builder
            .on_login(move |sign_in: SignIn| {
                on_login
                    .lock()
                    .unwrap()
                    .push(sign_in.details.read::<String>().unwrap());
                async { Ok(HookDecision::GoTo("/welcome".to_owned())) }
            })
            .on_cancel(move |cancelled| {
                on_cancel
                    .lock()
                    .unwrap()
                    .push(cancelled.details.read::<String>().unwrap());
                async { Ok(HookDecision::GoTo("/maybe-later".to_owned())) }
            })
    })
    .await;
    let mut browser = world.browser();

    let authorize = browser.open("/start").await.location().to_owned();
    let cancel = world.sandbox.cancel(&authorize, "mia").await.unwrap();
    assert_eq!(browser.arrive(&cancel).await.location(), "/maybe-later");
    let authorize = browser.open("/start").await.location().to_owned();
    assert_eq!(
        browser.consent(&world, &authorize, "mia").await.location(),
        "/welcome"
    );

    assert_eq!(*heard.lock().unwrap(), ["ticket 17", "ticket 17"]);
}

#[tokio::test]
async fn a_hook_that_refuses_fails_or_panics_makes_no_session() {
    let verdicts: [fn() -> Result<HookDecision, threelo::BoxError>; 3] = [
        || Ok(HookDecision::Refuse),
        || Err("the database is down".into()),
        || panic!("a bug of the app"),
    ];
    for verdict in verdicts {
        let world =
            World::with(move |builder| builder.on_login(move |_| async move { verdict() })).await;
        let mut browser = world.browser();

        let (_, seen) = browser.sign_in(&world, "mia", "/user").await;

        assert!(
            seen.location().starts_with("/auth/error?reason="),
            "{}",
            seen.location()
        );
        assert_eq!(browser.who_am_i().await, None);
    }
}

#[tokio::test]
async fn details_that_do_not_fit_are_the_apps_error_and_a_long_return_to_gives_way() {
    let world = World::new().await;
    let mut browser = world.browser();

    assert_eq!(browser.open("/start-with-too-much").await.status(), 500);
    let long = format!("/{}", "x".repeat(2000));
    let (_, seen) = browser.sign_in(&world, "mia", &long).await;
    assert_eq!(seen.location(), long, "alone it has room");
    let started = browser.open("/start-with-much").await;
    let seen = browser.consent(&world, started.location(), "mia").await;
    assert_eq!(seen.location(), "/", "the app's details go first");
}

#[tokio::test]
async fn login_again_while_signed_in_abandoned_or_cancelled_leaves_the_session() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;

    let authorize = browser.start_login("/").await;
    assert!(browser.who_am_i().await.is_some());
    let cancel = world.sandbox.cancel(&authorize, "edward").await.unwrap();
    browser.arrive(&cancel).await;

    assert_eq!(browser.open("/user").await.text(), "Mia Krystof");
}

#[tokio::test]
async fn a_flow_ends_with_its_lifetime() {
    let world = World::new().await;
    for (late, accepted) in [(599, true), (600, false), (86_400, false)] {
        let mut browser = world.browser();
        let callback = browser.callback_of_login(&world, "mia", "/user").await;
        world.clock.advance(Duration::from_secs(late));

        let seen = browser.arrive(&callback).await;

        assert_eq!(seen.location() == "/user", accepted, "{late}");
    }
}

#[tokio::test]
async fn fifty_abandoned_logins_leave_five_flow_cookies_and_the_newest_works() {
    let world = World::new().await;
    let mut browser = world.browser();
    for tab in 0..50 {
        world.clock.advance(Duration::from_secs(1));
        browser.start_login(&format!("/{tab}")).await;
    }
    assert!(browser.cookies.len() <= 5, "{}", browser.cookies.len());

    assert_eq!(
        browser.sign_in(&world, "mia", "/newest").await.1.location(),
        "/newest"
    );
}

#[tokio::test]
async fn flows_survive_a_restart_and_finish_on_another_instance() {
    let world = World::new().await;
    let keys = "k2:Vq6mmBG8oQ5tFJ7WcTQh2S0yGcvTqkz4ZkTn1k1CjnY=,k1:nm4sbGzg3cvWMC1BfFjhkYLPjd2vgOEYV6yP0wZZHUg=";
    let credentials =
        threelo::Credentials::new(world.sandbox.client_id(), world.sandbox.client_secret());
    let other = threelo::Auth::builder(credentials, threelo_tests::ORIGIN)
        .environment(threelo::Environment::custom(
            world.sandbox.url(),
            world.sandbox.url(),
        ))
        .clock(world.clock.clone())
        .keys(keys)
        .build()
        .unwrap();
    let app = App::new(&other);
    let mut browser = world.browser();
    let callback = browser.callback_of_login(&world, "mia", "/user").await;

    let mut elsewhere = Browser::new(&app);
    elsewhere.cookies = browser.cookies;

    assert_eq!(elsewhere.arrive(&callback).await.location(), "/user");
}
