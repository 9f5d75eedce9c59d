//! One refresh for all callers, whichever of them hang up.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use threelo_sandbox::{Endpoint, Fault};
use tokio::task::JoinSet;

use super::{Browser, World};

pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// Edward signed in an hour ago: his access token has expired.
pub(crate) async fn edward_after_an_hour() -> (World, Browser) {
    let world = World::new().await;
    let browser = world.signed_in("edward").await;
    world.pass(HOUR);
    (world, browser)
}

#[tokio::test]
async fn a_hundred_requests_find_the_token_expired_and_atlassian_sees_one_refresh() {
    let (world, browser) = edward_after_an_hour().await;

    let mut requests = JoinSet::new();
    for _ in 0..100 {
        let mut browser = browser.clone();
        requests.spawn(async move { browser.fetch("GET", "/myself").await.status() });
    }

    assert_eq!(requests.join_all().await, [200; 100]);
    assert_eq!(world.refreshes(), 1);
    // Whoever read the store just before the refresh ended looks once more.
    assert!(world.grants.leases() < 10, "{}", world.grants.leases());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_instances_over_one_store_refresh_once() {
    let world = World::new().await;
    world.signed_in("edward").await;
    let account = world.account("edward");
    world.pass(HOUR);

    let another = |_| world.another_auth(|builder| builder);
    let instances: Vec<_> = (0..8).map(another).collect();
    let mut jobs = JoinSet::new();
    for instance in instances {
        for _ in 0..13 {
            let (instance, account) = (instance.clone(), account.clone());
            jobs.spawn(async move {
                let grant = instance.grants().of(&account).await.unwrap();
                grant.access_token().await.unwrap()
            });
        }
    }
    let tokens = jobs.join_all().await;

    assert_eq!(tokens.len(), 104);
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(world.refreshes(), 1);
    assert!(world.grants.is_free(&world.grant_key("edward")).await);
}

#[tokio::test]
async fn an_instance_that_gets_the_lease_late_uses_what_another_stored() {
    let world = World::new().await;
    world.signed_in("edward").await;
    let account = world.account("edward");
    world.pass(HOUR);
    world.grants.hold_lease();
    let late = world.another_auth(|builder| builder);
    let late = late.grants().of(&account).await.unwrap();
    let late = tokio::spawn(async move { late.access_token().await.unwrap() });
    while world.grants.leases() == 0 {
        tokio::task::yield_now().await;
    }

    let grant = world.auth.grants().of(&account).await.unwrap();
    let first = grant.access_token().await.unwrap();
    world.grants.let_go();

    assert_eq!(late.await.unwrap(), first);
    assert_eq!(world.refreshes(), 1);
}

/// Polls a future `polls` times, with all other tasks running in between, and drops it.
async fn drop_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    None
}

#[tokio::test]
async fn a_caller_who_hangs_up_at_any_point_of_a_refresh_loses_nothing() {
    let world = World::new().await;
    let browser = world.signed_in("edward").await;
    let key = world.grant_key("edward");

    for polls in 0.. {
        let before = world.grants.stored(&key).await.generation;
        let refreshes = world.refreshes();
        world.pass(HOUR);

        let mut visitor = browser.clone();
        let seen = drop_after(polls, visitor.fetch("GET", "/myself")).await;
        // The app may run on another thread, and be a step further when its caller hangs up. Once it has answered the next
        // request, it has dropped this one.
        assert_eq!(world.browser().fetch("GET", "/public").await.status(), 200);

        assert!(world.auth.drain(Duration::from_secs(10)).await);
        assert!(
            world.grants.is_free(&key).await,
            "a lease stays after {polls} polls"
        );
        let grant = world.grants.stored(&key).await;
        assert_eq!(grant.consent_needed, None);
        assert_eq!(
            grant.generation - before,
            (world.refreshes() - refreshes) as u64
        );
        if let Some(seen) = seen {
            assert_eq!(seen.status(), 200);
            assert!(polls > 1, "a refresh is not done at the first poll");
            return;
        }
        // The next request is served; it also keeps the session from becoming idle in this test.
        let mut next = browser.clone();
        assert_eq!(
            next.fetch("GET", "/myself").await.status(),
            200,
            "after {polls} polls"
        );
        world.auth.drain(Duration::from_secs(10)).await;
    }
}

