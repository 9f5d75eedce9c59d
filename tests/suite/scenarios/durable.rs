//! Two instances of an app over one database: what one does, the other knows. In SQLite and Redis, and the race for a
//! refresh in Postgres too; the rest is proven for each by its contract.

use std::sync::Arc;
use std::time::Duration;

use threelo::Auth;
use threelo::clock::{Clock as _, SystemClock};
use threelo::internals::MarkKey;
use threelo::store::{RowKind, RowStore};
use threelo_redis::RedisStore;
use threelo_sandbox::{Endpoint, Fault};
use threelo_sqlx::{PostgresStore, SqliteStore};
use threelo_test_servers::{Postgres, Redis};
use threelo_tests::{App as _, sealed};
use tokio::task::JoinSet;

use super::refresh::HOUR;
use super::{App, Browser, World};

/// A database, and the server that must outlive it.
struct Database {
    rows: Arc<dyn RowStore>,
    _redis: Option<Redis>,
    _postgres: Option<Postgres>,
}

/// SQLite, and Redis unless it is left out.
async fn databases() -> Vec<Database> {
    let sqlite = SqliteStore::connect("sqlite::memory:")
        .migrate()
        .await
        .unwrap();
    let mut databases = vec![Database {
        rows: Arc::new(sqlite),
        _redis: None,
        _postgres: None,
    }];
    if threelo_test_servers::are_left_out() {
        return databases;
    }
    let redis = Redis::start();
    databases.push(Database {
        rows: Arc::new(RedisStore::connect(&redis.url()).await.unwrap()),
        _redis: Some(redis),
        _postgres: None,
    });
    databases
}

/// The same, and Postgres, which takes seconds to start.
async fn all_databases() -> Vec<Database> {
    let mut databases = databases().await;
    if !threelo_test_servers::are_left_out() {
        let postgres = Postgres::start();
        let store = PostgresStore::connect(&postgres.url())
            .migrate()
            .await
            .unwrap();
        databases.push(Database {
            rows: Arc::new(store),
            _redis: None,
            _postgres: Some(postgres),
        });
    }
    databases
}

/// A world, and another instance of its app.
async fn two_instances(database: &Database) -> (World, Auth, App) {
    let (first, second) = (Arc::clone(&database.rows), Arc::clone(&database.rows));
    let world = World::with(|builder| builder.store(first)).await;
    let other = world.another_auth(|builder| builder.store(second));
    let app = App::new(&other);
    (world, other, app)
}

/// The same browser at the other instance.
fn at(app: &App, browser: &Browser) -> Browser {
    let mut there = Browser::new(app);
    there.cookies.clone_from(&browser.cookies);
    there
}

#[tokio::test]
async fn a_user_who_signs_in_at_one_instance_works_at_the_other_and_is_signed_out_at_both() {
    for database in databases().await {
        let (world, _other, app) = two_instances(&database).await;
        let mut here = world.signed_in("mia").await;
        let site = "22222222-bbbb-4bbb-8bbb-222222222222";
        here.submit("/auth/site", &format!("site={site}")).await;

        let mut there = at(&app, &here);
        assert_eq!(there.open("/user").await.text(), "Mia Krystof");
        assert_eq!(there.fetch("GET", "/board").await.text(), "Borealis Lab");
        assert_eq!(there.fetch("GET", "/myself").await.status(), 200);
        here.submit("/auth/logout", "").await;

        assert_eq!(there.who_am_i().await, None);
    }
}

#[tokio::test]
async fn a_flow_begins_at_one_instance_and_ends_at_the_other_once() {
    for database in databases().await {
        let (world, _other, app) = two_instances(&database).await;
        let mut here = world.browser();
        let callback = here.callback_of_login(&world, "mia", "/user").await;

        let mut arrivals = JoinSet::new();
        for number in 0..20 {
            let mut browser = match number % 2 {
                0 => here.clone(),
                _ => at(&app, &here),
            };
            let callback = callback.clone();
            arrivals.spawn(async move {
                browser.arrive(&callback).await;
                browser.who_am_i().await.is_some()
            });
        }
        let signed_in = arrivals.join_all().await;

        assert_eq!(world.sandbox.count("POST", "/oauth/token"), 1);
        assert_eq!(signed_in.iter().filter(|is| **is).count(), 1);
    }
}

#[tokio::test]
async fn a_reload_at_another_instance_waits_while_the_first_one_works() {
    for database in all_databases().await {
        let (world, other, app) = two_instances(&database).await;
        world
            .sandbox
            .fault(Endpoint::Token, Fault::Delay(Duration::from_millis(600)), 1);
        let mut here = world.browser();
        let callback = here.callback_of_login(&world, "mia", "/user").await;
        let mut there = at(&app, &here);
        let cookies = there.cookies.clone();
        let (mut tab, address) = (here.clone(), callback.clone());
        let first = tokio::spawn(async move { tab.arrive(&address).await });
        world.wait_for_exchange().await;

        let second = there.arrive(&callback).await;

        assert_eq!(second.status(), 200, "{}", second.location());
        assert!(second.text().contains("href=\"\""), "{}", second.text());
        assert_eq!(there.cookies, cookies, "the flow's cookie stays");
        assert_eq!(first.await.unwrap().location(), "/user");
        assert_eq!(world.sandbox.count("POST", "/oauth/token"), 1);
        // When the work is over, who has no session is refused and not asked to wait.
        let second_is_idle = Duration::from_secs(5);
        assert!(world.auth.drain(second_is_idle).await && other.drain(second_is_idle).await);
        let late = there.arrive(&callback).await;
        assert_eq!(
            late.location(),
            "/auth/error?reason=refused&return_to=%2Fuser"
        );
    }
}

