//! What calls to Atlassian's APIs can fail with.

use std::time::Duration;

use http::StatusCode;

use crate::error::grant::{ConsentNeeded, GrantError};
use crate::error::scopes::{MissingScope, MissingScopeReason};

/// Why a call to an API of Atlassian failed. Holds nothing of the answer's body.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiErrorKind {
    /// The account must consent again.
    #[error(transparent)]
    ConsentNeeded(#[from] ConsentNeeded),
    /// The token lacks a scope that the operation needs.
    #[error(transparent)]
    MissingScope(#[from] MissingScope),
    /// The account may not do that: no permission in the product, or an admin's rule.
    #[error("atlassian forbids this account to do that")]
    Forbidden,
    /// It does not exist, or this account cannot see it; also a site that the grant does not reach.
    #[error("atlassian knows no such thing, or does not show it to this account")]
    NotFound,
    /// The site is not reachable with the grant any more; the sites were read again to make sure.
    #[error("the site is not reachable any more")]
    SiteGone,
    /// Too many calls.
    #[error("atlassian asks for fewer calls")]
    RateLimited {
        /// When to try again, if Atlassian says so.
        retry_after: Option<Duration>,
        /// `RateLimit-Reason`, e.g. `jira-burst-based`.
        reason: Option<String>,
    },
    /// No answer, or an answer that tells of an outage.
    #[error("atlassian is not available")]
    Unavailable {
        /// When to try again, if anybody says so.
        retry_after: Option<Duration>,
    },
    /// Another status of 400 and above.
    #[error("atlassian refused the call with status {status}")]
    Refused {
        /// The status.
        status: StatusCode,
    },
    /// The answer cannot be read as what was asked for.
    #[error("the answer of atlassian cannot be read: {0}")]
    Unreadable(&'static str),
    /// The call cannot be made as it was written; nothing was sent.
    #[error("the call cannot be made: {0}")]
    Misused(&'static str),
    /// The app's own store failed; nothing was sent.
    #[error("the grant store failed")]
    Store(#[source] crate::store::StoreError),
}

impl ApiErrorKind {
    /// The status of the JSON answer to the app's own visitor.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::ConsentNeeded(_) => StatusCode::UNAUTHORIZED,
            Self::MissingScope(_) | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SiteGone => StatusCode::CONFLICT,
            Self::RateLimited { .. } | Self::Unavailable { .. } | Self::Store(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Refused { .. } | Self::Unreadable(_) => StatusCode::BAD_GATEWAY,
            Self::Misused(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The word for programs, stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ConsentNeeded(_) => "consent_needed",
            Self::MissingScope(missing) if missing.why == MissingScopeReason::NotGranted => {
                "scope_not_granted"
            }
            Self::MissingScope(_) => "missing_scope",
            Self::Forbidden => "atlassian_forbids",
            Self::NotFound => "atlassian_not_found",
            Self::SiteGone => "site_gone",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable { .. } | Self::Store(_) => "unavailable",
            Self::Refused { .. } => "atlassian_refused",
            Self::Unreadable(_) => "atlassian_unreadable",
            Self::Misused(_) => "call_misused",
        }
    }

    /// When another try makes sense, if that is known.
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
