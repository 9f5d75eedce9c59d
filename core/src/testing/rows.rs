//! What a database of rows promises, one function for each promise. The name of the function is the promise.

use std::sync::Arc;

use crate::store::{Inserted, OwnerPage, Replaced, RowStore, Spent};
use crate::testing::kit::{GRANT, SESSION, Store, at, insert, load, row};
use crate::testing::many::{
    a_grant_of_many_subjects_is_written_in_time, what_ended_is_deleted_in_parts_and_nothing_else,
};

/// Proves an implementation of [`RowStore`]. The store must be empty, and rows are left in it: give each run a
/// part of the database of its own. Run it on a runtime with several threads and over real connections, so that
/// the races are real.
///
/// ```
/// use std::sync::Arc;
/// use threelo::store::RowStore;
///
/// async fn keeps_the_contract(store: Arc<dyn RowStore>) {
///     threelo::testing::row_store_contract(store).await;
/// }
/// ```
///
/// # Panics
///
/// If a promise is broken, with a message or a line that names it, and if a method returns an error.
pub async fn row_store_contract(store: Arc<dyn RowStore>) {
    insert_refuses_a_key_that_exists(&store).await;
    of_many_who_insert_one_key_one_does(&store).await;
    replace_wants_the_version_and_never_inserts(&store).await;
    of_many_writers_of_one_version_one_wins(&store).await;
    delete_wants_the_version_if_one_is_given(&store).await;
    kinds_do_not_meet(&store).await;
    keys_and_owners_are_compared_byte_by_byte(&store).await;
    rows_are_found_by_owner_and_subject_as_they_are_now(&store).await;
    an_owners_rows_are_deleted(&store).await;
    owners_are_listed_in_parts_each_once(&store).await;
    a_mark_is_spent_once(&store).await;
    a_lease_slot_is_swapped_by_who_knows_what_stands_in_it(&store).await;
    filled_lease_slots_are_listed(&store).await;
    what_ended_is_deleted_in_parts_and_nothing_else(&store).await;
    any_byte_is_kept(&store).await;
    a_grant_of_many_subjects_is_written_in_time(&store).await;
}

/// A refused insert changes nothing, and leaves no entry in an index.
async fn insert_refuses_a_key_that_exists(store: &Store) {
    let first = row(GRANT, "insert", 1);
    insert(store, &first).await;

    let mut second = row(GRANT, "insert", 7);
    second.owner = "another owner".to_owned();
    let refused = store.insert(&second).await.unwrap();

    assert_eq!(refused, Inserted::Exists, "insert upserts");
    let stored = load(store, GRANT, "insert").await.unwrap();
    assert_eq!((stored.version, stored.sealed), (1, first.sealed));
    let theirs = store.of_owner(GRANT, "another owner").await.unwrap();
    assert!(theirs.is_empty(), "a refused insert left something");
}

/// Sixteen tasks insert one key concurrently; exactly one succeeds (`docs/attacks.md` T235).
async fn of_many_who_insert_one_key_one_does(store: &Store) {
    for kind in [GRANT, SESSION] {
        let writers = (1..=16).map(|version| {
            let store = Arc::clone(store);
            let row = row(kind, "insert-race", version);
            tokio::spawn(async move { store.insert(&row).await.unwrap() })
        });
        let mut done = 0;
        for writer in writers.collect::<Vec<_>>() {
            done += usize::from(writer.await.unwrap() == Inserted::Done);
        }
        assert_eq!(done, 1, "insert reads first and writes afterwards");
    }
}

/// A replacement needs the stored version, and a deleted row stays deleted: otherwise a request in flight would
/// undo a logout (`docs/decisions/0056-every-write-is-compare-and-set.md`).
async fn replace_wants_the_version_and_never_inserts(store: &Store) {
    let replace = async |expected, version| {
        let row = row(SESSION, "replace", version);
        store.replace(expected, &row).await.unwrap()
    };
    assert_eq!(replace(1, 2).await, Replaced::Conflict, "replace inserts");
    assert!(load(store, SESSION, "replace").await.is_none());
    insert(store, &row(SESSION, "replace", 1)).await;

    assert_eq!(replace(2, 3).await, Replaced::Conflict);
    assert_eq!(replace(1, 2).await, Replaced::Done);
    assert_eq!(replace(1, 2).await, Replaced::Conflict);
    assert_eq!(load(store, SESSION, "replace").await.unwrap().version, 2);

    let _gone = store.delete(SESSION, "replace", None).await.unwrap();
    assert_eq!(
        replace(2, 3).await,
        Replaced::Conflict,
        "a logout is undone"
    );
}

