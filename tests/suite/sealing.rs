//! What sealing promises, whatever the database is; seen in SQLite's own file.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use threelo::internals::{AppKey, GrantKey, GrantRecord, Link, SessionRecord, SessionToken};
use threelo::store::{Inserted, RowKind, RowStore as _};
use threelo::{AccountId, Auth, Credentials, Profile, Subject};
use threelo_sqlx::SqliteStore;
use threelo_tests::{AxumApp, SealedStores, World};

const OLD: &str = "old:nm4sbGzg3cvWMC1BfFjhkYLPjd2vgOEYV6yP0wZZHUg=";
const NEW: &str = "new:3m5sbGzg3cvWMC1BfFjhkYLPjd2vgOEYV6yP0wZZHUg=";

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn session(number: u8, account: &str, version: u64) -> Arc<SessionRecord> {
    // What Atlassian's answer would be read as.
    let body = format!(
        r#"{{"account_id": "{account}", "name": "canary name", "email": "canary@example.com"}}"#
    );
    let answer = http_answer(body);
    let profile: Profile = threelo::internals::profile::from_response(&answer)
        .unwrap()
        .profile;
    Arc::new(SessionRecord {
        key: SessionToken::from_bytes([number; 32]).hash(),
        profile: Arc::new(profile),
        site: None,
        profile_read_at: at(100),
        remembered: false,
        created_at: at(100),
        seen_at: at(100),
        expires_at: at(4_000_000_000),
        idle_ends_at: at(4_000_000_000),
        unknown: Default::default(),
        version,
    })
}

fn http_answer(body: String) -> http::Response<bytes::Bytes> {
    http::Response::new(bytes::Bytes::from(body))
}

async fn memory() -> Arc<SqliteStore> {
    let store = SqliteStore::connect("sqlite::memory:")
        .migrate()
        .await
        .unwrap();
    Arc::new(store)
}

fn sealed(rows: &Arc<SqliteStore>, keys: &str) -> SealedStores {
    threelo_tests::sealed(rows.clone(), keys).unwrap()
}

async fn key_of(rows: &SqliteStore, account: &str) -> String {
    let rows = rows.of_owner(RowKind::Session, account).await.unwrap();
    rows[0].key.clone()
}

#[tokio::test]
async fn rows_hold_no_name_address_or_session_id_in_clear() {
    let rows = memory().await;
    let mia = session(1, "mia", 1);
    let inserted = sealed(&rows, OLD).sessions.insert(mia.clone()).await;
    assert_eq!(inserted.unwrap(), Inserted::Done);

    let found = rows.of_owner(RowKind::Session, "mia").await.unwrap();

    let text = String::from_utf8_lossy(&found[0].sealed).into_owned() + &found[0].key;
    for canary in [
        "canary",
        "example.com",
        &SessionToken::from_bytes([1; 32]).encode(),
    ] {
        assert!(!text.contains(canary), "{canary}");
    }
}

#[tokio::test]
async fn rows_that_are_swapped_or_put_back_do_not_open() {
    let rows = memory().await;
    let stores = sealed(&rows, OLD);
    let (mia, edward) = (session(1, "mia", 1), session(2, "edward", 1));
    for record in [&mia, &edward] {
        let inserted = stores.sessions.insert(Arc::clone(record)).await.unwrap();
        assert_eq!(inserted, Inserted::Done);
    }
    // Both were read before, so that what was in them is known.
    for record in [&mia, &edward] {
        let read = stores.sessions.load(&record.key).await.unwrap();
        assert_eq!(read.unwrap().account(), record.account());
    }
    let (hers, his) = (key_of(&rows, "mia").await, key_of(&rows, "edward").await);
    let mias = rows.load(RowKind::Session, &hers).await.unwrap().unwrap();

    // An attacker who can write to the database gives Edward's cookie Mia's session.
    let swapped = threelo::store::Row::new(RowKind::Session, his, 1, mias.sealed.clone(), "edward");
    assert!(rows.replace(1, &swapped).await.is_ok());
    assert!(stores.sessions.load(&edward.key).await.unwrap().is_none());

    // Or puts an older version of a row back.
    let replaced = stores.sessions.replace(1, session(1, "mia", 2)).await;
    assert!(replaced.is_ok());
    let back = threelo::store::Row::new(RowKind::Session, hers, 3, mias.sealed, "mia");
    assert!(rows.replace(2, &back).await.is_ok());
    assert!(stores.sessions.load(&mia.key).await.unwrap().is_none());
}

