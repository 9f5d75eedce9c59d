//! What the stores of records promise each other: a check for each promise.
//!
//! An app's store is proven by `threelo::testing::row_store_contract`; these prove what sealing makes of its rows, and the
//! stores in memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a contract that is broken must end the test"
)]

mod grants;
mod sessions;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use threelo::internals::{FlowMarks, GrantStore, KeyRing, KeyRingError, Sealed, SessionStore};
use threelo::store::RowStore;

pub use self::grants::grant_store_contract;
pub use self::sessions::{flow_marks_contract, session_store_contract};

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

/// Proves all three stores that sealing makes of rows, which must be empty.
///
/// # Panics
///
/// With the promise that is broken.
pub async fn sealed_store_contract(rows: Arc<dyn RowStore>, keys: &str) {
    let stores = sealed(rows, keys).expect("the keys are fit");
    session_store_contract(stores.sessions).await;
    grant_store_contract(stores.grants).await;
    flow_marks_contract(stores.marks).await;
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}
