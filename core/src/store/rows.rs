//! Rows: what a database must keep for sessions, grants and spent states, without knowing what they hold.

use std::fmt::Debug;
use std::time::SystemTime;

use async_trait::async_trait;

use crate::store::{Inserted, Replaced, Spent, StoreError, Version};

/// What a row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a store must keep every kind")]
pub enum RowKind {
    /// A session.
    Session,
    /// A grant.
    Grant,
}

impl RowKind {
    /// The word for it, for names of tables and keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Grant => "grant",
        }
    }
}

/// A row to be written. All texts are printable ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// What it holds.
    pub kind: RowKind,
    /// The primary key within its kind; at most 512 bytes, compared byte by byte.
    pub key: String,
    /// Counts the writes.
    pub version: Version,
    /// The content, sealed: opaque.
    pub sealed: Vec<u8>,
    /// Whose it is: rows are listed by kind and owner; at most 512 bytes.
    pub owner: String,
    /// By what else grants are listed; hashes of 43 characters, few.
    pub subjects: Vec<String>,
    /// When it may be deleted; never by itself if there is none.
    pub ends_at: Option<SystemTime>,
}

impl Row {
    /// A row that has no subjects and no end.
    pub fn new(
        kind: RowKind,
        key: impl Into<String>,
        version: Version,
        sealed: impl Into<Vec<u8>>,
        owner: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            key: key.into(),
            version,
            sealed: sealed.into(),
            owner: owner.into(),
            subjects: Vec::new(),
            ends_at: None,
        }
    }

    /// Lists the row by these subjects instead of those that it had.
    #[must_use]
    pub fn with_subjects(mut self, subjects: Vec<String>) -> Self {
        self.subjects = subjects;
        self
    }

    /// Sets the time after which the row may be deleted; `None` keeps it until it is deleted by its key or owner.
    #[must_use]
    pub fn with_end(mut self, ends_at: Option<SystemTime>) -> Self {
        self.ends_at = ends_at;
        self
    }
}

/// A row as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredRow {
    /// The primary key within its kind.
    pub key: String,
    /// Counts the writes.
    pub version: Version,
    /// The content, sealed.
    pub sealed: Vec<u8>,
}

impl StoredRow {
    /// A row as the store found it.
    pub fn new(key: impl Into<String>, version: Version, sealed: impl Into<Vec<u8>>) -> Self {
        Self {
            key: key.into(),
            version,
            sealed: sealed.into(),
        }
    }
}

/// A lease's slot as it was read, with the store's own time, which is the time of all instances.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeaseSlot {
    /// What stands in it.
    pub value: Option<Vec<u8>>,
    /// The store's time.
    pub now: SystemTime,
}

impl LeaseSlot {
    /// A slot that holds `value`, read when the store's clock showed `now`.
    pub fn new(value: Option<Vec<u8>>, now: SystemTime) -> Self {
        Self { value, now }
    }
}

/// A database of rows. `AuthBuilder::store` seals what goes into it and makes it the store of sessions, grants and spent
/// states.
///
/// Every change of a row is a compare-and-set on its version; nothing upserts. No method has a default body today; methods
/// that are added later come with one. An implementation is proven by the contract in `threelo::testing`.
#[async_trait]
pub trait RowStore: Debug + Send + Sync + 'static {
    /// Stores a new row; refuses a key that exists.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn insert(&self, row: &Row) -> Result<Inserted, StoreError>;

    /// The row under this key.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn load(&self, kind: RowKind, key: &str) -> Result<Option<StoredRow>, StoreError>;

    /// Replaces a row, its owner and subjects included, provided that its stored version is `expected`. Never inserts.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn replace(&self, expected: Version, row: &Row) -> Result<Replaced, StoreError>;

    /// Deletes a row: whatever its version is, or provided that it is `expected`. A row that is not there is
    /// [`Replaced::Conflict`].
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn delete(
        &self,
        kind: RowKind,
        key: &str,
        expected: Option<Version>,
    ) -> Result<Replaced, StoreError>;

    /// All rows of an owner, in no order.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn of_owner(&self, kind: RowKind, owner: &str) -> Result<Vec<StoredRow>, StoreError>;

    /// All grants that have this subject, in no order.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn of_subject(&self, subject: &str) -> Result<Vec<StoredRow>, StoreError>;

    /// Deletes all rows of an owner; tells how many went.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed; some may be deleted.
    async fn delete_of(&self, kind: RowKind, owner: &str) -> Result<u64, StoreError>;

    /// The owners of grants that begin with `prefix` and come after `after`, byte by byte, each once, `limit` at most.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn owners(&self, page: &OwnerPage<'_>) -> Result<Vec<String>, StoreError>;

    /// Spends a mark of 43 characters. Of any number of concurrent calls with one mark, exactly one is
    /// [`Spent::First`]. The mark may be forgotten after `until`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be told who was first.
    async fn spend(&self, mark: &str, until: SystemTime) -> Result<Spent, StoreError>;

    /// What stands in the lease slot of a grant's key, and the store's time.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn lease_slot(&self, key: &str) -> Result<LeaseSlot, StoreError>;

    /// Writes a lease slot provided that `from` stands in it; `None` is an empty slot. What is not written again within an
    /// hour may be forgotten.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn swap_lease(
        &self,
        key: &str,
        from: Option<&[u8]>,
        to: Option<&[u8]>,
    ) -> Result<Replaced, StoreError>;

    /// Deletes rows and marks whose end has passed, `limit` at most; tells how many went.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed; some may be deleted.
    async fn delete_expired(&self, now: SystemTime, limit: u32) -> Result<u64, StoreError>;
}

/// A part of the list of those who own grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnerPage<'a> {
    /// What they begin with.
    pub prefix: &'a str,
    /// The owner after which the part begins.
    pub after: Option<&'a str>,
    /// At most this many.
    pub limit: usize,
}

impl<'a> OwnerPage<'a> {
    /// The first `limit` owners that begin with `prefix` and come after `after`.
    pub fn new(prefix: &'a str, after: Option<&'a str>, limit: usize) -> Self {
        Self {
            prefix,
            after,
            limit,
        }
    }
}