#[tokio::test]
async fn while_the_token_is_good_no_request_waits_for_its_refresh() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    world.pass(56 * MINUTE);
    let slow = Fault::Delay(Duration::from_millis(700));
    world.sandbox.fault(Endpoint::Token, slow, 1);

    let key = world.grant_key("edward");
    let first = world.grants.stored(&key).await.generation;
    let seen = browser.fetch("GET", "/myself").await;

    assert_eq!(seen.status(), 200);
    assert_eq!(world.grants.stored(&key).await.generation, first);
    world.auth.drain(Duration::from_secs(10)).await;
    assert_eq!(world.refreshes(), 1);
    assert_eq!(world.grants.stored(&key).await.generation, first + 1);
}

#[tokio::test]
async fn with_a_minute_left_every_request_waits() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    let key = world.grant_key("edward");
    let first = world.grants.stored(&key).await.generation;
    world.pass(59 * MINUTE + Duration::from_secs(30));

    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
    assert_eq!(world.refreshes(), 1);
    assert_eq!(world.grants.stored(&key).await.generation, first + 1);
}

#[tokio::test]
async fn a_token_that_works_costs_no_store_read_for_five_minutes() {
    let world = World::new().await;
    world.signed_in("edward").await;
    let grant = world.grant_of("edward").await;
    let before = world.grants.loads();

    for _ in 0..10 {
        grant.access_token().await.unwrap();
    }
    assert_eq!(world.grants.loads(), before);
    world.pass(5 * MINUTE);
    grant.access_token().await.unwrap();
    assert_eq!(world.grants.loads(), before + 1);
}

#[tokio::test]
async fn every_setting_of_the_provider_keeps_a_grant_for_a_day_of_refreshes() {
    for documented in [false, true] {
        for omit in [false, true] {
            for strict in [false, true] {
                let world = World::new().await;
                world.sandbox.knobs(|knobs| {
                    knobs.documented_errors = documented;
                    knobs.omit_refresh_token = omit;
                    // An answer without a refresh token means that the old one goes on.
                    knobs.leeway = if strict && !omit {
                        Duration::ZERO
                    } else {
                        1000 * HOUR
                    };
                });
                world.signed_in("edward").await;
                let grant = world.grant_of("edward").await;
                for _ in 0..24 {
                    world.pass(HOUR);
                    grant.access_token().await.unwrap();
                }
                assert_eq!(world.refreshes(), 24);
            }
        }
    }
}

#[tokio::test]
async fn many_grants_refresh_in_parallel_and_each_gets_its_own_token() {
    let world = Arc::new(World::with_crowd(12).await);
    for number in 0..12 {
        world.signed_in(&format!("crowd{number}")).await;
    }
    world.pass(HOUR);
    let slow = Fault::Delay(Duration::from_millis(500));
    world.sandbox.fault(Endpoint::Token, slow, 12);

    let mut jobs = JoinSet::new();
    for number in 0..12 {
        let world = Arc::clone(&world);
        jobs.spawn(async move {
            let account = world.account(&format!("crowd{number}"));
            let grant = world.auth.grants().of(&account).await.unwrap();
            let me: serde_json::Value = grant.client().api("/").get("/me").json().await.unwrap();
            assert_eq!(me["account_id"], account.as_str());
        });
    }
    while world.refreshes() < 12 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let journal = world.sandbox.journal();
    let under_way = journal.iter().filter(|entry| entry.status.is_none());
    assert_eq!(under_way.count(), 12, "one after the other");
    jobs.join_all().await;
}
