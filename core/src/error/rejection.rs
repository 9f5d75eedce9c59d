//! Why a request is turned away, with the status and the code of the reply.

use http::StatusCode;

use crate::crypto::NoRandomness;
use crate::error::api::ApiErrorKind;
use crate::error::grant::{ConsentNeeded, GrantError};
use crate::error::scopes::MissingScope;
use crate::store::StoreError;

/// Why a request is turned away: by an extractor, a guard, an auth route or a failed call to Atlassian.
///
/// Each has one status and one stable code. The form of the reply depends on the request: navigations are redirected to
/// where the visitor can correct the situation, scripts get `application/problem+json` (RFC 9457) with the code, and
/// htmx gets `HX-Redirect`.
///
/// ```
/// use threelo::Rejection;
///
/// let rejection = Rejection::ChooseSite;
/// assert_eq!(rejection.status(), 409);
/// assert_eq!(rejection.code(), "choose_site");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// 401: the request shows no session, or one that has ended. In connect mode: no user is signed in to the app.
    #[error("the request is not signed in")]
    NotSignedIn,
    /// 500: an extractor or guard ran outside the layer or middleware. The text names the line to add.
    #[error("the auth layer is missing: {0}")]
    MissingLayer(&'static str),
    /// 401: there is a session, but its account must consent again before calls are possible.
    #[error(transparent)]
    ConsentNeeded(#[from] ConsentNeeded),
    /// 409, connect mode: the user has connected no Atlassian account.
    #[error("no atlassian account is connected")]
    NotConnected,
    /// 409, connect mode: the user has connected several accounts, and the request does not say which of them it means.
    #[error("one of the connected accounts must be chosen")]
    ChooseConnection,
    /// 500: the handler asks for something of the other mode. The text says what to ask for instead.
    #[error("not in this mode: {0}")]
    WrongMode(&'static str),
    /// 503, connect mode: the app's resolver failed, so it is unknown who the user is (docs/attacks.md T011).
    #[error("the app could not determine its user")]
    Subject,
    /// 409: several sites are reachable and none is chosen. None is chosen silently, because the first one would show
    /// people the data of the wrong tenant (docs/protocol.md section 4.6).
    #[error("a site must be chosen")]
    ChooseSite,
    /// 500: the app has no scope of a product, so that no grant can reach a site: a mistake of the app.
    #[error(
        "no scope of a product is configured, so that there is no site: add one such as read:jira-work to ATLASSIAN_SCOPES \
         (scopes), and to the app in the developer console"
    )]
    NoProductScope,
    /// 403: the grant reaches no site.
    #[error("no site is reachable")]
    NoSite,
    /// 409: the chosen site is no longer reachable. No other site takes its place (docs/decisions/0042).
    #[error("the chosen site is no longer reachable")]
    SiteGone,
    /// 403: the site that the request names is not reachable with this grant.
    #[error("the requested site is not reachable")]
    UnknownSite,
    /// 503: the list of sites could not be read from Atlassian.
    #[error("the sites could not be read")]
    SitesUnknown,
    /// 403: the grant lacks scopes that the route needs.
    #[error(transparent)]
    MissingScope(#[from] MissingScope),
    /// 403: a change without proof of its origin, or a read by another site (docs/decisions/0063).
    #[error("the request comes from another site")]
    Forbidden,
    /// 404, connect mode: the route is one of sign-in mode. Users sign in to the app, and connect Atlassian accounts.
    #[error(
        "the app has users of its own, who connect Atlassian accounts instead of signing in with them"
    )]
    ConnectInstead,
    /// 405: the route exists, but not with this method.
    #[error("the method is not allowed; allowed: {0}")]
    Method(&'static str),
    /// 404: the request names a session that there is not.
    #[error("no such session")]
    NotFound,
    /// 404: a path below the prefix that is no auth route. Every path there is threelo's; routes of the app need another
    /// one.
    #[error("no such auth route")]
    NoSuchRoute {
        /// The auth route that was meant, if the path differs from its path by case or by slashes at the end only.
        meant: Option<&'static str>,
    },
    /// 400: a body or parameter that cannot be used.
    #[error("the request cannot be used: {0}")]
    BadRequest(&'static str),
    /// 413: the body is larger than the route accepts.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// 431: more cookies than are read (128 KiB, or 8,192 pairs), so it is unknown whose request it is. A sibling host can
    /// set them (docs/attacks.md T101).
    #[error("the request has more cookies than are read")]
    TooManyCookies,
    /// 503: a prefetch. Nothing may start or end for a page that the visitor did not open (docs/attacks.md T036).
    #[error("prefetching is refused")]
    Prefetch,
    /// 400: a login must be a navigation of its own, not a fetch, a frame or an image (docs/attacks.md T037).
    #[error("a login is a navigation: send the browser to login_url")]
    NavigationOnly,
    /// 403: a handoff ticket that is unknown, used, too old, or was made for another origin or verifier.
    #[error(
        "the ticket cannot be redeemed: it is valid once, for a minute, for the origin and the verifier of its login"
    )]
    Ticket,
    /// 403: calls are forwarded for scripts only. A page of Atlassian must never appear under the address of this app.
    #[error("calls are forwarded for scripts only, not for pages, frames and images")]
    ScriptsOnly,
    /// 429: the account has a hundred forwarded calls in flight.
    #[error("too many forwarded calls at a time")]
    TooManyCalls,
    /// 403: a call that the app does not list for forwarding.
    #[error("the app does not forward this call")]
    NotForwarded,
    /// 500: the app's own request to start a login cannot be used, for example because its details are too large.
    #[error("the login cannot be started: {0}")]
    Login(&'static str),
    /// 503: the store failed, so it is unknown whether the request is signed in. It is never treated as signed out
    /// (docs/attacks.md T223).
    #[error("the session store failed")]
    Store(#[from] StoreError),
    /// A call to an API of Atlassian failed. Status and code are those of the kind.
    #[error(transparent)]
    Api(ApiErrorKind),
    /// 503: the operating system provides no random bytes (docs/decisions/0010).
    #[error("the operating system provides no random bytes")]
    NoRandomness,
}

impl Rejection {
    /// The status of the JSON reply. A navigation may get a redirect or a page instead.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotSignedIn | Self::ConsentNeeded(_) => StatusCode::UNAUTHORIZED,
            Self::Api(kind) => kind.status(),
            Self::MissingScope(missing) => missing.why.status(),
            Self::ChooseSite | Self::SiteGone | Self::NotConnected | Self::ChooseConnection => {
                StatusCode::CONFLICT
            }
            Self::NoSite
            | Self::UnknownSite
            | Self::Forbidden
            | Self::Ticket
            | Self::ScriptsOnly
            | Self::NotForwarded => StatusCode::FORBIDDEN,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotFound | Self::NoSuchRoute { .. } | Self::ConnectInstead => {
                StatusCode::NOT_FOUND
            }
            Self::BadRequest(_) | Self::NavigationOnly => StatusCode::BAD_REQUEST,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyCalls => StatusCode::TOO_MANY_REQUESTS,
            Self::TooManyCookies => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::MissingLayer(_) | Self::Login(_) | Self::WrongMode(_) | Self::NoProductScope => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Prefetch
            | Self::SitesUnknown
            | Self::Store(_)
            | Self::Subject
            | Self::NoRandomness => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The `code` of the JSON reply. Codes are stable, texts are not.
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
            Self::MissingScope(missing) => missing.why.code(),
            Self::NoProductScope => "no_product_scope",
            Self::Forbidden => "cross_site",
            Self::Method(_) => "method_not_allowed",
            Self::NotFound | Self::NoSuchRoute { .. } => "not_found",
            Self::ConnectInstead => "connect_instead",
            Self::BadRequest(_) => "bad_request",
            Self::TooLarge(_) => "too_large",
            Self::TooManyCalls => "too_many_calls",
            Self::TooManyCookies => "too_many_cookies",
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
    /// What a failed call means for the app's own visitor. A missing consent or scope and a site that is gone lead to
    /// pages where they can be corrected; all other kinds are reported.
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
