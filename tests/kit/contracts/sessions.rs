//! What a store of sessions, and one of spent states, promise.

use std::sync::Arc;

use threelo::internals::{
    FlowMarks, MarkKey, SessionRecord, SessionStore, SessionToken, SessionTokenHash,
};
use threelo::store::{Inserted, Replaced, Spent, Version};
use threelo::{AccountId, CloudId, Profile};

use super::at;

type Store = Arc<dyn SessionStore>;

/// Proves a store of sessions, which must be empty.
///
/// # Panics
///
/// With the promise that is broken.
pub async fn session_store_contract(store: Arc<dyn SessionStore>) {
    a_session_comes_back_as_it_was(&store).await;
    insert_refuses_a_key_that_exists_and_replace_never_inserts(&store).await;
    of_many_writers_of_one_version_one_wins(&store).await;
    sessions_are_listed_and_deleted_by_account(&store).await;
    what_expired_is_deleted_and_nothing_else(&store).await;
}

fn key(number: u8) -> SessionTokenHash {
    SessionToken::from_bytes([number; 32]).hash()
}

fn record(number: u8, account: &str, version: Version) -> Arc<SessionRecord> {
    Arc::new(SessionRecord {
        key: key(number),
        profile: Arc::new(Profile::of(AccountId::parse(account).unwrap())),
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

async fn insert(store: &Store, record: Arc<SessionRecord>) {
    assert_eq!(store.insert(record).await.unwrap(), Inserted::Done);
}

async fn a_session_comes_back_as_it_was(store: &Store) {
    let mut profile = Profile::of(AccountId::parse("whole").unwrap());
    profile.name = Some("Mia \u{1f9ea} Krystof".into());
    profile.email = Some("mia@example.com".into());
    profile.email_verified = Some(false);
    let whole = Arc::new(SessionRecord {
        profile: Arc::new(profile),
        site: Some(CloudId::parse("11111111-aaaa-4aaa-8aaa-111111111111").unwrap()),
        profile_read_at: at(101),
        remembered: true,
        created_at: at(102),
        seen_at: at(103) + std::time::Duration::from_nanos(7),
        ..SessionRecord::clone(&record(90, "whole", 1))
    });
    insert(store, Arc::clone(&whole)).await;

    let stored = store.load(&whole.key).await.unwrap();

    assert_eq!(stored.as_deref(), Some(&*whole));
    if let Some(now) = store.load_now(&whole.key) {
        assert_eq!(
            now.as_deref(),
            Some(&*whole),
            "load_now knows something else"
        );
    }
}

async fn insert_refuses_a_key_that_exists_and_replace_never_inserts(store: &Store) {
    let replace = async |expected, record| store.replace(expected, record).await.unwrap();
    let early = replace(1, record(1, "one", 2)).await;
    assert_eq!(early, Replaced::Conflict, "replace inserts");
    insert(store, record(1, "one", 1)).await;

    let again = store.insert(record(1, "other", 1)).await.unwrap();
    assert_eq!(again, Inserted::Exists, "insert upserts");
    let stored = store.load(&key(1)).await.unwrap().unwrap();
    assert_eq!(stored.account().as_str(), "one");
    assert_eq!(replace(7, record(1, "one", 8)).await, Replaced::Conflict);
    assert_eq!(replace(1, record(1, "one", 2)).await, Replaced::Done);

    store.delete(&key(1)).await.unwrap();
    store.delete(&key(1)).await.unwrap();
    let late = replace(2, record(1, "one", 3)).await;
    assert_eq!(late, Replaced::Conflict, "a logout is undone");
    assert!(store.load(&key(1)).await.unwrap().is_none());
}

async fn of_many_writers_of_one_version_one_wins(store: &Store) {
    insert(store, record(2, "race", 1)).await;
    let writers = (0..16).map(|_| {
        let store = Arc::clone(store);
        tokio::spawn(async move { store.replace(1, record(2, "race", 2)).await.unwrap() })
    });
    let mut winners = 0;
    for writer in writers.collect::<Vec<_>>() {
        winners += usize::from(writer.await.unwrap() == Replaced::Done);
    }
    assert_eq!(winners, 1, "two writers of one version won");
}

async fn sessions_are_listed_and_deleted_by_account(store: &Store) {
    for (number, account) in [(3, "list"), (4, "list"), (5, "list"), (6, "LIST")] {
        insert(store, record(number, account, 1)).await;
    }
    let (small, large) = (
        AccountId::parse("list").unwrap(),
        AccountId::parse("LIST").unwrap(),
    );
    assert_eq!(store.list_of(&small).await.unwrap().len(), 3);

    assert_eq!(store.delete_of(&small).await.unwrap(), 3);
    assert!(store.list_of(&small).await.unwrap().is_empty());
    assert_eq!(
        store.list_of(&large).await.unwrap().len(),
        1,
        "case does not count"
    );
    assert_eq!(store.delete_of(&small).await.unwrap(), 0);
}

async fn what_expired_is_deleted_and_nothing_else(store: &Store) {
    let ends = |number, seconds: u64| {
        Arc::new(SessionRecord {
            expires_at: at(seconds),
            idle_ends_at: at(seconds),
            ..SessionRecord::clone(&record(number, "ends", 1))
        })
    };
    insert(store, ends(7, 1)).await;
    insert(store, ends(8, 5_000_000_000)).await;
    let idle = SessionRecord {
        idle_ends_at: at(1),
        ..SessionRecord::clone(&record(9, "ends", 1))
    };
    insert(store, Arc::new(idle)).await;

    // A store may forget what ended by itself, but nothing before its end.
    store.delete_expired(at(2)).await.unwrap();

    assert!(store.load(&key(7)).await.unwrap().is_none());
    assert!(store.load(&key(9)).await.unwrap().is_none());
    assert!(store.load(&key(8)).await.unwrap().is_some());
}

/// Proves a store of spent states, which must be empty.
///
/// # Panics
///
/// With the promise that is broken.
pub async fn flow_marks_contract(marks: Arc<dyn FlowMarks>) {
    let state = MarkKey([200; 32]);
    let spenders = (0..64).map(|_| {
        let marks = Arc::clone(&marks);
        let until = at(4_000_000_000);
        tokio::spawn(async move { marks.spend(state, at(100), until).await.unwrap() })
    });
    let mut first = 0;
    for spender in spenders.collect::<Vec<_>>() {
        first += usize::from(spender.await.unwrap() == Spent::First);
    }
    assert_eq!(first, 1, "a state was spent twice");
    let other = marks
        .spend(MarkKey([201; 32]), at(100), at(4_000_000_000))
        .await;
    assert_eq!(other.unwrap(), Spent::First);
}
