//! A Redis whose primary dies under load. Writes wait for a replica, so that what was acknowledged is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use threelo::GrantError;
use threelo_redis::RedisStore;
use threelo_test_servers::{Redis, Sentinel};
use threelo_tests::{ActixApp, App, AxumApp, Browser, World, rounds, until};
use tokio::task::JoinSet;

const HOUR: Duration = Duration::from_secs(3600);
const SOON: Duration = Duration::from_secs(30);
const CROWD: usize = 40;
const WORKERS: usize = 8;

/// Signs one after the other in, until it is told to stop or everybody was. Keeps the browsers of those who were told that
/// they are signed in.
async fn sign_in<A: App>(
    world: Arc<World<A>>,
    worker: usize,
    stop: Arc<AtomicBool>,
) -> Vec<Browser<A>> {
    let mut signed_in = Vec::new();
    for number in (worker..CROWD).step_by(WORKERS) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let mut browser = world.browser();
        let user = format!("crowd{number}");
        let callback = browser.callback_of_login(&world, &user, "/user").await;
        let seen = browser.arrive(&callback).await;
        if (seen.status(), seen.location()) == (303, "/user") {
            signed_in.push(browser);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    signed_in
}

/// Asks for a token, which is to be refreshed. Only a refusal by Atlassian would make it a loss.
async fn asks<A: App>(world: &World<A>, number: usize) -> bool {
    let account = world.account(&format!("crowd{number}"));
    let token = match world.auth.grants().of(&account).await {
        Ok(grant) => grant.access_token().await.map(drop),
        Err(error) => Err(error),
    };
    assert!(
        !matches!(token, Err(GrantError::ConsentNeeded(_))),
        "crowd{number}: {token:?}"
    );
    token.is_ok()
}

async fn store(sentinel: &Sentinel) -> Arc<RedisStore> {
    let store = RedisStore::builder("redis://mymaster/0")
        .sentinels(&sentinel.url())
        .wait_for_replicas(1)
        .connect();
    Arc::new(store.await.unwrap())
}

async fn nothing_acknowledged_is_lost<A: App>() {
    let mut primary = Redis::start();
    let replicas = [Redis::start(), Redis::start()];
    replicas.iter().for_each(|replica| replica.follow(&primary));
    let sentinel = Sentinel::over(&primary);
    let store = store(&sentinel).await;
    let world = World::<A>::with_crowd_and(CROWD, |builder| builder.store(store)).await;
    let world = Arc::new(world);
    for number in 0..WORKERS {
        world.signed_in(&format!("crowd{number}")).await;
    }
    world.pass(HOUR);
    sentinel.wait_for_replicas(2);
    let stop = Arc::new(AtomicBool::new(false));
    let mut working = JoinSet::new();
    for worker in 0..WORKERS {
        working.spawn(sign_in(world.clone(), worker, stop.clone()));
    }
    let mut refreshing = JoinSet::new();
    for number in 0..WORKERS {
        let world = world.clone();
        refreshing.spawn(async move { asks(&world, number).await });
    }
    tokio::time::sleep(Duration::from_millis(20)).await;

    primary.kill();

    refreshing.join_all().await;
    until("every token works again", SOON, async || {
        world.pass(Duration::from_secs(1));
        let mut good = 0;
        for number in 0..WORKERS {
            good += usize::from(asks(&world, number).await);
        }
        good == WORKERS
    })
    .await;
    stop.store(true, Ordering::Relaxed);
    for mut browser in working.join_all().await.into_iter().flatten() {
        assert!(browser.who_am_i().await.is_some(), "a session was lost");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_dies_under_load_takes_nothing_along_on_axum() {
    if threelo_test_servers::are_left_out() {
        return;
    }
    for _ in 0..rounds(1, 20) {
        nothing_acknowledged_is_lost::<AxumApp>().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_dies_under_load_takes_nothing_along_on_actix() {
    if threelo_test_servers::are_left_out() {
        return;
    }
    for _ in 0..rounds(1, 20) {
        nothing_acknowledged_is_lost::<ActixApp>().await;
    }
}
