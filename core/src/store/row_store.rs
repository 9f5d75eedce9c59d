//! The port that a database implements: rows, marks and lease slots with opaque content.

use std::fmt::Debug;
use std::time::SystemTime;

use async_trait::async_trait;

use crate::store::rows::{LeaseSlot, OwnerPage, Row, RowKind, StoredRow};
use crate::store::{Inserted, Replaced, Spent, StoreError, Version};

/// A database of rows: the one trait to implement for a store of your own. `AuthBuilder::store` seals what goes
/// into it and makes it the store of sessions, grants and spent states.
///
/// The module `threelo::testing` (feature `testing`) has an implementation in memory to start from and
/// `row_store_contract`, which proves yours. The rest of this page is what that contract checks, and what no
/// test can check.
///
/// # What an implementation promises
///
/// - **Comparisons are atomic.** The comparison of `insert`, `replace`, `delete`, `spend` and `swap_lease` is
///   part of the write, not a read before it: of any number of concurrent writers that expect one version, one
///   wins. Only `delete_of` and `delete_expired` may stop halfway.
/// - **Nothing is an upsert.** `insert` never overwrites, `replace` and `delete` never create.
/// - **What was acknowledged is visible** to the next call on any instance. Reads go to the primary: a replica
///   that lags would show a session after its logout (`docs/attacks.md` T243). A database that loses
///   acknowledged writes in a failover loses refresh tokens, because Atlassian has already replaced the old
///   ones.
/// - **An index may name a row too many for a moment, never one too few.** Core checks what it finds; what it
///   does not find escapes a "sign out everywhere".
/// - **Every call ends within seconds**, with an error if the database is gone. Requests wait for it, and a
///   refresh holds a lease of 30 seconds.
/// - **A future may be dropped** at any await, because a browser hung up. A connection with a half-finished
///   statement must not be used for another call.
///
/// Values are opaque. A store must not interpret, trim, fold or re-encode them, and has no reason to log them.
///
/// # How it grows
///
/// The compiler names what is missing, [`leases`](Self::leases) aside, which was added later. Methods that are added in
/// later versions come with a default body, and the values [`Row`], [`StoredRow`], [`LeaseSlot`] and [`OwnerPage`]
/// are `#[non_exhaustive]` and made by constructors: a store that compiles with one version compiles with the
/// next ones.
///
/// # Example
///
/// The way in which callers use it: read, change, replace the version that was read.
///
/// ```
/// use threelo::store::{Replaced, Row, RowKind, RowStore, StoreError};
///
/// async fn reseal(store: &dyn RowStore, key: &str, owner: &str, sealed: Vec<u8>) -> Result<bool, StoreError> {
///     let Some(stored) = store.load(RowKind::Session, key).await? else {
///         return Ok(false);
///     };
///     let row = Row::new(RowKind::Session, key, stored.version + 1, sealed, owner);
///     // After a logout in between this is a conflict, and the visitor stays signed out.
///     Ok(store.replace(stored.version, &row).await? == Replaced::Done)
/// }
/// ```
#[async_trait]
pub trait RowStore: Debug + Send + Sync + 'static {
    /// Stores a new row. A key that exists within the kind is [`Inserted::Exists`], and then nothing of the
    /// refused row is left, in no index either.
    ///
    /// Core calls it at logins and at first consents. Keys of sessions are unguessable, but two callbacks can
    /// make the grant of one account at the same time; the one that comes second merges.
    ///
    /// # Errors
    ///
    /// [`StoreError::Full`] if there is no room, [`StoreError::Failed`] if the outcome is unknown.
    async fn insert(&self, row: &Row) -> Result<Inserted, StoreError>;

    /// The row under this key, expired or not: core compares the end that is sealed inside. One trip to the
    /// database, because almost every request of a signed-in visitor pays for it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot tell. It must not answer `None` then: the visitor would be signed
    /// out.
    async fn load(&self, kind: RowKind, key: &str) -> Result<Option<StoredRow>, StoreError>;

    /// Replaces a row together with its owner, its subjects and its end, provided that the stored version is
    /// `expected`.
    ///
    /// A row that is gone is a [`Replaced::Conflict`]: `replace` never inserts, so a request in flight cannot
    /// undo a logout (`docs/decisions/0056-every-write-is-compare-and-set.md`). After it the row is found by
    /// its new owner and subjects only.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the outcome is unknown. Core loads again before it tries once more.
    async fn replace(&self, expected: Version, row: &Row) -> Result<Replaced, StoreError>;

    /// Deletes a row, in any version or only in the version `expected`, together with its entries in the
    /// indexes.
    ///
    /// A row that is not there is [`Replaced::Conflict`]. The conditional form is how the last link to a grant
    /// is removed while another user may be connecting the same account
    /// (`docs/decisions/0036-links-in-the-grant-record.md`). The lease slot under the key is not touched: core
    /// empties it itself.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the outcome is unknown.
    async fn delete(
        &self,
        kind: RowKind,
        key: &str,
        expected: Option<Version>,
    ) -> Result<Replaced, StoreError>;

    /// All rows of an owner, in no particular order, expired ones included. The list is not paged, because it
    /// is short: sessions per account are limited to 20 by default, and grants to one per app, or one per
    /// consent for a resource-level app.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the list would be incomplete.
    async fn of_owner(&self, kind: RowKind, owner: &str) -> Result<Vec<StoredRow>, StoreError>;

    /// All grants that have this subject now, in no particular order. Core checks each one after opening it, so
    /// a row too many does no harm.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the list would be incomplete.
    async fn of_subject(&self, subject: &str) -> Result<Vec<StoredRow>, StoreError>;

    /// Deletes all rows of an owner and returns how many were deleted. This is "sign out everywhere" and the
    /// deletion of an account; it need not be one transaction.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if some rows may still be there; some may be deleted. Callers repeat it.
    async fn delete_of(&self, kind: RowKind, owner: &str) -> Result<u64, StoreError>;

    /// The owners of grants that begin with `page.prefix` and come after `page.after`, ordered byte by byte,
    /// each once, at most `page.limit`. Fewer than `page.limit` means that there are no more.
    ///
    /// Jobs over all accounts and changes of keys page through it, while rows come and go. An owner that has a
    /// grant during the whole walk must not be skipped.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn owners(&self, page: &OwnerPage<'_>) -> Result<Vec<String>, StoreError>;

    /// Spends a mark of 43 characters. Of any number of concurrent calls with one mark, exactly one gets
    /// [`Spent::First`]: use one statement, such as an insert that refuses a duplicate (`docs/attacks.md`
    /// T235).
    ///
    /// The mark may be forgotten after `until`, and must not be forgotten before: a state could be used twice.
    /// Value and end are written together; a crash between two writes would leave a mark for ever
    /// (`docs/attacks.md` T236).
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it is unknown who was first. Core then refuses the callback and exchanges nothing.
    async fn spend(&self, mark: &str, until: SystemTime) -> Result<Spent, StoreError>;

    /// The content of the lease slot under a grant's key, with the time of the database. The slot exists apart
    /// from the grant's row: reading a slot that was never written gives `None`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed; the refresh is not started then.
    async fn lease_slot(&self, key: &str) -> Result<LeaseSlot, StoreError>;

    /// Writes `to` into a lease slot, provided that its content is `from`; `None` is an empty slot on both
    /// sides.
    ///
    /// The whole content is compared, byte by byte. All rules about leases are in core, which reads, decides
    /// and swaps, and reads again after a [`Replaced::Conflict`]. A slot that was not written for an hour may
    /// be forgotten: a lease lives 30 seconds, and earlier attempts count for 15 minutes.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the outcome is unknown. The lease may have been taken; it ends by its time.
    async fn swap_lease(
        &self,
        key: &str,
        from: Option<&[u8]>,
        to: Option<&[u8]>,
    ) -> Result<Replaced, StoreError>;

    /// The keys of lease slots that are not empty, begin with `page.prefix` and come after `page.after`, ordered byte by
    /// byte, each once, at most `page.limit`. Fewer than `page.limit` means that there are no more.
    ///
    /// About once a minute one instance looks through them for a refresh that an instance did not finish because it
    /// crashed (`docs/decisions/0083-unfinished-refreshes-are-finished.md`). A slot too many does no harm.
    ///
    /// The default is none: then a refresh that a crash cut off is finished when somebody asks for the token, and its
    /// grant is lost if nobody does within ten minutes.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the list would be incomplete.
    async fn leases(&self, page: &OwnerPage<'_>) -> Result<Vec<String>, StoreError> {
        let _none_are_listed = page;
        Ok(Vec::new())
    }

    /// Deletes rows and marks whose end is at or before `now`, and at or before the time by the store's own clock,
    /// at most `limit` rows and at most `limit` marks, and returns how many were deleted together. A store that expires rows and marks by itself may return 0.
    ///
    /// One instance calls it about every ten minutes, after a callback, and calls again after a short pause
    /// while `limit` or more were deleted (`docs/decisions/0059-cleanup-follows-callbacks.md`). `now` is the
    /// caller's clock, and may be days ahead: what has not ended by the store's clock stays
    /// (`docs/decisions/0079-deletion-takes-two-clocks.md`).
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed; some may be deleted. The next call deletes the rest.
    async fn delete_expired(&self, now: SystemTime, limit: u32) -> Result<u64, StoreError>;
}