/// Sixteen tasks replace one version concurrently; exactly one succeeds. A store that compares before it writes
/// fails here.
async fn of_many_writers_of_one_version_one_wins(store: &Store) {
    for kind in [GRANT, SESSION] {
        insert(store, &row(kind, "race", 1)).await;
        let writers = (0..16).map(|_| {
            let store = Arc::clone(store);
            tokio::spawn(async move { store.replace(1, &row(kind, "race", 2)).await.unwrap() })
        });
        let mut winners = 0;
        for writer in writers.collect::<Vec<_>>() {
            winners += usize::from(writer.await.unwrap() == Replaced::Done);
        }
        assert_eq!(winners, 1, "two writers of one version won");
    }
}

/// A conditional deletion leaves another version alone; an unconditional one deletes any. Nothing to delete is
/// a conflict.
async fn delete_wants_the_version_if_one_is_given(store: &Store) {
    let delete = async |expected| store.delete(GRANT, "delete", expected).await.unwrap();
    assert_eq!(delete(None).await, Replaced::Conflict);
    insert(store, &row(GRANT, "delete", 3)).await;

    assert_eq!(delete(Some(2)).await, Replaced::Conflict);
    assert_eq!(delete(Some(3)).await, Replaced::Done);
    assert!(load(store, GRANT, "delete").await.is_none());
    insert(store, &row(GRANT, "delete", 1)).await;
    assert_eq!(delete(None).await, Replaced::Done);
    assert_eq!(delete(None).await, Replaced::Conflict);
}

/// A session and a grant with one key and one owner are two rows.
async fn kinds_do_not_meet(store: &Store) {
    insert(store, &row(GRANT, "kinds", 1)).await;
    assert!(load(store, SESSION, "kinds").await.is_none());
    insert(store, &row(SESSION, "kinds", 1)).await;

    let _gone = store.delete(SESSION, "kinds", None).await.unwrap();

    assert!(load(store, GRANT, "kinds").await.is_some());
    let owner = "owner of kinds";
    assert!(store.of_owner(SESSION, owner).await.unwrap().is_empty());
    assert_eq!(store.of_owner(GRANT, owner).await.unwrap().len(), 1);
}

/// Case and trailing spaces distinguish keys and owners, whatever the collation of the database is.
async fn keys_and_owners_are_compared_byte_by_byte(store: &Store) {
    insert(store, &row(GRANT, "Case", 1)).await;
    insert(store, &row(GRANT, "case", 2)).await;

    assert_eq!(load(store, GRANT, "Case").await.unwrap().version, 1);
    assert_eq!(load(store, GRANT, "case").await.unwrap().version, 2);
    assert!(load(store, GRANT, "CASE").await.is_none());
    assert!(load(store, GRANT, "case ").await.is_none());
    assert_eq!(
        store.of_owner(GRANT, "owner of case").await.unwrap().len(),
        1
    );
}

/// After `replace` and `delete` a row is listed as it is now. A deleted row leaves nothing for the next one
/// under its key.
async fn rows_are_found_by_owner_and_subject_as_they_are_now(store: &Store) {
    let of_subject = async |subject: &str| store.of_subject(subject).await.unwrap().len();
    let mut one = row(GRANT, "subject one", 1);
    one.subjects = vec!["edward".to_owned(), "mallory".to_owned()];
    let mut two = row(GRANT, "subject two", 1);
    two.subjects = vec!["edward".to_owned()];
    insert(store, &one).await;
    insert(store, &two).await;
    assert_eq!(
        (of_subject("edward").await, of_subject("mallory").await),
        (2, 1)
    );
    assert_eq!(of_subject("Edward").await, 0);

    one.subjects = vec!["mallory".to_owned()];
    (one.version, one.owner) = (2, "a new owner".to_owned());
    assert_eq!(store.replace(1, &one).await.unwrap(), Replaced::Done);
    assert_eq!(
        (of_subject("edward").await, of_subject("mallory").await),
        (1, 1)
    );
    let before = store.of_owner(GRANT, "owner of subject one").await.unwrap();
    assert!(before.is_empty(), "a row is still found by its old owner");
    assert_eq!(store.of_owner(GRANT, "a new owner").await.unwrap().len(), 1);

    let _gone = store.delete(GRANT, "subject two", Some(1)).await.unwrap();
    assert_eq!(of_subject("edward").await, 0);
    insert(store, &row(GRANT, "subject two", 1)).await;
    assert_eq!(
        of_subject("edward").await,
        0,
        "a new row inherited a subject"
    );
}

/// The deletion of an owner's rows counts them, and a second one finds none.
async fn an_owners_rows_are_deleted(store: &Store) {
    for key in ["of 1", "of 2", "of 3"] {
        let mut row = row(SESSION, key, 1);
        row.owner = "deletes".to_owned();
        insert(store, &row).await;
    }
    let delete = async || store.delete_of(SESSION, "deletes").await.unwrap();

    assert_eq!(delete().await, 3);
    assert!(load(store, SESSION, "of 2").await.is_none());
    assert_eq!(delete().await, 0);
}

