//! Why a request is turned away, with the status of the reply.

use http::StatusCode;

use crate::crypto::NoRandomness;
use crate::error::api::ApiErrorKind;
use crate::error::grant::{ConsentNeeded, GrantError};
use crate::error::scopes::{MissingScope, MissingScopeReason};
use crate::store::StoreError;

/// Why a request is turned away.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// Nobody is signed in, or the session ended.
    #[error("nobody is signed in")]
    NotSignedIn,
    /// An extractor or guard ran outside the layer. The text says which line is missing.
    #[error("the auth layer is missing: {0}")]
    MissingLayer(&'static str),
    /// The session is there, its grant gives no tokens: the account must consent again.
    #[error(transparent)]
    ConsentNeeded(#[from] ConsentNeeded),
    /// Connect mode: the user has connected no Atlassian account.
    #[error("no atlassian account is connected")]
    NotConnected,
    /// Connect mode: the user has connected several accounts, and the request does not say which it means.
    #[error("one of the connected accounts must be chosen")]
    ChooseConnection,
    /// What was asked for belongs to the other mode. The text says what to ask for instead.
    #[error("not in this mode: {0}")]
    WrongMode(&'static str),
    /// Connect mode: the app could not tell who its user is.
    #[error("the app cannot tell who its user is")]
    Subject,
    /// Several sites are reachable and none is chosen.
    #[error("a site must be chosen")]
    ChooseSite,
    /// The grant reaches no site.
    #[error("no site is reachable")]
    NoSite,
    /// The site that was chosen is not reachable any more. No other takes its place.
    #[error("the chosen site is not reachable any more")]
    SiteGone,
    /// The site that the request names is not reachable with this grant.
    #[error("the wished site is not reachable")]
    UnknownSite,
    /// The sites could not be read at Atlassian.
    #[error("the sites could not be read")]
    SitesUnknown,
    /// The grant lacks scopes that the route needs.
    #[error(transparent)]
    MissingScope(#[from] MissingScope),
    /// A change without same-origin proof, or a read from another site.
    #[error("the request comes from another site")]
    Forbidden,
    /// The route exists, this method does not.
    #[error("the method is not allowed; allowed: {0}")]
    Method(&'static str),
    /// Under the prefix, and no route.
    #[error("no such auth route")]
    NotFound,
    /// A body or a parameter that cannot be used.
    #[error("the request cannot be used: {0}")]
    BadRequest(&'static str),
    /// The body is larger than the route takes.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// A prefetch: nothing may start or end for a page that nobody asked for.
    #[error("prefetching is refused")]
    Prefetch,
    /// A login must be a navigation of its own, not a fetch or a frame.
    #[error("a login is a navigation: send the browser to login_url")]
    NavigationOnly,
    /// A one-time ticket that is unknown, used, too old, or somebody else's.
    #[error(
        "the ticket cannot be redeemed: it is good once, for a minute, for the origin and the verifier it was asked for with"
    )]
    Ticket,
    /// A call that is forwarded for scripts only: a page of Atlassian's must never show under this app's address.
    #[error("calls are forwarded for scripts only, not for pages, frames and images")]
    ScriptsOnly,
    /// A call that the app does not forward.
    #[error("the app does not forward this call")]
    NotForwarded,
    /// The app's own call to start a login cannot be used.
    #[error("the login cannot be started: {0}")]
    Login(&'static str),
    /// The store failed: nobody can tell who this is.
    #[error("the session store failed")]
    Store(#[from] StoreError),
    /// A call to an API of Atlassian failed.
    #[error(transparent)]
    Api(ApiErrorKind),
    /// No random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

impl Rejection {
    /// The status of the JSON answer; navigations may get a redirect instead.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotSignedIn | Self::ConsentNeeded(_) => StatusCode::UNAUTHORIZED,
            Self::Api(kind) => kind.status(),
            Self::ChooseSite | Self::SiteGone | Self::NotConnected | Self::ChooseConnection => {
                StatusCode::CONFLICT
            }
            Self::NoSite
            | Self::UnknownSite
            | Self::MissingScope(_)
            | Self::Forbidden
            | Self::Ticket
            | Self::ScriptsOnly
            | Self::NotForwarded => StatusCode::FORBIDDEN,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadRequest(_) | Self::NavigationOnly => StatusCode::BAD_REQUEST,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MissingLayer(_) | Self::Login(_) | Self::WrongMode(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Prefetch
            | Self::SitesUnknown
            | Self::Store(_)
            | Self::Subject
            | Self::NoRandomness => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The word for programs, stable: `code` in the JSON answer.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSignedIn => "not_signed_in",
            Self::MissingLayer(_) => "missing_layer",
            Self::ConsentNeeded(_) => "consent_needed",
            Self::Api(kind) => kind.code(),
            Self::NotConnected => "not_connected",
            Self::ChooseConnection => "choose_connection",
            Self::WrongMode(_) => "wrong_mode",
            Self::ChooseSite => "choose_site",
            Self::SiteGone => "site_gone",
            Self::NoSite => "no_site",
            Self::UnknownSite => "unknown_site",
            Self::SitesUnknown => "sites_unknown",
            Self::MissingScope(missing) if missing.why == MissingScopeReason::NotGranted => {
                "scope_not_granted"
            }
            Self::MissingScope(_) => "missing_scope",
            Self::Forbidden => "cross_site",
            Self::Method(_) => "method_not_allowed",
            Self::NotFound => "not_found",
            Self::BadRequest(_) => "bad_request",
            Self::TooLarge(_) => "too_large",
            Self::Prefetch => "prefetch",
            Self::NavigationOnly => "navigation_only",
            Self::Ticket => "ticket_refused",
            Self::ScriptsOnly => "scripts_only",
            Self::NotForwarded => "not_forwarded",
            Self::Login(_) => "login_misused",
            Self::Store(_) | Self::Subject | Self::NoRandomness => "unavailable",
        }
    }
}

impl From<NoRandomness> for Rejection {
    fn from(_: NoRandomness) -> Self {
        Self::NoRandomness
    }
}

impl From<ApiErrorKind> for Rejection {
    /// What the app's own visitor meets: consent and missing scopes have their ways on, the rest is told.
    fn from(kind: ApiErrorKind) -> Self {
        match kind {
            ApiErrorKind::ConsentNeeded(needed) => Self::ConsentNeeded(needed),
            ApiErrorKind::MissingScope(missing) => Self::MissingScope(missing),
            ApiErrorKind::Store(error) => Self::Store(error),
            ApiErrorKind::SiteGone => Self::SiteGone,
            other => Self::Api(other),
        }
    }
}

impl From<GrantError> for Rejection {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::ConsentNeeded(needed) => Self::ConsentNeeded(needed),
            GrantError::Unavailable { retry_after } => Self::Api(ApiErrorKind::Unavailable {
                retry_after: Some(retry_after),
            }),
            GrantError::Store(error) => Self::Store(error),
        }
    }
}
