//! The in-memory stores: their contracts, and what happens when one is full.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use threelo::clock::ManualClock;
use threelo::internals::{
    AppKey, Attempts, FlowMarks, GrantKey, GrantStore, Lease, LeaseOwner, LeaseRequest,
    MemoryFlowMarks, MemoryGrants, MemorySessions, Renewed, SessionRecord, SessionStore,
};
use threelo::internals::{MarkKey, SessionToken};
use threelo::store::{Inserted, Spent, StoreError};
use threelo::{AccountId, Profile};

#[tokio::test]
async fn the_in_memory_stores_keep_their_contracts() {
    threelo_tests::session_store_contract(Arc::new(MemorySessions::new())).await;
    threelo_tests::grant_store_contract(Arc::new(MemoryGrants::new())).await;
    threelo_tests::flow_marks_contract(Arc::new(MemoryFlowMarks::new())).await;
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn record(number: u8, account: &str, version: u64) -> Arc<SessionRecord> {
    Arc::new(SessionRecord {
        key: SessionToken::from_bytes([number; 32]).hash(),
        profile: Arc::new(Profile::of(AccountId::parse(account).unwrap())),
        site: None,
        profile_read_at: at(100),
        remembered: false,
        created_at: at(100),
        seen_at: at(100),
        expires_at: at(200),
        idle_ends_at: at(200),
        unknown: Default::default(),
        version,
    })
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
async fn a_full_store_of_spent_states_is_an_error_until_one_expires() {
    let marks = MemoryFlowMarks::with_capacity(2);
    let state = |number| MarkKey([number; 32]);

    assert_eq!(
        marks.spend(state(1), at(0), at(600)).await.unwrap(),
        Spent::First
    );
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
async fn a_lease_ends_by_the_stores_clock_and_its_attempts_are_remembered() {
    let clock = Arc::new(ManualClock::new(at(1000)));
    let store = MemoryGrants::new().with_clock(clock.clone());
    let key = grant_key("mia");
    let first = Lease::Taken(Attempts::default());

    assert_eq!(store.lease(&key, &by(1, 1)).await.unwrap(), first);
    assert_eq!(
        store.lease(&grant_key("edward"), &by(2, 1)).await.unwrap(),
        first
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
    assert_eq!(store.lease(&key, &by(3, 2)).await.unwrap(), first);
}
