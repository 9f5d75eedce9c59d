//! A database that goes away in the middle of everything, and comes back.

use std::time::Duration;

use threelo_tests::{
    ActixApp, App, AxumApp, Browser, Proxy, Seen, Wire, World, host_of, rows_as, until,
};

use tokio::task::JoinSet;

use crate::database::Database;

const HOUR: Duration = Duration::from_secs(3600);
const SITE: &str = "site=11111111-aaaa-4aaa-8aaa-111111111111";
const SOON: Duration = Duration::from_secs(5);

/// How a database goes away.
#[derive(Clone, Copy, Debug)]
enum Outage {
    /// Its connections are cut, and new ones are refused.
    Cut,
    /// It answers nothing more.
    Silent,
    /// Redis stands still; Postgres is ended and started again.
    Stopped,
}

/// The wire, and what is at its end.
struct Scene {
    database: Database,
    proxy: Proxy,
}

impl Scene {
    fn begin(&mut self, outage: Outage) {
        match outage {
            Outage::Cut => self.proxy.set(Wire::Cut),
            Outage::Silent => self.proxy.set(Wire::Silent),
            Outage::Stopped => self.database.stop(),
        }
    }

    fn end(&mut self) {
        self.proxy.set(Wire::Whole);
        self.database.go_on();
    }
}

#[track_caller]
fn says_later(what: &str, seen: &Seen) {
    assert_eq!(seen.status(), 503, "{what}: {}", seen.text());
    let seconds: Result<u64, _> = seen.header("retry-after").parse();
    assert!(seconds.is_ok_and(|seconds| seconds > 0), "{what}");
    assert_eq!(seen.header("set-cookie"), "", "{what} changes a cookie");
}

async fn everything_works_again<A: App>(database: Database, outage: Outage) {
    let url = database.url();
    let proxy = Proxy::to(host_of(&url)).await;
    let rows = rows_as(&proxy.url(&url), "d_").await;
    let mut scene = Scene { database, proxy };
    let world = World::<A>::with(|builder| builder.store(rows)).await;
    let mut mia = world.signed_in("mia").await;
    let base = at_work(&scene.database, &mia).await;
    world.pass(HOUR);
    let mut edward = world.browser();
    let callback = edward.callback_of_login(&world, "edward", "/").await;

    scene.begin(outage);
    says_later("a page", &mia.fetch("GET", "/user").await);
    says_later("a call with a refresh", &mia.fetch("GET", "/myself").await);
    says_later("a logout", &mia.submit("/auth/logout", "").await);
    let seen = edward.arrive(&callback).await;
    says_later("a callback", &edward.open(seen.location()).await);
    assert_eq!(world.refreshes(), 0);

    scene.end();
    is_back(&mia).await;
    mia.submit("/auth/site", SITE).await;
    assert_eq!(mia.fetch("GET", "/myself").await.status(), 200);
    assert_eq!(world.refreshes(), 1);
    comes_back(&world, &mut edward, &callback, outage).await;
    assert_eq!(mia.submit("/auth/logout", "").await.status(), 303);
    assert_eq!(mia.who_am_i().await, None);
    until("the connections of before", SOON, async || {
        scene.database.connections() <= base
    })
    .await;
}

/// How many connections the app has under many concurrent requests.
async fn at_work<A: App>(database: &Database, browser: &Browser<A>) -> usize {
    let mut asking = JoinSet::new();
    for _ in 0..64 {
        let mut browser = browser.clone();
        asking.spawn(async move { browser.fetch("GET", "/user").await.status() });
    }
    assert!(asking.join_all().await.iter().all(|status| *status == 200));
    database.connections()
}

/// Meanwhile no one is signed out.
async fn is_back<A: App>(browser: &Browser<A>) {
    let mut browser = browser.clone();
    let began = tokio::time::Instant::now();
    loop {
        let seen = browser.fetch("GET", "/user").await;
        match seen.status() {
            200 => break assert_eq!(seen.text(), "Mia Krystof"),
            503 => assert!(began.elapsed() < SOON, "it does not come back"),
            other => panic!("{other}: {}", seen.text()),
        }
    }
}

/// The callback that failed can be tried again. A silent database may have carried out the request in the end: then the state
/// is spent, the callback signs no one in, and a new login works.
async fn comes_back<A: App>(
    world: &World<A>,
    browser: &mut Browser<A>,
    callback: &str,
    outage: Outage,
) {
    browser.arrive(callback).await;
    if browser.who_am_i().await.is_none() {
        assert!(!matches!(outage, Outage::Cut), "the callback is spent");
        browser.sign_in(world, "edward", "/").await;
    }
    let account = world.account("edward").to_string();
    assert_eq!(browser.who_am_i().await, Some(account));
}

/// Postgres moves to another machine, and the old one disappears without closing its connections.
async fn a_lost_machine_is_given_up<A: App>(database: Database) {
    let url = database.url();
    let proxy = Proxy::to(host_of(&url)).await;
    let rows = rows_as(&proxy.url(&url), "d_").await;
    let world = World::<A>::with(|builder| builder.store(rows)).await;
    let mut mia = world.signed_in("mia").await;
    at_work(&database, &mia).await;

    proxy.set(Wire::Lost);
    says_later("a page", &mia.fetch("GET", "/user").await);

    assert_eq!(mia.fetch("GET", "/user").await.text(), "Mia Krystof");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_lost_and_another_one_is_found_on_axum() {
    if let Some(database) = Database::postgres() {
        a_lost_machine_is_given_up::<AxumApp>(database).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_lost_and_another_one_is_found_on_actix() {
    if let Some(database) = Database::postgres() {
        a_lost_machine_is_given_up::<ActixApp>(database).await;
    }
}

macro_rules! outages {
    ($($test:ident: $database:ident, $app:ty, $outage:ident;)+) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            if let Some(database) = Database::$database() {
                everything_works_again::<$app>(database, Outage::$outage).await;
            }
        }
    )+};
}

outages! {
    redis_is_cut_off_and_comes_back_on_axum: redis, AxumApp, Cut;
    redis_is_cut_off_and_comes_back_on_actix: redis, ActixApp, Cut;
    redis_is_silent_and_comes_back_on_axum: redis, AxumApp, Silent;
    redis_is_silent_and_comes_back_on_actix: redis, ActixApp, Silent;
    redis_stands_still_and_goes_on_on_axum: redis, AxumApp, Stopped;
    redis_stands_still_and_goes_on_on_actix: redis, ActixApp, Stopped;
    postgres_is_cut_off_and_comes_back_on_axum: postgres, AxumApp, Cut;
    postgres_is_cut_off_and_comes_back_on_actix: postgres, ActixApp, Cut;
    postgres_is_silent_and_comes_back_on_axum: postgres, AxumApp, Silent;
    postgres_is_silent_and_comes_back_on_actix: postgres, ActixApp, Silent;
    postgres_ends_and_starts_again_on_axum: postgres, AxumApp, Stopped;
    postgres_ends_and_starts_again_on_actix: postgres, ActixApp, Stopped;
}
