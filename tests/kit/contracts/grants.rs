//! What a store of grants promises.

use std::sync::Arc;
use std::time::Duration;

use threelo::internals::token::{TokenSet, TokenType};
use threelo::internals::{
    AppKey, Attempts, ConsentId, ConsentMark, GrantKey, GrantRecord, GrantStore, Lease, LeaseOwner,
    LeaseRequest, Link, RefreshToken, Renewed,
};
use threelo::store::{Inserted, Replaced, Version};
use threelo::{
    AccessToken, AccountId, CloudId, ConsentReason, PageRequest, Profile, Scopes, Site, Subject,
};

use super::at;

type Store = Arc<dyn GrantStore>;

/// Proves a store of grants, which must be empty.
///
/// # Panics
///
/// With the promise that is broken.
pub async fn grant_store_contract(store: Arc<dyn GrantStore>) {
    a_grant_comes_back_as_it_was(&store).await;
    insert_refuses_a_key_that_exists_and_replace_never_inserts(&store).await;
    of_many_writers_of_one_version_one_wins(&store).await;
    a_grant_is_deleted_only_as_it_was_seen(&store).await;
    grants_are_found_by_account_and_subject_as_they_are_now(&store).await;
    grants_of_another_app_are_not_found(&store).await;
    all_grants_of_an_account_are_deleted_and_no_others(&store).await;
    accounts_are_listed_in_parts_each_once(&store).await;
    a_lease_has_one_owner_and_is_released_by_it(&store).await;
    of_many_who_want_a_lease_one_has_it(&store).await;
    an_attempt_that_did_not_settle_is_remembered(&store).await;
    a_lease_ends_by_itself_and_its_owner_is_told(&store).await;
}

fn key(account: &str) -> GrantKey {
    GrantKey {
        app: AppKey {
            environment: "https://auth.atlassian.com".into(),
            client_id: "contract".into(),
        },
        account: AccountId::parse(account).unwrap(),
        consent: None,
    }
}

fn record(key: GrantKey, version: Version) -> GrantRecord {
    GrantRecord {
        key,
        tokens: TokenSet {
            access_token: AccessToken::new("access"),
            refresh_token: Some(RefreshToken::new("refresh")),
            token_type: TokenType::Bearer,
            expires_at: at(3700),
            exchanged_at: at(100),
            scopes: Scopes::parse("read:me"),
        },
        consented_at: at(100),
        consents: Arc::new([]),
        asked: Scopes::new(),
        wanted: Scopes::new(),
        consent_needed: None,
        sites: None,
        added: Arc::new([]),
        sites_read_at: at(100),
        last_site: None,
        profile: None,
        links: Arc::new([]),
        unknown: Default::default(),
        generation: 1,
        version,
    }
}

fn linked(record: GrantRecord, subjects: &[&str]) -> GrantRecord {
    let link = |subject: &&str| Link {
        subject: Subject::parse(subject).unwrap(),
        linked_at: at(100),
        site: None,
    };
    GrantRecord {
        links: subjects.iter().map(link).collect(),
        ..record
    }
}

async fn insert(store: &Store, record: GrantRecord) {
    let inserted = store.insert(Arc::new(record)).await.unwrap();
    assert_eq!(inserted, Inserted::Done);
}

async fn a_grant_comes_back_as_it_was(store: &Store) {
    let cloud_id = CloudId::parse("11111111-aaaa-4aaa-8aaa-111111111111").unwrap();
    let mut site = Site::new(cloud_id.clone(), "Aurora \u{2728}");
    site.url = Some("https://aurora.example".into());
    site.scopes = Scopes::parse("a");
    let whole = GrantRecord {
        asked: Scopes::parse("a b"),
        wanted: Scopes::parse("a b c"),
        consent_needed: Some(ConsentMark {
            reason: ConsentReason::AnswerLost,
            since: at(105),
            checked_at: at(106),
        }),
        sites: Some(Arc::new([site])),
        added: Arc::new([cloud_id.clone()]),
        last_site: Some(cloud_id.clone()),
        profile: Some(Arc::new(Profile::of(AccountId::parse("whole").unwrap()))),
        links: Arc::new([Link {
            subject: Subject::parse("Edward Byrne").unwrap(),
            linked_at: at(107) + Duration::from_nanos(9),
            site: Some(cloud_id),
        }]),
        generation: 4,
        ..record(key("whole"), 1)
    };
    insert(store, whole.clone()).await;

    let stored = store.load(&whole.key).await.unwrap();

    assert_eq!(stored.as_deref(), Some(&whole));
}

