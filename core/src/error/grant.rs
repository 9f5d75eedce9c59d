//! Why a grant gives no token.

use std::time::{Duration, SystemTime};

use crate::store::{ConsentReason, StoreError};

/// The account must consent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the account must consent again ({})", reason.as_str())]
#[non_exhaustive]
pub struct ConsentNeeded {
    /// Why.
    pub reason: ConsentReason,
    /// Since when, if that is known.
    pub since: Option<SystemTime>,
}

impl ConsentNeeded {
    /// There is no grant.
    pub(crate) const NO_GRANT: Self = Self {
        reason: ConsentReason::NoGrant,
        since: None,
    };
}

/// Why a grant gives no token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// Only a new consent of the account helps.
    #[error(transparent)]
    ConsentNeeded(#[from] ConsentNeeded),
    /// Atlassian gave no tokens just now; the grant is as good as it was.
    #[error("atlassian gives no token just now")]
    Unavailable {
        /// When another try makes sense.
        retry_after: Duration,
    },
    /// The store failed; the grant is as good as it was.
    #[error("the grant store failed")]
    Store(#[from] StoreError),
}
