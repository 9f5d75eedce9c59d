//! What operators do: accounts that want to be forgotten, keys that change, and rows that have ended.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use threelo::store::{RowKind, RowStore, StoreError};
use threelo::{GrantError, Rekeyed};
use threelo_sqlx::SqliteStore;
use threelo_tests::{App as _, Call, Watch, WatchedRows, until};

use super::{App, Browser, World};

const OLD: &str = "k1:nm4sbGzg3cvWMC1BfFjhkYLPjd2vgOEYV6yP0wZZHUg=";
const NEW: &str = "k2:3m5sbGzg3cvWMC1BfFjhkYLPjd2vgOEYV6yP0wZZHUg=";
const OTHER: &str = "k3:9s5sbGzg3cvWMC1BfFjhkYLPjd2vgOEYV6yP0wZZHUg=";
const SOON: Duration = Duration::from_secs(10);

async fn sqlite() -> Arc<dyn RowStore> {
    let store = SqliteStore::connect("sqlite::memory:")
        .migrate()
        .await
        .unwrap();
    Arc::new(store)
}

/// A world over a database, in which Mia and Edward are signed in.
async fn two_accounts(rows: &Arc<dyn RowStore>) -> (World, Browser, Browser) {
    let store = Arc::clone(rows);
    let world = World::with(|builder| builder.store(store)).await;
    let (mut mia, mut edward) = (world.browser(), world.browser());
    mia.sign_in(&world, "mia", "/").await;
    edward.sign_in(&world, "edward", "/").await;
    (world, mia, edward)
}

/// Counts calls, and lets some fail.
#[derive(Debug, Default)]
struct Counting {
    calls: Mutex<HashMap<Call, usize>>,
    failing: Option<Call>,
}

impl Counting {
    fn count(&self, call: Call) -> usize {
        self.calls.lock().unwrap().get(&call).copied().unwrap_or(0)
    }
}

#[async_trait::async_trait]
impl Watch for Counting {
    async fn before(&self, call: Call) -> Result<(), StoreError> {
        *self.calls.lock().unwrap().entry(call).or_default() += 1;
        match self.failing {
            Some(failing) if failing == call => Err(StoreError::Failed("it fails".into())),
            _ => Ok(()),
        }
    }
}

#[tokio::test]
async fn an_account_is_forgotten_on_request_and_no_other() {
    let rows = sqlite().await;
    let (world, mut mia, mut edward) = two_accounts(&rows).await;

    let erased = world
        .auth
        .delete_account(&world.account("mia"))
        .await
        .unwrap();

    assert_eq!((erased.sessions, erased.grants), (1, 1));
    assert_eq!(mia.who_am_i().await, None);
    let grant = world.auth.grants().of(&world.account("mia")).await;
    assert!(
        matches!(grant, Err(GrantError::ConsentNeeded(_))),
        "{grant:?}"
    );
    assert!(world.auth.drain(SOON).await);
    assert_eq!(world.sandbox.count("POST", "/oauth/revoke"), 1);
    assert!(edward.who_am_i().await.is_some());
    assert_eq!(edward.fetch("GET", "/myself").await.status(), 200);
    let again = world
        .auth
        .delete_account(&world.account("mia"))
        .await
        .unwrap();
    assert_eq!((again.sessions, again.grants), (0, 0));
}

#[tokio::test]
async fn rows_of_an_account_that_no_key_opens_are_deleted_too() {
    let rows = sqlite().await;
    let (world, _mia, _edward) = two_accounts(&rows).await;
    let store = Arc::clone(&rows);
    let without_the_key = world.another_auth(|builder| builder.store(store).keys(OTHER));

    let erased = without_the_key
        .delete_account(&world.account("mia"))
        .await
        .unwrap();

    assert_eq!((erased.sessions, erased.grants), (1, 1));
    let left = rows
        .of_owner(RowKind::Session, world.account("mia").as_str())
        .await;
    assert_eq!(left.unwrap().len(), 0);
}

#[tokio::test]
async fn an_account_is_forgotten_for_every_user_of_the_app_who_connected_it() {
    let rows = sqlite().await;
    let store = Arc::clone(&rows);
    let world = World::connecting(|builder| builder.store(store)).await;
    let mut user = world.browser().with_user("app-user", "user-1");
    user.connect(&world, "edward", "").await;
    assert_eq!(user.open("/connections").await.text(), "Edward Byrne");

    let erased = world
        .connect()
        .delete_account(&world.account("edward"))
        .await
        .unwrap();

    assert_eq!((erased.sessions, erased.grants), (0, 1));
    assert_eq!(user.open("/connections").await.text(), "");
}

#[tokio::test]
async fn all_rows_get_the_new_key_while_the_app_serves_and_the_old_one_may_go() {
    let rows = sqlite().await;
    let (world, mia, edward) = two_accounts(&rows).await;
    let instance = |keys: String| {
        let store = Arc::clone(&rows);
        world.another_auth(|builder| builder.store(store).keys(keys))
    };
    let both = instance(format!("{NEW},{OLD}"));
    let mut told = Vec::new();

    let done = both.rekey(|so_far| told.push(so_far)).await.unwrap();

    let counts = |done: Rekeyed| (done.accounts, done.sealed, done.current, done.unreadable);
    assert_eq!(counts(done), (2, 4, 0, 0));
    assert_eq!(told, [done]);
    let again = both.rekey(|_| {}).await.unwrap();
    assert_eq!(counts(again), (2, 0, 4, 0));
    let app = App::new(&instance(NEW.to_owned()));
    for signed_in in [mia, edward] {
        let mut browser = Browser::new(&app);
        browser.cookies.clone_from(&signed_in.cookies);
        assert!(browser.who_am_i().await.is_some());
        browser
            .submit("/auth/site", "site=22222222-bbbb-4bbb-8bbb-222222222222")
            .await;
        assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
    }
}

