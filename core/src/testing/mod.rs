#![doc = include_str!("README.md")]
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
use crate::config;
use crate::crypto::key_ring::{KeyRing, KeyRingError};
use crate::ids::{SessionToken, SessionTokenHash};
use crate::sealed::Sealed;
use crate::store::{AppKey, FlowMarks, GrantStore, RowStore, SessionStore};

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

/// The key under which an app finds the session whose cookie holds this ticket, for benchmarks that fill a store.
pub fn session_key(app: &AppKey, ticket: &SessionToken) -> SessionTokenHash {
    config::session_key([&app.environment, &app.client_id], ticket)
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}
