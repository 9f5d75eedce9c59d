//! What a database promises about many rows at once, one function for each promise.

use std::time::{Duration, SystemTime};

use crate::store::{Inserted, Replaced, RowKind, Spent, StoreError};
use crate::testing::kit::{GRANT, SESSION, Store, at, insert, load, row};

/// Expired rows and marks go, in parts of the given limit; rows that have not ended, and rows without an end,
/// stay.
pub(super) async fn what_ended_is_deleted_in_parts_and_nothing_else(store: &Store) {
    // Far in the past and far in the future of any clock: a store may expire rows by itself, but none before its end.
    let rows = [
        (SESSION, "ends 1", at(1)),
        (SESSION, "ends 2", at(2)),
        (GRANT, "ends 3", at(1)),
        (GRANT, "ends 4", at(2)),
    ];
    for (kind, key, ends_at) in rows {
        insert(store, &row(kind, key, 1).with_end(Some(ends_at))).await;
    }
    let later = row(SESSION, "ends later", 1).with_end(Some(at(4_000_000_000)));
    insert(store, &later).await;
    for mark in ["ends 1", "ends 2"] {
        assert_eq!(store.spend(mark, at(1)).await.unwrap(), Spent::First);
    }

    let before = present(store, &rows).await;
    let deleted = store.delete_expired(at(3), 1).await.unwrap();
    let after = present(store, &rows).await;

    assert!(before - after <= 1, "more rows went than the limit");
    assert!(deleted <= 2, "with a limit of 1, {deleted} were deleted");

    for _ in 0..10 {
        store.delete_expired(at(3), 1).await.unwrap();
    }

    assert_eq!(present(store, &rows).await, 0, "a row outlived its end");
    // The clock of an instance is decades ahead.
    store.delete_expired(at(4_100_000_000), 100).await.unwrap();
    assert!(
        load(store, SESSION, "ends later").await.is_some(),
        "a row was deleted that has not ended by the clock of the store"
    );
    assert!(
        load(store, GRANT, "kinds").await.is_some(),
        "a row without an end was deleted"
    );
    for mark in ["ends 1", "ends 2"] {
        let spent = store.spend(mark, at(4_000_000_000)).await.unwrap();
        assert_eq!(spent, Spent::First, "a mark outlived its end");
    }
}

/// Returns how many of `rows` the store has.
async fn present(store: &Store, rows: &[(RowKind, &str, SystemTime)]) -> usize {
    let mut present = 0;
    for (kind, key, _) in rows {
        present += usize::from(load(store, *kind, key).await.is_some());
    }
    present
}

/// A grant that very many users share is written as any other: each write has five seconds, whatever the number of subjects
/// (`docs/attacks.md` T241). One statement for each of them would take minutes.
pub(super) async fn a_grant_of_many_subjects_is_written_in_time(store: &Store) {
    const MANY: usize = 100_000;
    let subject = |number: usize| format!("subject\"{number:032}");
    let mut shared = row(GRANT, "shared", 1);
    shared.subjects = (0..MANY).map(subject).collect();
    assert_eq!(in_time(store.insert(&shared)).await, Inserted::Done);

    // A refresh, and a user who leaves while another comes.
    shared.version = 2;
    assert_eq!(in_time(store.replace(1, &shared)).await, Replaced::Done);
    shared.version = 3;
    shared.subjects[0] = subject(MANY);
    assert_eq!(in_time(store.replace(2, &shared)).await, Replaced::Done);

    for (number, count) in [(0, 0), (1, 1), (MANY - 1, 1), (MANY, 1)] {
        let found = store.of_subject(&subject(number)).await.unwrap();
        assert_eq!(found.len(), count, "subject {number}");
    }
    assert_eq!(in_time(store.delete_of(GRANT, &shared.owner)).await, 1);
    assert!(store.of_subject(&subject(1)).await.unwrap().is_empty());
}

/// What a call returns within the five seconds that a write has.
async fn in_time<T>(call: impl Future<Output = Result<T, StoreError>>) -> T {
    let limit = Duration::from_secs(5);
    let done = tokio::time::timeout(limit, call).await;
    done.expect("a write takes longer than five seconds")
        .unwrap()
}
