//! The values of a database of rows: what core writes, and what a store returns.
//!
//! What a store promises is written at [`RowStore`](crate::store::RowStore) and its methods. The values are
//! `#[non_exhaustive]` and have constructors, so that they can grow without breaking a store.

use std::time::SystemTime;

use crate::store::Version;

/// The kind of record that a row contains. Kinds do not share keys: a session and a grant may have equal ones.
///
/// ```
/// use threelo::store::RowKind;
///
/// let table = |kind: RowKind| format!("threelo_{}s", kind.as_str());
///
/// assert_eq!(table(RowKind::Session), "threelo_sessions");
/// assert_eq!(table(RowKind::Grant), "threelo_grants");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a store must keep every kind")]
pub enum RowKind {
    /// The session of a browser: written at each login, read by almost every request, and it always has an end.
    Session,
    /// The tokens of an account for an app: few, long-lived, without an end, and listed by subject as well.
    Grant,
}

impl RowKind {
    /// A fixed word for names of tables and keys: `session` or `grant`. It never changes, because stored keys
    /// contain it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Grant => "grant",
        }
    }
}

/// A row to be written. A store keeps each part of it; it needs to understand only `kind`, `key` and `version`.
///
/// All texts are printable ASCII. `sealed` is ciphertext of a few hundred bytes for a session and some
/// kilobytes for a grant: tokens have no documented upper length (`docs/protocol.md`, section 3.5), so no
/// column should be limited tightly.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
///
/// use threelo::store::{Row, RowKind};
///
/// let end = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
/// let session = Row::new(RowKind::Session, "hash-of-a-cookie", 1, [7; 80], "account").with_end(Some(end));
/// let grant = Row::new(RowKind::Grant, "environment app account", 1, [7; 2000], "environment app account")
///     .with_subjects(vec!["hash-of-a-user".to_owned()]);
///
/// assert!(session.subjects.is_empty());
/// assert_eq!(grant.ends_at, None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The kind, which is part of the identity of the row.
    pub kind: RowKind,
    /// The primary key within the kind; at most 512 bytes, compared byte by byte, whatever the collation of the
    /// database is. The key of a session is a hash of its cookie; the cookie itself never reaches the database
    /// (`docs/attacks.md` T248).
    pub key: String,
    /// The version that is stored with this write; at `replace` it is higher than the expected one.
    pub version: Version,
    /// The sealed content. It authenticates kind, key and version, so content that is copied to another row or
    /// stored under another version does not open (`docs/decisions/0057-rows-are-sealed-to-their-place.md`).
    pub sealed: Vec<u8>,
    /// What rows are listed by, together with the kind; at most 512 bytes. It contains the account id in clear.
    /// Core keeps the owner of a row as it is, but `replace` has to write a new one all the same.
    pub owner: String,
    /// What grants are listed by in addition, for connect mode: hashes of 43 characters without spaces, as many as
    /// the app's users who connected the account: a write must take the same number of round trips for all of them. `replace` writes the new list together with the row.
    pub subjects: Vec<String>,
    /// When the row may be deleted. A row without an end must stay until it is deleted by its key or owner: no
    /// expiry and no eviction (`docs/attacks.md` T239).
    pub ends_at: Option<SystemTime>,
}

impl Row {
    /// A row without subjects and without an end.
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

/// A row as a store found it.
///
/// ```
/// use threelo::store::StoredRow;
///
/// let row = StoredRow::new("hash-of-a-cookie", 3, vec![7; 80]);
///
/// assert_eq!((row.version, row.sealed.len()), (3, 80));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredRow {
    /// The primary key within the kind, byte by byte as it was written: the seal covers it.
    pub key: String,
    /// The version that the last successful write stored; the seal covers it too.
    pub version: Version,
    /// The sealed content of the same write. Version and content must come from one read: a mixture does not
    /// open.
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

/// A lease slot as it was read, with the time of the store.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
///
/// use threelo::store::LeaseSlot;
///
/// let database_time = UNIX_EPOCH + Duration::from_millis(1_800_000_000_123);
/// let empty = LeaseSlot::new(None, database_time);
///
/// assert_eq!(empty.now, database_time);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeaseSlot {
    /// The content of the slot; `None` if it is empty or forgotten.
    pub value: Option<Vec<u8>>,
    /// The clock of the database, not that of this machine. All instances decide by it whether a lease has
    /// ended, and machines can differ by more than a lease lives
    /// (`docs/decisions/0052-lease-rule-in-one-place.md`).
    pub now: SystemTime,
}

impl LeaseSlot {
    /// A slot that holds `value`, read when the store's clock showed `now`.
    pub fn new(value: Option<Vec<u8>>, now: SystemTime) -> Self {
        Self { value, now }
    }
}

/// A part of a sorted list: of the owners that have grants, or of the keys of lease slots.
///
/// ```
/// use threelo::store::OwnerPage;
///
/// let first = OwnerPage::new("environment app ", None, 100);
/// let next = OwnerPage::new(first.prefix, Some("environment app account-100"), first.limit);
///
/// assert_eq!(next.after, Some("environment app account-100"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnerPage<'a> {
    /// The beginning of the owners to list, compared byte by byte. It is plain text: `%`, `_` and `*` in it
    /// mean themselves.
    pub prefix: &'a str,
    /// The last owner of the part before, which is not listed again and may have been deleted since; `None`
    /// starts at the beginning.
    pub after: Option<&'a str>,
    /// How many owners to return at most; at least 1 in core's own calls.
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
