//! The contracts that prove a store: what threelo relies on, a check for each promise. They panic with the promise that is
//! broken.
//!
//! ```
//! # use std::sync::Arc;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use threelo::store::{MemoryFlowMarks, MemoryGrants, MemorySessions};
//!
//! threelo::testing::session_store_contract(Arc::new(MemorySessions::new())).await;
//! threelo::testing::grant_store_contract(Arc::new(MemoryGrants::new())).await;
//! threelo::testing::flow_marks_contract(Arc::new(MemoryFlowMarks::new())).await;
//! # }
//! ```
//!
//! A store of your own is best made as a [`RowStore`](crate::store::RowStore), which knows nothing of what it keeps:
//! give an empty one to [`row_store_contract`], on every run a new one, and [`sealed`] makes it the three stores of the
//! others.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a contract that is broken must end the test"
)]

mod grants;
mod rows;
mod sessions;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use self::grants::grant_store_contract;
pub use self::rows::row_store_contract;
pub use self::sessions::{flow_marks_contract, session_store_contract};
use crate::seal::{KeyRing, KeyRingError};
use crate::sealed::Sealed;
use crate::store::{FlowMarks, GrantStore, RowStore, SessionStore};

/// The three stores that `AuthBuilder::store` makes of a database of rows.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SealedStores {
    /// The sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// The grants.
    pub grants: Arc<dyn GrantStore>,
    /// The spent states.
    pub marks: Arc<dyn FlowMarks>,
}

/// Seals a database of rows with these keys, `id:base64` separated by commas, as `AuthBuilder::store` does.
///
/// # Errors
///
/// [`KeyRingError`] for keys that are not fit.
pub fn sealed(rows: Arc<dyn RowStore>, keys: &str) -> Result<SealedStores, KeyRingError> {
    let sealed = Arc::new(Sealed::new(rows, KeyRing::parse(keys)?));
    Ok(SealedStores {
        sessions: sealed.clone(),
        grants: sealed.clone(),
        marks: sealed,
    })
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}