async fn insert_refuses_a_key_that_exists_and_replace_never_inserts(store: &Store) {
    let replace = async |expected, version| {
        let record = Arc::new(record(key("one"), version));
        store.replace(expected, record).await.unwrap()
    };
    assert_eq!(replace(1, 2).await, Replaced::Conflict, "replace inserts");
    insert(store, record(key("one"), 1)).await;
    let again = store.insert(Arc::new(record(key("one"), 1))).await.unwrap();
    assert_eq!(again, Inserted::Exists, "insert upserts");

    assert_eq!(replace(2, 3).await, Replaced::Conflict);
    assert_eq!(replace(1, 2).await, Replaced::Done);
    assert_eq!(replace(1, 2).await, Replaced::Conflict);
    store.delete(&key("one")).await.unwrap();
    store.delete(&key("one")).await.unwrap();
    assert_eq!(replace(2, 3).await, Replaced::Conflict);
}

async fn of_many_writers_of_one_version_one_wins(store: &Store) {
    insert(store, record(key("race"), 1)).await;
    let writers = (0..16).map(|_| {
        let store = Arc::clone(store);
        let record = Arc::new(record(key("race"), 2));
        tokio::spawn(async move { store.replace(1, record).await.unwrap() })
    });
    let mut winners = 0;
    for writer in writers.collect::<Vec<_>>() {
        winners += usize::from(writer.await.unwrap() == Replaced::Done);
    }
    assert_eq!(winners, 1, "two writers of one version won");
}

async fn a_grant_is_deleted_only_as_it_was_seen(store: &Store) {
    let delete_if = async |version| store.delete_if(&key("seen"), version).await.unwrap();
    assert_eq!(delete_if(1).await, Replaced::Conflict);
    insert(store, record(key("seen"), 1)).await;

    assert_eq!(delete_if(2).await, Replaced::Conflict);
    assert!(store.load(&key("seen")).await.unwrap().is_some());
    assert_eq!(delete_if(1).await, Replaced::Done);
    assert!(store.load(&key("seen")).await.unwrap().is_none());
}

async fn all_grants_of_an_account_are_deleted_and_no_others(store: &Store) {
    let of = |consent: &str| GrantKey {
        consent: Some(ConsentId::parse(consent).unwrap()),
        ..key("erased")
    };
    insert(store, linked(record(of("1"), 1), &["erin"])).await;
    insert(store, linked(record(of("2"), 1), &["erin"])).await;
    insert(store, linked(record(key("erased2"), 1), &["erin"])).await;
    let (app, erased) = (key("x").app, key("erased").account);

    assert_eq!(store.delete_of(&app, &erased).await.unwrap(), 2);

    assert!(store.of_account(&app, &erased).await.unwrap().is_empty());
    let erin = Subject::parse("erin").unwrap();
    let left = store.of_subject(&app, &erin).await.unwrap();
    assert_eq!(
        left.len(),
        1,
        "a grant of another account went, or one stayed"
    );
    assert_eq!(store.delete_of(&app, &erased).await.unwrap(), 0);
    store.delete(&key("erased2")).await.unwrap();
}

#[expect(clippy::too_many_lines, reason = "one story")]
async fn grants_are_found_by_account_and_subject_as_they_are_now(store: &Store) {
    let app = key("x").app;
    let consent = |account: &str, consent: &str| GrantKey {
        consent: Some(ConsentId::parse(consent).unwrap()),
        ..key(account)
    };
    let (one, two) = (consent("many", "1"), consent("many", "2"));
    insert(
        store,
        linked(record(one.clone(), 1), &["edward", "mallory"]),
    )
    .await;
    insert(store, linked(record(two.clone(), 1), &["edward"])).await;
    insert(store, linked(record(key("MANY"), 1), &["Edward"])).await;
    insert(store, record(key("many2"), 1)).await;
    let of_account = async |id: &str| {
        let account = AccountId::parse(id).unwrap();
        store.of_account(&app, &account).await.unwrap().len()
    };
    let of_subject = async |id: &str| {
        let subject = Subject::parse(id).unwrap();
        store.of_subject(&app, &subject).await.unwrap().len()
    };
    assert_eq!((of_account("many").await, of_account("MANY").await), (2, 1));
    assert_eq!((of_account("man").await, of_account("many2").await), (0, 1));
    assert_eq!(
        (of_subject("edward").await, of_subject("Edward").await),
        (2, 1)
    );

    let left = Arc::new(linked(record(one, 2), &["mallory"]));
    assert_eq!(store.replace(1, left).await.unwrap(), Replaced::Done);
    assert_eq!(
        (of_subject("edward").await, of_subject("mallory").await),
        (1, 1)
    );
    store.delete(&two).await.unwrap();
    assert_eq!(
        (of_subject("edward").await, of_account("many").await),
        (0, 1)
    );
}

