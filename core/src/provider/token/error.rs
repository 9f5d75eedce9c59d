//! Why the token endpoint issued no tokens.

use std::sync::Arc;

use http::StatusCode;

/// What an error response of the token endpoint means (docs/protocol.md section 2.4).
///
/// The member `error` decides. Atlassian's statuses and texts have changed over the years, and differ from those of RFC
/// 6749 section 5.2 in places; both generations are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusedKind {
    /// `invalid_grant` or `unauthorized_client`: the code or the refresh token is not valid any more. For a refresh
    /// token this is believed only after further checks (docs/decisions/0049).
    Grant,
    /// `invalid_request`: Atlassian's current answer to a bad code. For a refresh it says nothing about the grant.
    Request,
    /// `access_denied` or `invalid_client`, or 401 with any other error: the client secret or the app's set-up is
    /// wrong. Only the operator can correct it; a new consent would not help.
    Client,
    /// Any other error.
    Other,
}

/// Why there are no tokens. It contains no text of the response, except for the content type of one that is not Atlassian's.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// An error response with a 4xx status, except 429.
    #[error("the token endpoint refused with status {status} ({kind:?})")]
    Refused {
        /// The status.
        status: StatusCode,
        /// What the error means.
        kind: RefusedKind,
    },
    /// A 4xx status without a JSON `error`: not an answer of Atlassian's (RFC 6749 section 5.2 requires one), but of a proxy or a
    /// firewall on the way. Nothing is known of the code or the refresh token; Atlassian has not seen it.
    #[error(
        "not Atlassian's answer: something on the way, such as a proxy, answered with status {status} and content type \
         {content_type:?}"
    )]
    Foreign {
        /// The status.
        status: StatusCode,
        /// The content type, without control characters and cut at 64 bytes.
        content_type: Arc<str>,
    },
    /// 429: too many requests. The code or refresh token was not used up.
    #[error("the token endpoint limits the rate of requests")]
    RateLimited,
    /// A status that is neither 200 nor 4xx: an outage, or a redirect, which is never followed. Try again later.
    #[error("the token endpoint answered with status {0}")]
    Unavailable(StatusCode),
    /// A response with status 200 that is no token response.
    #[error("the token response is malformed: {0}")]
    Malformed(&'static str),
}
