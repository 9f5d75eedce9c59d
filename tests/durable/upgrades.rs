//! A database of version 1 while programs of two releases use it.
//!
//! In a test run both are this one, which finds tables of the first. `cargo xtask soak` builds the older program from the commit
//! before tables had steps, and names it in `THREELO_OLD_INSTANCE`.

use std::time::Duration;

use threelo_tests::{AxumApp, Instance, Order, Settings, Told, World, rounds};

use crate::database::{Database, INSTANCE};
use crate::version_1;

const HOUR: Duration = Duration::from_secs(3600);
const TASKS: usize = 20;
const USERS: [&str; 3] = ["edward", "mia", "nora"];

/// An instance of the release before.
async fn old(settings: &Settings) -> Instance {
    match std::env::var("THREELO_OLD_INSTANCE") {
        Ok(program) => Instance::start(&program, settings).await,
        Err(_) => Instance::start(INSTANCE, settings).await,
    }
}

/// Everybody signs in at an instance.
async fn sign_in(world: &World<AxumApp>, instance: &mut Instance) {
    for user in USERS {
        let mut browser = world.browser();
        let callback = browser.callback_of_login(world, user, "/").await;
        let order = Order::Arrive(callback, browser.cookies.clone(), 1);
        assert_eq!(instance.obey(&order).await, Told::SignedIn(1));
    }
}

/// An instance whose clock has gone on for as long as the others', asks for everybody's token.
async fn has_tokens(world: &World<AxumApp>, instance: &mut Instance) {
    for user in USERS {
        let account = world.account(user).as_str().to_owned();
        let told = instance.obey(&Order::Tokens(account, TASKS)).await;
        assert_eq!(told, Told::Tokens(TASKS, Vec::new()), "{user}");
    }
}

/// Old instances are replaced one by one while all are asked for tokens; then they come back. Each expiry costs one refresh.
async fn nothing_is_lost_in_an_upgrade(database: &Database) {
    let world = World::<AxumApp>::new().await;
    let settings = Settings::of(&world, &database.url(), version_1::PREFIX);
    let mut first = old(&settings).await;
    sign_in(&world, &mut first).await;
    let mut passed = Duration::ZERO;
    for round in 1..=rounds(2, 30) {
        world.pass(HOUR);
        passed += HOUR;
        first.obey(&Order::Advance(HOUR)).await;
        let upgraded = async {
            // It brings the tables up to date while the old one refreshes.
            let mut new = Instance::start(INSTANCE, &settings).await;
            new.obey(&Order::Advance(passed)).await;
            has_tokens(&world, &mut new).await;
            new
        };
        let working = has_tokens(&world, &mut first);
        let (mut new, ()) = tokio::join!(upgraded, working);
        sign_in(&world, &mut new).await;
        has_tokens(&world, &mut first).await;
        first.kill().await;
        // The upgrade is taken back.
        first = old(&settings).await;
        first.obey(&Order::Advance(passed)).await;
        has_tokens(&world, &mut first).await;
        has_tokens(&world, &mut new).await;
        assert_eq!(world.refreshes(), round * USERS.len());
    }
    version_1::reads_what_version_1_wrote(database.rows_as(version_1::PREFIX).await).await;
}

#[tokio::test]
async fn a_sqlite_file_of_version_1_is_upgraded_while_two_releases_use_it() {
    nothing_is_lost_in_an_upgrade(&Database::sqlite_of_version_1()).await;
}

#[tokio::test]
async fn a_postgres_of_version_1_is_upgraded_while_two_releases_use_it() {
    if let Some(database) = Database::postgres_of_version_1() {
        nothing_is_lost_in_an_upgrade(&database).await;
    }
}

#[tokio::test]
async fn a_redis_of_version_1_is_upgraded_while_two_releases_use_it() {
    if let Some(database) = Database::redis_of_version_1() {
        nothing_is_lost_in_an_upgrade(&database).await;
    }
}
