//! Where sessions, grants and spent states are kept: the ports, their values, and the in-memory stores.

mod grant;
mod lease;
mod memory;
mod rows;
mod session;
pub(crate) mod version;

use std::error::Error;
use std::fmt::Debug;
use std::time::SystemTime;

use async_trait::async_trait;

#[doc(hidden)]
pub use self::grant::{AppKey, ConsentMark, GrantKey, GrantRecord, GrantStore, Link};
pub use self::grant::{ConsentReason, PageRequest};
#[doc(hidden)]
pub use self::lease::{Attempts, Lease, LeaseOwner, LeaseRequest, LeaseRow, Renewed};
#[doc(hidden)]
pub use self::memory::{MemoryFlowMarks, MemoryGrants, MemorySessions};
pub use self::rows::{LeaseSlot, OwnerPage, Row, RowKind, RowStore, StoredRow};
#[doc(hidden)]
pub use self::session::{SessionRecord, SessionStore};
use crate::ids::MarkKey;

/// Counts the writes of a record, from any number below 2^63.
pub type Version = u64;

/// What came of an insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "callers must decide both cases")]
pub enum Inserted {
    /// The record is stored.
    Done,
    /// The key is taken; nothing is changed.
    Exists,
}

/// What came of a compare-and-set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "callers must decide both cases")]
pub enum Replaced {
    /// The new record is stored.
    Done,
    /// The stored version is another one, or the record is gone; nothing is changed.
    Conflict,
}

/// Who spent a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "callers must decide both cases")]
pub enum Spent {
    /// This caller: go on.
    First,
    /// Another one before: never exchange again.
    Again,
}

/// A store that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store holds as much as it may; nothing was thrown out.
    #[error("the store is full")]
    Full,
    /// The store did not answer or answered with an error.
    #[error("the store failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

/// Remembers which states were used, so that none is used twice on any instance.
#[async_trait]
pub trait FlowMarks: Debug + Send + Sync + 'static {
    /// Spends a state. Of any number of concurrent calls with one hash, exactly one is [`Spent::First`].
    /// The mark may be forgotten after `until`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be told who was first.
    async fn spend(
        &self,
        state: MarkKey,
        now: SystemTime,
        until: SystemTime,
    ) -> Result<Spent, StoreError>;
}
