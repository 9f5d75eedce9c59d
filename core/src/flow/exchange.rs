//! The three calls to Atlassian that a login needs.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

use super::ports::Ports;
use crate::error::{Causes, Reason};
use crate::http_client::fetch;
use crate::message::retry_after;
use crate::profile::{self, Profile, ProfileError};
use crate::scope::Scopes;
use crate::secret::RefreshToken;
use crate::site::{self, Site, SitesError};
use crate::token::{
    self, AuthorizationCodeGrant, RefreshTokenGrant, RefusedKind, TokenError, TokenSet,
};

const TOKEN_BODY: usize = 64 * 1024;
const PROFILE_BODY: usize = 64 * 1024;
const SITES_BODY: usize = 1024 * 1024;
/// Between refreshes that failed.
const SHORT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(30);

/// Sends one request; a failure is logged and means "unavailable".
async fn send(
    ports: &Ports,
    what: &'static str,
    request: Result<Request<Bytes>, http::Error>,
    most: usize,
) -> Result<Response<Bytes>, Reason> {
    let Ok(request) = request else {
        tracing::error!(target: "threelo", what, "the request cannot be written");
        return Err(Reason::Setup);
    };
    fetch(&*ports.http, request, most).await.map_err(|error| {
        tracing::warn!(target: "threelo", what, error = %Causes(&error), "no answer from Atlassian");
        Reason::Unavailable
    })
}

/// Exchanges a code, once.
pub(super) async fn code(
    ports: &Ports,
    grant: &AuthorizationCodeGrant,
    requested: &Scopes,
) -> Result<TokenSet, Reason> {
    let answer = send(ports, "token", grant.request(&ports.config), TOKEN_BODY).await?;
    token::from_response(&answer, requested, ports.now()).map_err(|error| reason_of(&error))
}

/// Why a refresh brought no tokens.
pub(super) enum RefreshError {
    /// The grant is no good, says Atlassian.
    Refused,
    /// The token may be spent: there is no answer, or none that can be read.
    Lost,
    /// It says nothing about the grant, and nothing was spent; try again after this long.
    NotNow(Duration),
}

/// Renews a grant's tokens, once.
pub(super) async fn refresh(
    ports: &Ports,
    token: &RefreshToken,
    granted: &Scopes,
) -> Result<TokenSet, RefreshError> {
    let Ok(request) = RefreshTokenGrant(token).request(&ports.config) else {
        tracing::error!(target: "threelo", "the refresh cannot be written");
        return Err(RefreshError::NotNow(LONG));
    };
    let answer = match fetch(&*ports.http, request, TOKEN_BODY).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::warn!(target: "threelo", error = %Causes(&error), "no answer to a refresh");
            return Err(if error.may_have_been_heard() {
                RefreshError::Lost
            } else {
                RefreshError::NotNow(SHORT)
            });
        }
    };
    let rest = retry_after(answer.headers()).unwrap_or(SHORT);
    token::from_response(&answer, granted, ports.now()).map_err(|error| judge(&error, rest))
}

fn judge(error: &TokenError, rest: Duration) -> RefreshError {
    match error {
        TokenError::Refused { kind, .. } => match kind {
            RefusedKind::Grant => {
                tracing::info!(target: "threelo", %error, "a refresh was refused");
                RefreshError::Refused
            }
            RefusedKind::Client => {
                tracing::error!(target: "threelo", %error, "no grant can be refreshed: check ATLASSIAN_CLIENT_SECRET");
                RefreshError::NotNow(LONG)
            }
            RefusedKind::Request | RefusedKind::Other => {
                tracing::error!(target: "threelo", %error, "a refresh was not understood; the grant is kept");
                RefreshError::NotNow(LONG)
            }
        },
        TokenError::RateLimited => {
            tracing::warn!(target: "threelo", %error, "refreshes are rate limited");
            RefreshError::NotNow(rest)
        }
        TokenError::Unavailable(_) | TokenError::Malformed(_) => {
            tracing::warn!(target: "threelo", %error, "no tokens; the grant is kept");
            RefreshError::Lost
        }
    }
}

fn reason_of(error: &TokenError) -> Reason {
    match error {
        TokenError::Refused {
            kind: RefusedKind::Client,
            ..
        } => {
            tracing::error!(target: "threelo", %error, "check ATLASSIAN_CLIENT_SECRET and the callback URL");
            Reason::Setup
        }
        TokenError::Refused { .. } => {
            tracing::info!(target: "threelo", %error, "the code was refused");
            Reason::Refused
        }
        TokenError::RateLimited | TokenError::Unavailable(_) | TokenError::Malformed(_) => {
            tracing::warn!(target: "threelo", %error, "no tokens");
            Reason::Unavailable
        }
    }
}

/// Reads who consented.
pub(super) async fn profile(ports: &Ports, tokens: &TokenSet) -> Result<Profile, Reason> {
    let request = profile::request(&ports.config.environment, &tokens.access_token);
    let answer = send(ports, "profile", request, PROFILE_BODY).await?;
    profile::from_response(&answer).map_err(|error| {
        tracing::error!(target: "threelo", %error, "no profile, so no login");
        if matches!(error, ProfileError::Forbidden) {
            Reason::Setup
        } else {
            Reason::Unavailable
        }
    })
}

/// Asks Atlassian to forget tokens, once; nobody knows whether it does.
pub(super) async fn revoke(ports: &Ports, tokens: &TokenSet) {
    let request = token::revocation_request(&ports.config, tokens);
    let _ = send(ports, "revocation", request, TOKEN_BODY).await;
}

/// Why the sites are unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// The token was not accepted.
    Refused,
    /// No answer, or none that can be read.
    NoAnswer,
}

/// Reads the sites. Without product scopes there are none, and nobody asks.
pub(super) async fn sites(ports: &Ports, tokens: &TokenSet) -> Result<Arc<[Site]>, Unread> {
    if !tokens.scopes.reach_sites() {
        return Ok(Arc::new([]));
    }
    let request = site::request(&ports.config.environment, &tokens.access_token);
    let answer = send(ports, "sites", request, SITES_BODY).await;
    let answer = answer.map_err(|_logged| Unread::NoAnswer)?;
    site::from_response(&answer)
        .map(Into::into)
        .map_err(|error| {
            tracing::warn!(target: "threelo", %error, "the sites are unknown");
            match error {
                SitesError::Refused(_) => Unread::Refused,
                SitesError::Status(_) | SitesError::Malformed(_) => Unread::NoAnswer,
            }
        })
}
