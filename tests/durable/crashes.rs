//! Instances that are killed in the middle of a refresh, as a machine is that loses its power.

use std::time::Duration;

use threelo_tests::{AxumApp, Order, Point, Settings, Told, World, rounds};

use crate::database::{Database, instance, on_every_database};

const HOUR: Duration = Duration::from_secs(3600);
const LEASE: Duration = Duration::from_millis(500);
const WAITING: usize = 4;

/// A world with a grant, and what its other instances are started with.
async fn edward_is_signed_in(database: &Database) -> (World<AxumApp>, Settings) {
    let world = database.world::<AxumApp>().await;
    world.signed_in("edward").await;
    let settings = Settings {
        lease: LEASE,
        ..database.settings(&world)
    };
    (world, settings)
}

/// Every round one instance dies at the point, and another one has a token for every task that asks it.
async fn no_user_is_sent_to_consent(database: &Database) {
    let (world, settings) = edward_is_signed_in(database).await;
    let account = world.account("edward").as_str().to_owned();
    let mut rescuer = instance(&settings).await;
    let mut passed = Duration::ZERO;
    for point in [Point::AfterLease, Point::BeforeWrite, Point::AfterWrite] {
        for round in 0..rounds(10, 200) {
            passed += HOUR;
            world.pass(HOUR);
            let before = world.refreshes();
            let mut victim = instance(&settings).await;
            victim.obey(&Order::Advance(passed)).await;
            victim.obey(&Order::StopAt(point)).await;
            let told = victim.obey(&Order::Tokens(account.clone(), 1)).await;
            assert_eq!(told, Told::Reached(point));
            victim.kill().await;

            rescuer.obey(&Order::Advance(HOUR)).await;
            let told = rescuer.obey(&Order::Tokens(account.clone(), WAITING)).await;

            let lost = format!("{point:?}, round {round}");
            assert_eq!(told, Told::Tokens(WAITING, Vec::new()), "{lost}");
            let expected = if point == Point::BeforeWrite { 2 } else { 1 };
            assert_eq!(world.refreshes() - before, expected, "{lost}");
        }
    }
}

on_every_database! {
    no_user_is_sent_to_consent:
    an_instance_that_is_killed_loses_no_grant_over_sqlite,
    an_instance_that_is_killed_loses_no_grant_over_redis,
    an_instance_that_is_killed_loses_no_grant_over_postgres,
}

/// An instance dies when Atlassian has answered and nothing is stored. Nobody asks for a token after that: another instance
/// sends the old one again within its ten minutes.
async fn a_cut_off_refresh_is_finished(database: &Database) {
    let (world, settings) = edward_is_signed_in(database).await;
    let account = world.account("edward").as_str().to_owned();
    world.pass(HOUR);
    let before = world.refreshes();
    let mut victim = instance(&settings).await;
    victim.obey(&Order::Advance(HOUR)).await;
    victim.obey(&Order::StopAt(Point::BeforeWrite)).await;
    let told = victim.obey(&Order::Tokens(account.clone(), 1)).await;
    assert_eq!(told, Told::Reached(Point::BeforeWrite));
    victim.kill().await;
    let mut quiet = instance(&settings).await;
    let _another = instance(&settings).await;
    quiet.obey(&Order::Advance(HOUR)).await;

    let mut waited = Duration::ZERO;
    while world.refreshes() < before + 2 {
        assert!(waited < Duration::from_secs(90), "nobody looked");
        tokio::time::sleep(Duration::from_millis(200)).await;
        waited += Duration::from_millis(200);
    }

    // What was lost for good without it: the leeway is over.
    tokio::time::sleep(LEASE).await;
    world.pass(Duration::from_secs(11 * 60));
    let told = quiet.obey(&Order::Tokens(account, WAITING)).await;
    assert_eq!(told, Told::Tokens(WAITING, Vec::new()));
    assert_eq!(world.refreshes(), before + 2);
}

on_every_database! {
    a_cut_off_refresh_is_finished:
    a_refresh_that_a_crash_cut_off_is_finished_though_nobody_asks_over_sqlite,
    a_refresh_that_a_crash_cut_off_is_finished_though_nobody_asks_over_redis,
    a_refresh_that_a_crash_cut_off_is_finished_though_nobody_asks_over_postgres,
}
