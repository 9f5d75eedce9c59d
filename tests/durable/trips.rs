//! Trips to the database, counted on the wire.

use std::time::Duration;

use threelo_tests::{ActixApp, App, AxumApp, Browser, Proxy, World, host_of, rows_as};

use tokio::task::JoinSet;

use crate::database::Database;

/// More than the five minutes after which something is read or written again.
const A_WHILE: Duration = Duration::from_secs(301);
const PAUSE: Duration = Duration::from_millis(50);

/// How many trips a request makes, its background work included.
async fn trips<A: App>(
    world: &World<A>,
    proxy: &Proxy,
    browser: &mut Browser<A>,
    path: &str,
) -> usize {
    world.auth.drain(Duration::from_secs(5)).await;
    // A pool checks a connection that is returned, and opens another one if it is asked meanwhile.
    tokio::time::sleep(PAUSE).await;
    let before = proxy.trips();
    assert_eq!(browser.fetch("GET", path).await.status(), 200, "{path}");
    world.auth.drain(Duration::from_secs(5)).await;
    proxy.trips() - before
}

async fn a_request_makes_one_trip<A: App>(database: Database) {
    let url = database.url();
    let proxy = Proxy::to(host_of(&url)).await;
    let rows = rows_as(&proxy.url(&url), "d_").await;
    let world = World::<A>::with(|builder| builder.store(rows)).await;
    let mut browser = world.signed_in("mia").await;
    let site = "site=11111111-aaaa-4aaa-8aaa-111111111111";
    let mut edward = world.signed_in("edward").await;
    // Scripts are loaded once, and statements prepared once on each connection.
    many_concurrent_requests(&browser).await;
    for _ in 0..40 {
        browser.submit("/auth/site", site).await;
        browser.fetch("GET", "/myself").await;
        tokio::time::sleep(PAUSE / 10).await;
    }
    world.pass(A_WHILE);
    trips(&world, &proxy, &mut browser, "/myself").await;

    for _ in 0..10 {
        assert_eq!(trips(&world, &proxy, &mut browser, "/public").await, 0);
        assert_eq!(trips(&world, &proxy, &mut browser, "/user").await, 1);
        assert_eq!(trips(&world, &proxy, &mut browser, "/myself").await, 1);
    }
    // For a user who chose no site, the database tells whether there is one or several.
    trips(&world, &proxy, &mut edward, "/myself").await;
    assert_eq!(trips(&world, &proxy, &mut edward, "/myself").await, 2);
    // Activity is written, and the grant read again, every five minutes at most.
    world.pass(A_WHILE);
    assert_eq!(trips(&world, &proxy, &mut browser, "/user").await, 2);
    assert_eq!(trips(&world, &proxy, &mut browser, "/user").await, 1);
    assert_eq!(trips(&world, &proxy, &mut browser, "/myself").await, 2);
    assert_eq!(trips(&world, &proxy, &mut browser, "/myself").await, 1);
}

/// Lets a pool open all its connections.
async fn many_concurrent_requests<A: App>(browser: &Browser<A>) {
    let mut asking = JoinSet::new();
    for _ in 0..64 {
        let mut browser = browser.clone();
        asking.spawn(async move { browser.fetch("GET", "/user").await });
    }
    asking.join_all().await;
}

macro_rules! trips {
    ($($test:ident: $database:ident, $app:ty;)+) => {$(
        #[tokio::test]
        async fn $test() {
            if let Some(database) = Database::$database() {
                a_request_makes_one_trip::<$app>(database).await;
            }
        }
    )+};
}

trips! {
    a_request_on_axum_makes_one_trip_to_redis: redis, AxumApp;
    a_request_on_actix_makes_one_trip_to_redis: redis, ActixApp;
    a_request_on_axum_makes_one_trip_to_postgres: postgres, AxumApp;
    a_request_on_actix_makes_one_trip_to_postgres: postgres, ActixApp;
}
