//! Why a grant has no usable token.

use std::time::{Duration, SystemTime};

use crate::store::{ConsentReason, StoreError};

/// The account must consent again before calls are possible for it.
///
/// In a handler, `?` sends the visitor to Atlassian and back. A job can only skip the account, and tell its owner at
/// the next visit:
///
/// ```
/// use threelo::{AccountId, Auth, GrantError};
///
/// async fn is_connected(auth: &Auth, account: &AccountId) -> Result<bool, GrantError> {
///     match auth.grants().of(account).await?.consent_needed() {
///         Some(needed) => {
///             println!("{account}: {}", needed.reason.as_str());
///             Ok(false)
///         }
///         None => Ok(true),
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the account must consent again ({})", reason.as_str())]
#[non_exhaustive]
pub struct ConsentNeeded {
    /// Why the grant cannot be used.
    pub reason: ConsentReason,
    /// Since when the grant has been unusable, if it is known.
    pub since: Option<SystemTime>,
}

impl ConsentNeeded {
    /// The account has no grant: it never consented, or the grant was deleted here.
    pub(crate) const NO_GRANT: Self = Self {
        reason: ConsentReason::NoGrant,
        since: None,
    };
}

/// Why a grant has no usable token.
///
/// Only the first kind asks something of a person. The others leave the grant as it was, and a later attempt can
/// succeed.
///
/// ```
/// use threelo::{AccountId, Auth, GrantError};
///
/// async fn run(auth: &Auth, account: &AccountId) -> Result<(), GrantError> {
///     let grant = match auth.grants().of(account).await {
///         Err(GrantError::ConsentNeeded(_)) => return Ok(()), // skip the account
///         other => other?,
///     };
///     let token = grant.access_token().await?;
///     # drop(token);
///     Ok(())
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// There is no grant, or it needs a new consent of the account.
    #[error(transparent)]
    ConsentNeeded(#[from] ConsentNeeded),
    /// Atlassian did not issue tokens, because of an outage or a rate limit. The grant remains valid.
    #[error("atlassian issues no token at the moment")]
    Unavailable {
        /// How long to wait before another attempt.
        retry_after: Duration,
    },
    /// The store failed. The grant remains valid.
    #[error("the grant store failed")]
    Store(#[from] StoreError),
}
