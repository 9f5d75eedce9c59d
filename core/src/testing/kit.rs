//! What the checks share.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::store::{Inserted, Row, RowKind, RowStore, StoredRow, Version};

/// A time this long after 1970: far from any clock, so that no check depends on when it runs.
pub(super) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

pub(super) const GRANT: RowKind = RowKind::Grant;
pub(super) const SESSION: RowKind = RowKind::Session;

/// The store under test. Tasks that race share it, as requests do.
pub(super) type Store = Arc<dyn RowStore>;

/// A row of `kind` whose content and owner follow from its key.
pub(super) fn row(kind: RowKind, key: &str, version: Version) -> Row {
    let sealed = format!("{key} {version}");
    Row::new(kind, key, version, sealed, format!("owner of {key}"))
}

/// Inserts a row that must not be there yet.
pub(super) async fn insert(store: &Store, row: &Row) {
    assert_eq!(store.insert(row).await.unwrap(), Inserted::Done);
}

/// The row under a key.
pub(super) async fn load(store: &Store, kind: RowKind, key: &str) -> Option<StoredRow> {
    store.load(kind, key).await.unwrap()
}