#[tokio::test]
async fn keys_rotate_in_two_steps_and_no_instance_spoils_a_row() {
    let rows = memory().await;
    let instances = |keys: &str| sealed(&rows, keys);
    let old = instances(OLD);
    let inserted = old.sessions.insert(session(1, "mia", 1)).await.unwrap();
    assert_eq!(inserted, Inserted::Done);
    let key = session(1, "mia", 1).key;

    // First every instance opens with both and seals with the old one, then with the new one.
    let both = instances(&format!("{OLD},{NEW}"));
    assert!(both.sessions.load(&key).await.unwrap().is_some());
    let next = instances(&format!("{NEW},{OLD}"));
    let replaced = next.sessions.replace(1, session(1, "mia", 2)).await;
    assert!(replaced.is_ok());
    assert!(both.sessions.load(&key).await.unwrap().is_some());

    // An instance that lags cannot open it: the session is signed out there, and stays what it is.
    assert!(old.sessions.load(&key).await.unwrap().is_none());
    assert!(
        old.sessions
            .list_of(&AccountId::parse("mia").unwrap())
            .await
            .unwrap()
            .is_empty()
    );
    assert!(next.sessions.load(&key).await.unwrap().is_some());
    assert!(instances(NEW).sessions.load(&key).await.unwrap().is_some());
}

#[tokio::test]
async fn a_row_that_cannot_be_opened_gives_way_to_a_new_one() {
    let rows = memory().await;
    let inserted = sealed(&rows, OLD)
        .sessions
        .insert(session(1, "mia", 1))
        .await;
    assert_eq!(inserted.unwrap(), Inserted::Done);
    let new = sealed(&rows, NEW);
    let key = session(1, "mia", 1).key;

    let inserted = new.sessions.insert(session(1, "mia", 1)).await.unwrap();

    assert_eq!(inserted, Inserted::Done);
    let stored = new.sessions.load(&key).await.unwrap().unwrap();
    assert_eq!(
        stored.version, 2,
        "the version goes on, so that no instance takes one row for the other"
    );
    let again = new.sessions.insert(session(1, "mia", 1)).await.unwrap();
    assert_eq!(again, Inserted::Exists);
}

/// A grant of Mia's account that this user of the app has linked.
async fn grant_of(subject: Option<&str>) -> Arc<GrantRecord> {
    let world = World::<AxumApp>::new().await;
    world.signed_in("mia").await;
    let grant = world.grants.stored(&world.grant_key("mia")).await;
    let link = |subject| Link {
        subject: Subject::parse(subject).unwrap(),
        linked_at: at(100),
        site: None,
    };
    Arc::new(GrantRecord {
        key: GrantKey {
            app: AppKey {
                environment: "https://auth.atlassian.com".into(),
                client_id: "app".into(),
            },
            ..grant.key.clone()
        },
        links: subject.map(link).into_iter().collect(),
        ..(*grant).clone()
    })
}

/// It may be another user's.
#[tokio::test]
async fn a_grant_that_cannot_be_opened_gives_way_to_nobody_elses() {
    let rows = memory().await;
    let (old, new) = (sealed(&rows, OLD).grants, sealed(&rows, NEW).grants);
    let edwards = grant_of(Some("edward")).await;
    assert_eq!(old.insert(edwards.clone()).await.unwrap(), Inserted::Done);

    let mallorys = new.insert(grant_of(Some("mallory")).await).await.unwrap();

    assert_eq!(mallorys, Inserted::Exists);
    let still = old.load(&edwards.key).await.unwrap().unwrap();
    assert_eq!(still.links.len(), 1);
    assert_eq!(still.links[0].subject.as_str(), "edward");
    // An app that signs people in has the account's own consent for it.
    let own = new.insert(grant_of(None).await).await.unwrap();
    assert_eq!(own, Inserted::Done);
}

#[tokio::test]
async fn a_database_without_keys_does_not_start() {
    let credentials = || Credentials::new("id", "secret");
    let builder = Auth::builder(credentials(), "http://localhost:3000").store(memory().await);

    let error = builder.build().unwrap_err().to_string();

    assert!(error.contains("THREELO_KEYS"), "{error}");
    let builder = Auth::builder(credentials(), "http://localhost:3000").keys(OLD);
    assert!(builder.store(memory().await).build().is_ok());
}
