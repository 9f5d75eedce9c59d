//! One callback that arrives at many instances concurrently.

use threelo_tests::{ActixApp, App, AxumApp, Browser, Order, Settings, Told, World, rounds};
use tokio::task::JoinSet;

use crate::database::{Database, instances, on_every_database};

const PROCESSES: usize = 4;
const ARRIVALS: usize = 25;

/// Half of the processes run axum, half actix-web; each round one of a hundred arrivals is signed in, by one exchange.
async fn one_exchange(database: &Database) {
    let world = database.world::<AxumApp>().await;
    let settings = database.settings(&world);
    let on_actix = Settings {
        on_actix: true,
        ..settings.clone()
    };
    let mut processes = instances(&settings, PROCESSES / 2).await;
    processes.extend(instances(&on_actix, PROCESSES / 2).await);
    for round in 1..=rounds(30, 1000) {
        let mut browser = world.browser();
        let callback = consent(&world, &mut browser).await;
        let mut arriving = JoinSet::new();
        for mut instance in std::mem::take(&mut processes) {
            let (callback, cookies) = (callback.clone(), browser.cookies.clone());
            arriving.spawn(async move {
                let order = Order::Arrive(callback, cookies, ARRIVALS);
                let told = instance.obey(&order).await;
                (instance, told)
            });
        }
        let mut signed_in = 0;
        for (instance, told) in arriving.join_all().await {
            let Told::SignedIn(here) = told else {
                panic!("{told:?}");
            };
            signed_in += here;
            processes.push(instance);
        }
        assert_eq!(world.sandbox.count("POST", "/oauth/token"), round);
        assert_eq!(signed_in, 1, "in round {round}");
    }
}

async fn consent<A: App>(world: &World<A>, browser: &mut Browser<A>) -> String {
    browser.callback_of_login(world, "edward", "/").await
}

on_every_database! {
    one_exchange:
    a_hundred_identical_callbacks_over_four_processes_are_one_exchange_in_sqlite,
    a_hundred_identical_callbacks_over_four_processes_are_one_exchange_in_redis,
    a_hundred_identical_callbacks_over_four_processes_are_one_exchange_in_postgres,
}

/// The same in one process, without a database.
async fn one_exchange_in_memory<A: App>() {
    let world = World::<A>::new().await;
    for round in 1..=rounds(30, 1000) {
        let mut browser = world.browser();
        let callback = consent(&world, &mut browser).await;
        let mut arriving = JoinSet::new();
        for _ in 0..PROCESSES * ARRIVALS {
            let (mut browser, callback) = (browser.clone(), callback.clone());
            arriving.spawn(async move {
                browser.arrive(&callback).await;
                browser.who_am_i().await.is_some()
            });
        }
        let arrived = arriving.join_all().await;
        assert_eq!(world.sandbox.count("POST", "/oauth/token"), round);
        let signed_in = arrived.iter().filter(|is| **is).count();
        assert_eq!(signed_in, 1, "in round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_identical_callbacks_over_four_threads_are_one_exchange_in_axum() {
    one_exchange_in_memory::<AxumApp>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_identical_callbacks_over_four_threads_are_one_exchange_in_actix() {
    one_exchange_in_memory::<ActixApp>().await;
}