/// The first instance never comes to its end: what it noted ends by the clock of the database.
#[tokio::test]
async fn a_flow_whose_instance_crashed_is_refused_after_a_while() {
    let rows = in_memory().await;
    let store = sealed(Arc::clone(&rows), super::restarts::KEYS).unwrap();
    let state = MarkKey([7; 32]);
    for (life, is_at_work) in [(Duration::from_secs(90), true), (Duration::ZERO, false)] {
        store.marks.begin_work(state, life).await.unwrap();

        assert_eq!(store.marks.is_at_work(state).await.unwrap(), is_at_work);
    }
    assert!(!store.marks.is_at_work(MarkKey([8; 32])).await.unwrap());
}

#[tokio::test]
async fn of_two_instances_that_find_a_token_expired_one_refreshes() {
    for database in all_databases().await {
        let (world, other, _app) = two_instances(&database).await;
        world.sandbox.knobs(|knobs| knobs.leeway = Duration::ZERO);
        world.signed_in("edward").await;
        for round in 1..=3 {
            world.pass(Duration::from_secs(3600));
            let mut tasks = JoinSet::new();
            for number in 0..50 {
                let auth = if number % 2 == 0 { &world.auth } else { &other };
                let (grants, account) = (auth.grants(), world.account("edward"));
                tasks.spawn(async move { grants.of(&account).await?.access_token().await });
            }
            let tokens = tasks.join_all().await;

            assert!(tokens.iter().all(Result::is_ok), "{tokens:?}");
            assert_eq!(world.refreshes(), round);
        }
    }
}

#[tokio::test]
async fn a_connection_made_at_one_instance_is_there_at_the_other() {
    for database in databases().await {
        let (first, second) = (Arc::clone(&database.rows), Arc::clone(&database.rows));
        let world = World::connecting(|builder| builder.store(first)).await;
        let other = world.another_connect(|builder| builder.store(second));
        let mut here = world.browser().with_user("app-user", "edward");
        here.connect(&world, "edward", "").await;

        let mut there = at(&App::connecting(&other), &here);
        assert_eq!(there.open("/connections").await.text(), "Edward Byrne");
        there.submit("/auth/disconnect", "").await;

        assert_eq!(here.open("/connections").await.text(), "");
    }
}

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A world over SQLite, whose clock is that of this machine, as much earlier.
async fn world_of(rows: &Arc<dyn RowStore>, earlier: Duration) -> World {
    let store = Arc::clone(rows);
    let world = World::with(|builder| builder.store(store)).await;
    world.clock.set(SystemClock.now() - earlier);
    world
}

async fn in_memory() -> Arc<dyn RowStore> {
    let sqlite = SqliteStore::connect("sqlite::memory:").migrate().await;
    Arc::new(sqlite.unwrap())
}

async fn sessions_of(world: &World, rows: &Arc<dyn RowStore>, user: &str) -> usize {
    let account = world.account(user);
    let found = rows.of_owner(RowKind::Session, account.as_str()).await;
    found.unwrap().len()
}

/// Redis does it by itself, by the time of its own clock.
#[tokio::test]
async fn sessions_that_ended_leave_the_database_with_a_later_sign_in() {
    let rows = in_memory().await;
    let world = world_of(&rows, 41 * DAY).await;
    world.browser().sign_in(&world, "mia", "/").await;
    world.browser().sign_in(&world, "edward", "/").await;
    world.auth.drain(Duration::from_secs(10)).await;
    assert_eq!(sessions_of(&world, &rows, "mia").await, 1);

    world.pass(40 * DAY);
    world.browser().sign_in(&world, "edward", "/").await;
    world.auth.drain(Duration::from_secs(10)).await;

    assert_eq!(sessions_of(&world, &rows, "mia").await, 0);
    let edwards = sessions_of(&world, &rows, "edward").await;
    assert_eq!(edwards, 1, "a session that lives was deleted");
}

/// Their absolute end is days away. One that is used meanwhile stays.
#[tokio::test]
async fn sessions_that_are_idle_leave_the_database_and_those_in_use_stay() {
    let rows = in_memory().await;
    let world = world_of(&rows, 3 * DAY).await;
    world.browser().sign_in(&world, "mia", "/").await;
    let mut nora = world.browser();
    nora.sign_in(&world, "nora", "/").await;
    // A session is idle after eight hours.
    world.pass(7 * HOUR);
    assert!(nora.who_am_i().await.is_some());
    world.auth.drain(Duration::from_secs(10)).await;

    world.pass(2 * HOUR);
    world.browser().sign_in(&world, "edward", "/").await;
    world.auth.drain(Duration::from_secs(10)).await;

    assert_eq!(sessions_of(&world, &rows, "mia").await, 0);
    assert_eq!(sessions_of(&world, &rows, "nora").await, 1);
    assert!(nora.who_am_i().await.is_some());
}

/// The clock of one instance is eight days ahead, and a visitor signs in there.
#[tokio::test]
async fn an_instance_whose_clock_is_days_ahead_deletes_no_session() {
    let rows = in_memory().await;
    let world = world_of(&rows, Duration::ZERO).await;
    let mut mia = world.signed_in("mia").await;
    world.auth.drain(Duration::from_secs(10)).await;

    world.clock.advance(8 * DAY);
    world.browser().sign_in(&world, "edward", "/").await;
    world.auth.drain(Duration::from_secs(10)).await;
    world.clock.set(SystemClock.now());

    assert_eq!(sessions_of(&world, &rows, "mia").await, 1);
    assert!(mia.who_am_i().await.is_some());
}
