//! Where sessions, grants and spent states are kept: the ports, their values, and the in-memory stores.
//!
//! An app that brings its own database implements [`RowStore`]: rows, marks and lease slots whose content it
//! cannot read. Core seals what goes into them and makes the stores of sessions, grants and marks out of them
//! (`docs/decisions/0055-databases-keep-rows.md`). The module `threelo::testing` (feature `testing`) has the
//! contract that proves an implementation, and a complete one in memory to start from.
//!
//! Three rules hold for every store, because logins and refreshes depend on them:
//!
//! - **No write is an upsert** (`docs/decisions/0056-every-write-is-compare-and-set.md`). A new record is
//!   inserted and refuses a key that exists; a changed one replaces exactly the version that was read.
//!   Otherwise a request that was in flight during a logout would bring the session back.
//! - **The result of a write is a value, not an error.** A lost race is [`Inserted::Exists`] or
//!   [`Replaced::Conflict`]. A [`StoreError`] means that the outcome is unknown or that nothing could be
//!   stored.
//! - **An error is not an absence.** A store that cannot answer returns an error, and the visitor gets a 503.
//!   It never answers `None` for a row that it could not look up, because that would sign the visitor out.

pub(crate) mod first_version;
mod grant;
mod lease;
mod memory;
mod row_store;
mod rows;
mod session;
mod unknown_fields;

use std::error::Error;
use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

#[doc(hidden)]
pub use self::grant::{AppKey, ConsentMark, GrantKey, GrantRecord, GrantStore, Link, Unfinished};
pub use self::grant::{ConsentReason, PageRequest};
#[doc(hidden)]
pub use self::lease::{Attempts, Lease, LeaseOwner, LeaseRequest, LeaseRow, Renewed};
#[doc(hidden)]
pub use self::memory::{MemoryFlowMarks, MemoryGrants, MemorySessions};
pub use self::row_store::RowStore;
pub use self::rows::{LeaseSlot, OwnerPage, Row, RowKind, StoredRow};
#[doc(hidden)]
pub use self::session::{SessionRecord, SessionStore};
#[doc(hidden)]
pub use self::unknown_fields::UnknownFields;
use crate::ids::MarkKey;

/// Identifies one write of a record: each write stores a number that is higher by at least one.
///
/// New sessions start at 1. New grants start at a number made of the time and of random bits, so that a writer
/// that remembers a deleted grant never meets its version again
/// (`docs/decisions/0039-grants-count-from-a-unique-number.md`). The numbers stay below 2^63, so a signed
/// column of 64 bits holds them. They mean nothing beyond the comparison.
pub type Version = u64;

/// The outcome of an insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "callers must decide both cases")]
pub enum Inserted {
    /// The record is stored as it was given.
    Done,
    /// The key is taken; nothing is changed, and the record that is there keeps its version, owner and
    /// subjects.
    Exists,
}

/// The outcome of a compare-and-set.
///
/// A [`StoreError`] instead of this value leaves the outcome open: the write may have happened although its
/// answer was lost. Callers therefore load again before they decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "callers must decide both cases")]
pub enum Replaced {
    /// The stored version was the expected one, and the change is stored.
    Done,
    /// The stored version is another one, or the record is gone; nothing is changed.
    Conflict,
}

/// Who spent a mark. Marks are what makes states, tickets and turns usable once
/// (`docs/decisions/0015-spend-the-state-first.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "callers must decide both cases")]
pub enum Spent {
    /// This caller did, and may continue.
    First,
    /// Another caller did before, in this process or in another: the code must not be exchanged again.
    Again,
}

/// The store could not do what was asked.
///
/// Nothing is known to have changed, and nothing is known not to have changed: a call whose answer was lost may
/// have taken effect. Core treats each error as "try again later": visitors get a 503, the grant and the
/// session stay as they are.
///
/// ```
/// use std::io;
///
/// use threelo::store::StoreError;
///
/// let cause = io::Error::new(io::ErrorKind::TimedOut, "no answer within 5 seconds");
/// let error = StoreError::Failed(cause.into());
///
/// assert_eq!(error.to_string(), "the store failed");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store holds as many records as it may. Nothing was stored, and nothing was evicted to make room: a
    /// lost grant would cost its owner a consent, a lost mark would let a state be used twice.
    #[error("the store is full")]
    Full,
    /// The store did not answer, answered with an error, or cannot represent the value.
    ///
    /// The cause is logged with its sources, so it must contain neither passwords of connection strings nor
    /// contents of rows (`docs/attacks.md` T212).
    #[error("the store failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

/// Remembers which states, tickets and turns were used, so that none is used twice on any instance.
#[async_trait]
pub trait FlowMarks: Debug + Send + Sync + 'static {
    /// Spends a mark. Of any number of concurrent calls with one mark, on all instances together, exactly one
    /// gets [`Spent::First`]; looking first and writing afterwards is not enough (`docs/attacks.md` T235).
    ///
    /// The mark may be forgotten after `until`, which is the end of the flow or the ticket that it belongs to.
    /// `now` is the caller's clock; a store with a clock of its own may ignore it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it is unknown who was first. The caller must then refuse as if it came second: a code
    /// that may have been exchanged is never exchanged again.
    async fn spend(
        &self,
        state: MarkKey,
        now: SystemTime,
        until: SystemTime,
    ) -> Result<Spent, StoreError>;

    /// Notes for all instances that the code of a state is being exchanged, for `life` by the store's clock. A store of
    /// one process need not: it is not asked about its own work.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; then another instance takes the flow for ended.
    async fn begin_work(&self, _state: MarkKey, _life: Duration) -> Result<(), StoreError> {
        Ok(())
    }

    /// Takes the note away.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the note ends by its time.
    async fn end_work(&self, _state: MarkKey) -> Result<(), StoreError> {
        Ok(())
    }

    /// Whether an instance noted that it is exchanging the code of a state.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot tell.
    async fn is_at_work(&self, _state: MarkKey) -> Result<bool, StoreError> {
        Ok(false)
    }
}