#[tokio::test]
async fn a_change_of_keys_leaves_what_no_key_opens_as_it_is() {
    let rows = sqlite().await;
    let (world, mut mia, _edward) = two_accounts(&rows).await;
    let store = Arc::clone(&rows);
    let lagging = world.another_auth(|builder| builder.store(store).keys(OTHER));

    let done = lagging.rekey(|_| {}).await.unwrap();

    assert_eq!((done.sealed, done.unreadable), (0, 4));
    assert!(mia.who_am_i().await.is_some(), "a row was spoilt");
}

#[tokio::test]
async fn an_instance_without_the_key_signs_out_and_asks_for_consent_and_never_fails() {
    let rows = sqlite().await;
    let (world, mia, _edward) = two_accounts(&rows).await;
    let store = Arc::clone(&rows);
    let without_the_key = world.another_auth(|builder| builder.store(store).keys(OTHER));
    let mut elsewhere = Browser::new(&App::new(&without_the_key));
    elsewhere.cookies.clone_from(&mia.cookies);

    assert_eq!(elsewhere.fetch("GET", "/user").await.status(), 401);
    let grant = without_the_key.grants().of(&world.account("mia")).await;

    assert!(
        matches!(grant, Err(GrantError::ConsentNeeded(_))),
        "{grant:?}"
    );
}

#[tokio::test]
async fn what_has_ended_is_deleted_by_one_instance_of_many() {
    let counting = Arc::new(Counting::default());
    let rows: Arc<dyn RowStore> = Arc::new(WatchedRows::new(sqlite().await, counting.clone()));
    let (world, _mia, _edward) = two_accounts(&rows).await;
    // An app of actix-web takes its runtime with it, and with that a connection that is on its way back to the pool.
    let mut apps = Vec::new();
    for _ in 0..4 {
        let store = Arc::clone(&rows);
        let another = world.another_auth(|builder| builder.store(store));
        apps.push(App::new(&another));
        let mut nora = Browser::new(&apps[apps.len() - 1]);
        nora.sign_in(&world, "nora", "/").await;
        assert!(another.drain(SOON).await);
    }
    assert!(world.auth.drain(SOON).await);

    assert_eq!(counting.count(Call::DeleteExpired), 1);
    world.pass(Duration::from_secs(700));
    world.browser().sign_in(&world, "mia", "/").await;
    until("a second time, ten minutes later", SOON, async || {
        counting.count(Call::DeleteExpired) == 2
    })
    .await;
}

#[tokio::test]
async fn a_grant_is_forgotten_though_its_lease_cannot_be() {
    let counting = Arc::new(Counting {
        failing: Some(Call::LeaseSlot),
        ..Counting::default()
    });
    let rows: Arc<dyn RowStore> = Arc::new(WatchedRows::new(sqlite().await, counting));
    let (world, _mia, _edward) = two_accounts(&rows).await;
    let grant = world.grant_of("mia").await;

    grant.forget().await.unwrap();

    assert!(world.auth.drain(SOON).await);
    assert_eq!(world.sandbox.count("POST", "/oauth/revoke"), 1);
    let gone = world.auth.grants().of(&world.account("mia")).await;
    assert!(
        matches!(gone, Err(GrantError::ConsentNeeded(_))),
        "{gone:?}"
    );
}

#[tokio::test]
async fn an_account_is_disconnected_though_its_lease_cannot_be_forgotten() {
    let counting = Arc::new(Counting {
        failing: Some(Call::LeaseSlot),
        ..Counting::default()
    });
    let rows: Arc<dyn RowStore> = Arc::new(WatchedRows::new(sqlite().await, counting));
    let world = World::connecting(|builder| builder.store(rows)).await;
    let mut user = world.browser().with_user("app-user", "user-1");
    user.connect(&world, "edward", "").await;

    assert_eq!(user.submit("/auth/disconnect", "").await.status(), 303);

    assert!(world.auth.drain(SOON).await);
    assert_eq!(world.sandbox.count("POST", "/oauth/revoke"), 1);
    assert_eq!(user.open("/connections").await.text(), "");
}

/// One of two instances was deployed without the older key: it must not take an account for nobody's.
#[tokio::test]
async fn an_instance_without_the_key_hands_no_account_to_another_user() {
    for access in [threelo::AccessType::Account, threelo::AccessType::Resource] {
        let rows = sqlite().await;
        let store = Arc::clone(&rows);
        let world = World::connecting(|builder| builder.store(store).keys(OLD).access_type(access));
        let world = world.await;
        let mut edward = world.browser().with_user("app-user", "edward");
        edward.connect(&world, "edward", "").await;
        let store = Arc::clone(&rows);
        let without =
            world.another_connect(|builder| builder.store(store).keys(OTHER).access_type(access));
        let mut mallory = Browser::new(&App::connecting(&without)).with_user("app-user", "mallory");

        let (_, seen) = mallory.connect(&world, "edward", "").await;

        assert!(
            seen.location()
                .starts_with("/auth/error?reason=unavailable"),
            "{access:?}: {}",
            seen.location()
        );
        let edwards = edward.fetch("GET", "/auth/connections").await.json();
        assert_eq!(edwards["connections"].as_array().unwrap().len(), 1);
        let taken = mallory.fetch("GET", "/auth/connections").await.json();
        assert_eq!(taken["connections"].as_array().unwrap().len(), 0);
        assert_eq!(edward.fetch("GET", "/myself").await.status(), 200);
    }
}