/// Owners are listed in byte order, each once, by prefix, and a part begins after the owner that is given.
async fn owners_are_listed_in_parts_each_once(store: &Store) {
    for (key, owner) in [
        ("l1", "p b"),
        ("l2", "p a"),
        ("l3", "p a"),
        ("l4", "p C"),
        ("l5", "q x"),
    ] {
        let mut row = row(GRANT, key, 1);
        row.owner = owner.to_owned();
        insert(store, &row).await;
    }
    let owners = async |after, limit| {
        let page = OwnerPage::new("p ", after, limit);
        store.owners(&page).await.unwrap()
    };

    assert_eq!(owners(None, 2).await, ["p C", "p a"]);
    assert_eq!(owners(Some("p a"), 2).await, ["p b"]);
    assert!(owners(Some("p b"), 2).await.is_empty());
}

/// Sixteen tasks spend one mark concurrently; exactly one is first. Marks are compared byte by byte.
async fn a_mark_is_spent_once(store: &Store) {
    let spenders = (0..16).map(|_| {
        let store = Arc::clone(store);
        tokio::spawn(async move { store.spend("mark", at(4_000_000_000)).await.unwrap() })
    });
    let mut first = 0;
    for spender in spenders.collect::<Vec<_>>() {
        first += usize::from(spender.await.unwrap() == Spent::First);
    }
    assert_eq!(first, 1, "a mark was spent twice");
    let other = store.spend("Mark", at(4_000_000_000)).await.unwrap();
    assert_eq!(other, Spent::First);
}

/// A swap compares the whole content of the slot, an empty slot included, and the store's time does not go
/// back.
async fn a_lease_slot_is_swapped_by_who_knows_what_stands_in_it(store: &Store) {
    let swap = async |from: Option<&str>, to: Option<&str>| {
        let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
        let (from, to) = (bytes(from), bytes(to));
        store
            .swap_lease("lease", from.as_deref(), to.as_deref())
            .await
            .unwrap()
    };
    let before = store.lease_slot("lease").await.unwrap();
    assert_eq!(before.value, None);

    assert_eq!(swap(Some("x"), Some("a")).await, Replaced::Conflict);
    assert_eq!(swap(None, Some("a")).await, Replaced::Done);
    assert_eq!(swap(None, Some("b")).await, Replaced::Conflict);
    assert_eq!(swap(Some("a"), Some("b")).await, Replaced::Done);
    assert_eq!(swap(Some("a"), None).await, Replaced::Conflict);
    let slot = store.lease_slot("lease").await.unwrap();
    assert_eq!(slot.value.as_deref(), Some(&b"b"[..]));
    assert!(
        slot.now >= before.now,
        "the time of the store went backwards"
    );
    assert_eq!(swap(Some("b"), None).await, Replaced::Done);
    assert_eq!(store.lease_slot("lease").await.unwrap().value, None);
}

/// The slots that are filled are listed in the order of their bytes, and only they. A store that lists none keeps to the
/// default of [`RowStore::leases`](crate::store::RowStore::leases).
async fn filled_lease_slots_are_listed(store: &Store) {
    let fill = async |key: &str| store.swap_lease(key, None, Some(b"x")).await.unwrap();
    for key in ["l b", "l a", "l C", "m a", "l gone", "l"] {
        assert_eq!(fill(key).await, Replaced::Done);
    }
    let gone = store.swap_lease("l gone", Some(b"x"), None).await.unwrap();
    assert_eq!(gone, Replaced::Done);
    let leases = async |after, limit| {
        let page = OwnerPage::new("l ", after, limit);
        store.leases(&page).await.unwrap()
    };
    if leases(None, 9).await.is_empty() {
        return;
    }

    // Whoever wanted to empty it came too late.
    let late = store.swap_lease("l a", Some(b"y"), None).await.unwrap();
    assert_eq!(late, Replaced::Conflict);

    assert_eq!(leases(None, 2).await, ["l C", "l a"]);
    assert_eq!(leases(Some("l a"), 2).await, ["l b"]);
    assert!(leases(Some("l b"), 2).await.is_empty());
}

/// Keys may contain any printable ASCII character, and contents any byte, 64 KiB of them (`docs/attacks.md`
/// T237 and T241).
async fn any_byte_is_kept(store: &Store) {
    let mut all = row(GRANT, "bytes ~!@#$%^&*(){}[]|;:'\"<>,.?/`", 1);
    all.sealed = (0..=255).cycle().take(64 * 1024).collect();
    insert(store, &all).await;

    let stored = load(store, GRANT, &all.key).await.unwrap();

    assert_eq!(stored.key, all.key);
    assert!(stored.sealed == all.sealed, "bytes were changed");
}
