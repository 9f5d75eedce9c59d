//! Why the token endpoint gave no tokens.

use http::StatusCode;

/// What a refusal means (docs/protocol.md, section 2.4): `error` decides, because the status is the less stable half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusedKind {
    /// The code or the refresh token is no good any more: `invalid_grant`, `unauthorized_client`.
    Grant,
    /// `invalid_request`: a bad code, as Atlassian words it; of a refresh it says nothing about the grant.
    Request,
    /// `access_denied` or `invalid_client`: the client secret or the app's set-up is wrong. The operator's business.
    Client,
    /// Another error of RFC 6749 §5.2 or none that we know.
    Other,
}

/// Why there are no tokens. Holds nothing of the answer's text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The provider said no.
    #[error("the token endpoint refused with status {status} ({kind:?})")]
    Refused {
        /// The status.
        status: StatusCode,
        /// What it means.
        kind: RefusedKind,
    },
    /// 429: too many requests; nothing was spent.
    #[error("the token endpoint asks for fewer requests")]
    RateLimited,
    /// 5xx or a redirect: worth another try later.
    #[error("the token endpoint answered with status {0}")]
    Unavailable(StatusCode),
    /// The answer is not a token response.
    #[error("the token response is malformed: {0}")]
    Malformed(&'static str),
}
