//! What any store must do, proven for the in-memory ones: nothing upserts, one wins, full is an error.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use threelo::clock::ManualClock;
use threelo::store::{
    AppKey, Attempts, FlowMarks, GrantKey, GrantRecord, GrantStore, Inserted, Lease, LeaseOwner,
    LeaseRequest, Link, MemoryFlowMarks, MemoryGrants, MemorySessions, Page, Renewed, Replaced,
    SessionRecord, SessionStore, Spent, StoreError,
};
use threelo::{AccountId, ConsentId, Profile, Scopes, Subject, Ticket};

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn record(number: u8, account: &str, version: u64) -> Arc<SessionRecord> {
    Arc::new(SessionRecord {
        key: Ticket::from_bytes([number; 32]).hash(),
        profile: Arc::new(Profile::of(AccountId::parse(account).unwrap())),
        site: None,
        profile_read_at: at(100),
        remembered: false,
        created_at: at(100),
        seen_at: at(100),
        expires_at: at(200),
        version,
    })
}

#[tokio::test]
async fn insert_refuses_a_key_that_exists_and_replace_never_inserts() {
    let store = MemorySessions::new();
    let first = record(1, "mia", 1);

    assert_eq!(
        store.replace(1, record(1, "mia", 2)).await.unwrap(),
        Replaced::Conflict
    );
    assert_eq!(store.insert(first.clone()).await.unwrap(), Inserted::Done);
    assert_eq!(
        store.insert(record(1, "edward", 1)).await.unwrap(),
        Inserted::Exists
    );
    assert_eq!(
        store
            .load(&first.key)
            .await
            .unwrap()
            .unwrap()
            .account()
            .as_str(),
        "mia"
    );
    assert_eq!(
        store.replace(7, record(1, "mia", 8)).await.unwrap(),
        Replaced::Conflict
    );
    assert_eq!(
        store.replace(1, record(1, "mia", 2)).await.unwrap(),
        Replaced::Done
    );

    store.delete(&first.key).await.unwrap();
    store.delete(&first.key).await.unwrap();
    assert_eq!(
        store.replace(2, record(1, "mia", 3)).await.unwrap(),
        Replaced::Conflict
    );
    assert!(
        store.load(&first.key).await.unwrap().is_none(),
        "a logout stays a logout"
    );
}

#[tokio::test]
async fn of_many_writers_of_one_version_one_wins() {
    let store = Arc::new(MemorySessions::new());
    assert_eq!(
        store.insert(record(1, "mia", 1)).await.unwrap(),
        Inserted::Done
    );

    let writers = (0..64).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.replace(1, record(1, "mia", 2)).await.unwrap() })
    });
    let mut winners = 0;
    for writer in writers.collect::<Vec<_>>() {
        winners += usize::from(writer.await.unwrap() == Replaced::Done);
    }

    assert_eq!(winners, 1);
}

