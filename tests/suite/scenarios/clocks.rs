//! Instances whose clocks differ.

use std::sync::Arc;
use std::time::Duration;

use threelo::Auth;
use threelo::clock::{Clock as _, ManualClock};
use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::App as _;

use super::{App, Browser, World};

/// Another instance, whose clock is ahead by so many seconds; behind if negative.
fn instance(world: &World, ahead: i64) -> (Auth, App) {
    let (now, apart) = (world.clock.now(), Duration::from_secs(ahead.unsigned_abs()));
    let now = if ahead < 0 { now - apart } else { now + apart };
    let auth = world.another_auth(|builder| builder.clock(Arc::new(ManualClock::new(now))));
    let app = App::new(&auth);
    (auth, app)
}

/// A login that began in `there`, on another instance, and was consented to; `here` is the same browser at this one.
struct Begun {
    there: Browser,
    here: Browser,
    callback: String,
}

/// Begins a login on an instance whose clock is ahead by so many seconds.
async fn begin_on_another(world: &World, ahead: i64) -> Begun {
    let (_auth, app) = instance(world, ahead);
    let mut there = Browser::new(&app);
    let callback = there.callback_of_login(world, "mia", "/user").await;
    let mut here = world.browser();
    here.cookies.clone_from(&there.cookies);
    Begun {
        there,
        here,
        callback,
    }
}

#[tokio::test]
async fn a_login_begins_on_one_instance_and_ends_on_another() {
    for (ahead, place) in [
        (4, "/user"),
        (-4, "/user"),
        (30, "/auth/error?reason=refused"),
    ] {
        let world = World::new().await;
        let Begun {
            mut here, callback, ..
        } = begin_on_another(&world, ahead).await;

        let seen = here.arrive(&callback).await;

        assert_eq!(seen.location(), place, "{ahead} s");
    }
}

/// A double click, whose second half goes to the instance that began the flow.
#[tokio::test]
async fn a_second_arrival_is_redirected_by_any_instance() {
    let world = World::new().await;
    let Begun {
        mut there,
        mut here,
        callback,
    } = begin_on_another(&world, 4).await;
    let flow = here.cookies.clone();
    here.arrive(&callback).await;
    there.cookies.clone_from(&here.cookies);
    there.cookies.extend(flow);

    let seen = there.arrive(&callback).await;

    assert_eq!(seen.location(), "/user");
    assert_eq!(world.sandbox.count("POST", "/oauth/token"), 1);
}

#[tokio::test]
async fn of_two_consents_the_later_one_counts_although_the_first_was_stamped_ahead() {
    let world = World::new().await;
    let (_auth, app) = instance(&world, 30);
    let mut there = Browser::new(&app);
    there.sign_in(&world, "mia", "/user").await;
    let first = world.grants.stored(&world.grant_key("mia")).await;
    world.pass(Duration::from_secs(15));

    world.browser().sign_in(&world, "mia", "/user").await;

    let stored = world.grants.stored(&world.grant_key("mia")).await;
    assert_eq!(stored.consented_at, world.clock.now());
    assert_ne!(stored.tokens, first.tokens);
}

/// A job of the app calls Atlassian.
async fn job_calls(world: &World) -> bool {
    let grant = world.grant_of("edward").await;
    let site = grant.sites().await.unwrap()[0].clone();
    let call = grant.client().jira(&site).get("/rest/api/3/project/search");
    call.send().await.is_ok()
}

/// The instance was a day ahead and is put right: what it stored "tomorrow" is no young token for a day.
#[tokio::test]
async fn a_token_from_a_clock_that_was_ahead_is_replaced_when_an_api_refuses_it() {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let world = World::new().await;
    world.signed_in("edward").await;
    let right = world.clock.now();
    world.clock.advance(DAY);
    assert!(job_calls(&world).await);
    assert_eq!(world.refreshes(), 1, "by this clock the token had ended");

    world.clock.set(right);
    world.pass(Duration::from_secs(2 * 3600));

    assert!(job_calls(&world).await);
    assert_eq!(world.refreshes(), 2);
    let stored = world.grants.stored(&world.grant_key("edward")).await;
    assert!(stored.tokens.exchanged_at <= world.clock.now());
}

/// The clock is put back by an hour while a grant rests for a second.
#[tokio::test]
async fn a_rest_after_a_failure_does_not_become_an_hour() {
    const HOUR: Duration = Duration::from_secs(3600);
    let world = World::new().await;
    world.signed_in("edward").await;
    let began = world.clock.now();
    world.pass(2 * HOUR);
    world.sandbox.fault(Endpoint::Token, Fault::Status(429), 1);
    assert!(!job_calls(&world).await);

    world.clock.set(began + HOUR);

    assert!(job_calls(&world).await);
}
