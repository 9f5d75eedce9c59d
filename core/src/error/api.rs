//! The failures of calls to Atlassian's APIs.

use std::time::Duration;

use http::StatusCode;

use crate::error::grant::{ConsentNeeded, GrantError};
use crate::error::scopes::MissingScope;

/// Why a call to an API of Atlassian failed. It contains nothing of the response's body.
///
/// In a handler, `?` turns it into a reply that fits the request. A job decides by the kind:
///
/// ```
/// use threelo::{ApiError, ApiErrorKind};
///
/// /// Whether the next run should try again, instead of asking the account for something.
/// fn is_temporary(error: &ApiError) -> bool {
///     match error.kind() {
///         ApiErrorKind::RateLimited { .. } | ApiErrorKind::Unavailable { .. } => true,
///         ApiErrorKind::Store(_) => true,
///         _ => false,
///     }
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiErrorKind {
    /// There is no token, because the account must consent again. Nothing was sent, or the token was refused.
    #[error(transparent)]
    ConsentNeeded(#[from] ConsentNeeded),
    /// The token lacks a scope that the operation needs, by what the call
    /// [declares](crate::atlassian::ApiRequest::needs) or by the gateway's answer (docs/protocol.md section 6.3).
    #[error(transparent)]
    MissingScope(#[from] MissingScope),
    /// 403: the account has no permission in the product, or an administrator's rule forbids the call.
    #[error("atlassian does not permit this account to do that")]
    Forbidden,
    /// 404: the thing does not exist, or this account cannot see it. A site that the grant does not reach is answered
    /// in the same way.
    #[error("atlassian does not have this resource, or does not show it to this account")]
    NotFound,
    /// The grant does not reach the site any more. After a 403 or 404, the list of sites was read again to make sure.
    #[error("the site is no longer reachable")]
    SiteGone,
    /// 429: too many calls, of this app, this site or this endpoint (docs/protocol.md section 6.4).
    #[error("atlassian limits the rate of calls")]
    RateLimited {
        /// How long to wait at least, if Atlassian says it; at most 24 hours.
        retry_after: Option<Duration>,
        /// The field `RateLimit-Reason`, e.g. `jira-burst-based`.
        reason: Option<String>,
    },
    /// A change got no answer, or one that indicates an outage, or its answer broke off: it may have been carried out.
    /// Nothing repeats it; look first whether it was.
    #[error("atlassian did not confirm the change, which may have been carried out")]
    OutcomeUnknown,
    /// Atlassian answers with a redirect (303 to the content of an attachment), which is not followed by itself: use
    /// [`download`](crate::atlassian::ApiRequest::download), or the parameter `redirect=false` where the API has it.
    #[error(
        "atlassian answered with a redirect, which is not followed: use download(), or the parameter redirect=false"
    )]
    Redirected,
    /// No response arrived, or one that indicates an outage. If it was a change, it was not carried out.
    #[error("atlassian is not available")]
    Unavailable {
        /// How long to wait, if it is known.
        retry_after: Option<Duration>,
    },
    /// Another status of 400 or above.
    #[error("atlassian refused the call with status {status}")]
    Refused {
        /// The status of Atlassian's response.
        status: StatusCode,
    },
    /// The response arrived but could not be read as the caller wants it.
    #[error("the response of atlassian cannot be read: {0}")]
    Unreadable(&'static str),
    /// The call is wrong in itself, for example because its path leaves its base (docs/attacks.md T152). Nothing was
    /// sent.
    #[error("the call cannot be made: {0}")]
    Misused(&'static str),
    /// The store of the grants failed. Nothing was sent, unless Atlassian had refused the call before: then the store
    /// was asked for a newer token, and the refused call had no effect. With a retry policy an earlier try may have had
    /// one.
    #[error("the grant store failed")]
    Store(#[source] crate::store::StoreError),
}

impl ApiErrorKind {
    /// The status of the JSON reply to the app's own client. Atlassian's statuses are not repeated where they would
    /// mean something else: its 401 is no 401 of the app.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::ConsentNeeded(_) => StatusCode::UNAUTHORIZED,
            Self::MissingScope(missing) => missing.why.status(),
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SiteGone => StatusCode::CONFLICT,
            Self::RateLimited { .. } | Self::Unavailable { .. } | Self::Store(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Refused { .. }
            | Self::Unreadable(_)
            | Self::OutcomeUnknown
            | Self::Redirected => StatusCode::BAD_GATEWAY,
            Self::Misused(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The `code` of the JSON reply. Codes are stable, texts are not.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ConsentNeeded(_) => "consent_needed",
            Self::MissingScope(missing) => missing.why.code(),
            Self::Forbidden => "atlassian_forbids",
            Self::NotFound => "atlassian_not_found",
            Self::SiteGone => "site_gone",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable { .. } | Self::Store(_) => "unavailable",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Redirected => "atlassian_redirects",
            Self::Refused { .. } => "atlassian_refused",
            Self::Unreadable(_) => "atlassian_unreadable",
            Self::Misused(_) => "call_misused",
        }
    }

    /// How long to wait before another attempt, if it is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } | Self::Unavailable { retry_after } => {
                *retry_after
            }
            _ => None,
        }
    }
}

impl From<GrantError> for ApiErrorKind {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::ConsentNeeded(needed) => Self::ConsentNeeded(needed),
            GrantError::Unavailable { retry_after } => Self::Unavailable {
                retry_after: Some(retry_after),
            },
            GrantError::Store(error) => Self::Store(error),
        }
    }
}