#[tokio::test]
async fn sessions_are_listed_and_deleted_by_account() {
    let store = MemorySessions::new();
    for (number, account) in [(1, "mia"), (2, "mia"), (3, "mia"), (4, "MIA")] {
        assert_eq!(
            store.insert(record(number, account, 1)).await.unwrap(),
            Inserted::Done
        );
    }
    let mia = AccountId::parse("mia").unwrap();

    assert_eq!(store.list_of(&mia).await.unwrap().len(), 3);
    let kept = record(2, "mia", 1).key;
    assert_eq!(store.delete_of(&mia, Some(&kept)).await.unwrap(), 2);
    assert_eq!(store.list_of(&mia).await.unwrap().len(), 1);
    assert_eq!(
        store
            .list_of(&AccountId::parse("MIA").unwrap())
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_full_store_throws_out_expired_sessions_and_nothing_else() {
    let store = MemorySessions::with_capacity(1);
    assert_eq!(
        store.insert(record(1, "mia", 1)).await.unwrap(),
        Inserted::Done
    );
    assert!(matches!(
        store.insert(record(2, "mia", 1)).await,
        Err(StoreError::Full)
    ));

    let late = SessionRecord {
        created_at: at(200),
        ..(*record(3, "mia", 1)).clone()
    };
    assert_eq!(store.insert(Arc::new(late)).await.unwrap(), Inserted::Done);
    assert!(
        store
            .load(&record(1, "mia", 1).key)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(store.delete_expired(at(200)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_state_is_spent_once_and_a_full_store_is_an_error() {
    let marks = Arc::new(MemoryFlowMarks::with_capacity(2));
    let state = |number| Ticket::from_bytes([number; 32]).hash();

    let spenders = (0..64).map(|_| {
        let marks = Arc::clone(&marks);
        tokio::spawn(async move { marks.spend(state(1), at(0), at(600)).await.unwrap() })
    });
    let mut first = 0;
    for spender in spenders.collect::<Vec<_>>() {
        first += usize::from(spender.await.unwrap() == Spent::First);
    }
    assert_eq!(first, 1);
    assert_eq!(
        marks.spend(state(2), at(0), at(600)).await.unwrap(),
        Spent::First
    );
    assert!(matches!(
        marks.spend(state(3), at(599), at(1200)).await,
        Err(StoreError::Full)
    ));
    assert_eq!(
        marks.spend(state(1), at(599), at(1200)).await.unwrap(),
        Spent::Again
    );
    assert_eq!(
        marks.spend(state(3), at(601), at(1200)).await.unwrap(),
        Spent::First
    );
}

fn by(owner: u128, generation: u64) -> LeaseRequest {
    LeaseRequest {
        owner: LeaseOwner(owner),
        generation,
        life: Duration::from_secs(30),
    }
}

fn grant_key(account: &str) -> GrantKey {
    GrantKey {
        app: AppKey {
            environment: "https://auth.atlassian.com".into(),
            client_id: "app".into(),
        },
        account: AccountId::parse(account).unwrap(),
        consent: None,
    }
}

#[tokio::test]
async fn a_lease_has_one_owner_ends_by_the_stores_clock_and_is_released_by_its_owner_only() {
    let clock = Arc::new(ManualClock::new(at(1000)));
    let store = MemoryGrants::new().with_clock(clock.clone());
    let key = grant_key("mia");
    let nobody_before = Lease::Taken(Attempts::default());

    assert_eq!(store.lease(&key, &by(1, 1)).await.unwrap(), nobody_before);
    assert_eq!(store.lease(&key, &by(1, 1)).await.unwrap(), nobody_before);
    assert_eq!(store.lease(&key, &by(2, 1)).await.unwrap(), Lease::Held);
    store.release(&key, LeaseOwner(2), true).await.unwrap();
    assert_eq!(store.lease(&key, &by(2, 1)).await.unwrap(), Lease::Held);
    assert_eq!(
        store.lease(&grant_key("edward"), &by(2, 1)).await.unwrap(),
        nobody_before
    );

    clock.advance(Duration::from_secs(29));
    assert_eq!(store.renew(&key, &by(1, 1)).await.unwrap(), Renewed::Done);
    clock.advance(Duration::from_secs(29));
    assert_eq!(store.lease(&key, &by(2, 1)).await.unwrap(), Lease::Held);
    clock.advance(Duration::from_secs(1));
    let Lease::Taken(attempts) = store.lease(&key, &by(2, 1)).await.unwrap() else {
        panic!("the lease has ended");
    };
    assert_eq!(attempts.first, Some(Duration::from_secs(59)));
    assert_eq!(attempts.last, Some(Duration::from_secs(30)));
    assert_eq!(store.renew(&key, &by(1, 1)).await.unwrap(), Renewed::Lost);
    store.release(&key, LeaseOwner(2), true).await.unwrap();
    assert_eq!(store.lease(&key, &by(3, 2)).await.unwrap(), nobody_before);
}

#[tokio::test]
async fn of_many_who_want_a_lease_one_gets_it() {
    let store = Arc::new(MemoryGrants::new());
    let wishes = (0..64).map(|owner| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.lease(&grant_key("mia"), &by(owner, 1)).await.unwrap() })
    });

    let mut taken = 0;
    for wish in wishes.collect::<Vec<_>>() {
        taken += usize::from(wish.await.unwrap() != Lease::Held);
    }

    assert_eq!(taken, 1);
}

fn grant(key: GrantKey, subjects: &[&str], version: u64) -> Arc<GrantRecord> {
    let answer = http::Response::new(bytes::Bytes::from_static(
        br#"{"access_token": "a", "refresh_token": "r", "expires_in": 3600, "scope": "read:me"}"#,
    ));
    let links = subjects.iter().map(|subject| Link {
        subject: Subject::parse(subject).unwrap(),
        linked_at: at(100),
        site: None,
    });
    Arc::new(GrantRecord {
        key,
        tokens: threelo::token::from_response(&answer, &Scopes::new(), at(100)).unwrap(),
        consented_at: at(100),
        asked: Scopes::new(),
        wanted: Scopes::new(),
        consent_needed: None,
        sites: None,
        added: Arc::new([]),
        sites_read_at: at(100),
        last_site: None,
        profile: None,
        links: links.collect(),
        generation: 1,
        version,
    })
}

fn consent_key(account: &str, consent: &str) -> GrantKey {
    GrantKey {
        consent: Some(ConsentId::parse(consent).unwrap()),
        ..grant_key(account)
    }
}

#[tokio::test]
async fn grants_are_found_by_account_and_by_subject_as_they_are_linked_now() {
    let store = MemoryGrants::new();
    let app = grant_key("mia").app;
    let (one, two) = (consent_key("mia", "one"), consent_key("mia", "two"));
    for record in [
        grant(one.clone(), &["edward", "mallory"], 1),
        grant(two.clone(), &["edward"], 1),
        // Compared byte by byte: T022.
        grant(grant_key("MIA"), &["Edward"], 1),
        grant(grant_key("mia2"), &[], 1),
    ] {
        assert_eq!(store.insert(record).await.unwrap(), Inserted::Done);
    }
    let of_account = async |id: &str| {
        let found = store.of_account(&app, &AccountId::parse(id).unwrap()).await;
        found.unwrap().len()
    };
    let of_subject = async |id: &str| {
        let found = store.of_subject(&app, &Subject::parse(id).unwrap()).await;
        found.unwrap().len()
    };
    assert_eq!((of_account("mia").await, of_account("MIA").await), (2, 1));
    assert_eq!((of_account("mi").await, of_account("mia2").await), (0, 1));
    assert_eq!(
        (of_subject("edward").await, of_subject("Edward").await),
        (2, 1)
    );

    let left = grant(one.clone(), &["mallory"], 2);
    assert_eq!(store.replace(1, left).await.unwrap(), Replaced::Done);
    assert_eq!(
        (of_subject("edward").await, of_subject("mallory").await),
        (1, 1)
    );
    store.delete(&two).await.unwrap();
    assert_eq!(
        (of_subject("edward").await, of_account("mia").await),
        (0, 1)
    );
    let other = AppKey {
        client_id: "another app".into(),
        ..app.clone()
    };
    let mallory = Subject::parse("mallory").unwrap();
    assert!(store.of_subject(&other, &mallory).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_grant_is_deleted_only_as_it_was_seen() {
    let store = MemoryGrants::new();
    let key = grant_key("mia");
    assert_eq!(store.delete_if(&key, 1).await.unwrap(), Replaced::Conflict);
    let done = store.insert(grant(key.clone(), &["edward"], 1)).await;
    assert_eq!(done.unwrap(), Inserted::Done);
    let done = store.replace(1, grant(key.clone(), &["edward"], 2)).await;
    assert_eq!(done.unwrap(), Replaced::Done);

    assert_eq!(store.delete_if(&key, 1).await.unwrap(), Replaced::Conflict);
    assert!(store.load(&key).await.unwrap().is_some());
    assert_eq!(store.delete_if(&key, 2).await.unwrap(), Replaced::Done);
    assert!(store.load(&key).await.unwrap().is_none());
}

#[tokio::test]
async fn accounts_with_several_grants_are_listed_once() {
    let store = MemoryGrants::new();
    let app = grant_key("mia").app;
    for (account, consent) in [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2"), ("c", "1")] {
        let record = grant(consent_key(account, consent), &[], 1);
        assert_eq!(store.insert(record).await.unwrap(), Inserted::Done);
    }

    let first = store.accounts(&app, &Page::first(2)).await.unwrap();
    let rest = Page {
        after: first.last().cloned(),
        limit: 2,
    };
    let rest = store.accounts(&app, &rest).await.unwrap();

    let names = |ids: &[AccountId]| ids.iter().map(|id| id.to_string()).collect::<Vec<_>>();
    assert_eq!(names(&first), ["a", "b"]);
    assert_eq!(names(&rest), ["c"]);
}