async fn grants_of_another_app_are_not_found(store: &Store) {
    let app = key("x").app;
    insert(store, linked(record(key("apps"), 1), &["apps"])).await;
    let other = AppKey {
        client_id: "another".into(),
        ..app.clone()
    };
    let apps = Subject::parse("apps").unwrap();
    let theirs = store.of_subject(&other, &apps).await.unwrap();
    assert!(theirs.is_empty(), "another app's grants are found");
}

async fn accounts_are_listed_in_parts_each_once(store: &Store) {
    let app = AppKey {
        client_id: "pages".into(),
        ..key("x").app
    };
    for (account, consent) in [("b", "1"), ("b", "2"), ("a", "1"), ("c", "1")] {
        let key = GrantKey {
            app: app.clone(),
            account: AccountId::parse(account).unwrap(),
            consent: Some(ConsentId::parse(consent).unwrap()),
        };
        insert(store, record(key, 1)).await;
    }
    let mut all = Vec::new();
    let mut page = PageRequest::first(2);
    loop {
        let part = store.accounts(&app, &page).await.unwrap();
        assert!(part.len() <= 2);
        let Some(last) = part.last().cloned() else {
            break;
        };
        all.extend(part.iter().map(ToString::to_string));
        page.after = Some(last);
    }
    all.sort();
    assert_eq!(all, ["a", "b", "c"]);
}

fn by(owner: u128, generation: u64) -> LeaseRequest {
    LeaseRequest {
        owner: LeaseOwner(owner),
        generation,
        life: Duration::from_secs(30),
    }
}

async fn a_lease_has_one_owner_and_is_released_by_it(store: &Store) {
    let key = key("lease");
    let lease = async |owner| store.lease(&key, &by(owner, 1)).await.unwrap();
    let renew = async |owner| store.renew(&key, &by(owner, 1)).await.unwrap();
    assert_eq!(
        renew(1).await,
        Renewed::Lost,
        "a lease was renewed that no one had taken"
    );

    assert!(matches!(lease(1).await, Lease::Taken(_)));
    assert_eq!(lease(2).await, Lease::Held);
    assert_eq!(
        lease(1).await,
        Lease::Taken(Attempts::default()),
        "its owner may ask again, and its own attempt does not count"
    );
    assert_eq!(
        (renew(1).await, renew(2).await),
        (Renewed::Done, Renewed::Lost)
    );
    store.release(&key, LeaseOwner(2), true).await.unwrap();
    assert_eq!(lease(2).await, Lease::Held, "another released it");
    store.release(&key, LeaseOwner(1), true).await.unwrap();
    assert!(matches!(lease(2).await, Lease::Taken(seen) if seen.first.is_none()));
    store.release(&key, LeaseOwner(2), true).await.unwrap();
}

async fn of_many_who_want_a_lease_one_has_it(store: &Store) {
    let key = key("lease-race");
    let takers = (1..=16).map(|owner| {
        let (store, key) = (Arc::clone(store), key.clone());
        tokio::spawn(async move { store.lease(&key, &by(owner, 1)).await })
    });
    let mut taken = 0;
    for taker in takers.collect::<Vec<_>>() {
        // A store may give up where many write at once; then no caller has it by that call.
        taken += usize::from(matches!(taker.await.unwrap(), Ok(Lease::Taken(_))));
    }
    assert_eq!(taken, 1, "a lease has two owners");
}

async fn an_attempt_that_did_not_settle_is_remembered(store: &Store) {
    let key = key("lease-open");
    assert!(matches!(
        store.lease(&key, &by(1, 1)).await.unwrap(),
        Lease::Taken(_)
    ));
    store.release(&key, LeaseOwner(1), false).await.unwrap();

    let next = store.lease(&key, &by(2, 1)).await.unwrap();
    assert!(matches!(next, Lease::Taken(seen) if seen.first.is_some()));
    store.release(&key, LeaseOwner(2), true).await.unwrap();

    let other = store.lease(&key, &by(3, 2)).await.unwrap();
    assert!(
        matches!(other, Lease::Taken(seen) if seen.first.is_none()),
        "another generation"
    );
}

/// Of a process that died with it.
async fn a_lease_ends_by_itself_and_its_owner_is_told(store: &Store) {
    let key = key("lease-end");
    let brief = |owner| LeaseRequest {
        life: Duration::from_millis(300),
        ..by(owner, 1)
    };
    let first = store.lease(&key, &brief(1)).await.unwrap();
    assert!(matches!(first, Lease::Taken(_)));

    tokio::time::sleep(Duration::from_millis(500)).await;

    let renewed = store.renew(&key, &brief(1)).await.unwrap();
    assert_eq!(renewed, Renewed::Lost, "it was renewed after its end");
    let next = store.lease(&key, &by(2, 1)).await.unwrap();
    assert!(
        matches!(next, Lease::Taken(seen) if seen.first.is_some()),
        "it does not end, or its attempt is forgotten"
    );
    store.release(&key, LeaseOwner(2), true).await.unwrap();
}
