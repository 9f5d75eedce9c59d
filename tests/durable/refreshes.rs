//! Processes that find the same token expired.

use std::time::Duration;

use threelo_tests::{AxumApp, Order, Told};
use tokio::task::JoinSet;

use crate::database::{Database, instances, on_every_database};

const HOUR: Duration = Duration::from_secs(3600);
const PROCESSES: usize = 8;
const TASKS: usize = 50;
const EXPIRIES: usize = 3;

/// The sandbox takes no refresh token twice.
async fn one_refresh_per_expiry(database: &Database) {
    let world = database.world::<AxumApp>().await;
    world.sandbox.knobs(|knobs| knobs.leeway = Duration::ZERO);
    world.signed_in("edward").await;
    let account = world.account("edward").as_str().to_owned();
    let mut instances = instances(&database.settings(&world), PROCESSES).await;
    for expiry in 1..=EXPIRIES {
        world.pass(HOUR);
        let mut working = JoinSet::new();
        for mut instance in std::mem::take(&mut instances) {
            let account = account.clone();
            working.spawn(async move {
                instance.obey(&Order::Advance(HOUR)).await;
                let told = instance.obey(&Order::Tokens(account, TASKS)).await;
                (instance, told)
            });
        }
        for (instance, told) in working.join_all().await {
            assert_eq!(told, Told::Tokens(TASKS, Vec::new()));
            instances.push(instance);
        }
        assert_eq!(world.refreshes(), expiry, "after {expiry} expiries");
    }
}

on_every_database! {
    one_refresh_per_expiry:
    eight_processes_of_fifty_tasks_refresh_once_per_expiry_over_sqlite,
    eight_processes_of_fifty_tasks_refresh_once_per_expiry_over_redis,
    eight_processes_of_fifty_tasks_refresh_once_per_expiry_over_postgres,
}
