//! The calls to Atlassian that logins and refreshes need.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Causes, Reason};
use crate::http_client::{HttpClient, fetch};
use crate::message::retry_after;
use crate::provider::profile::{self, Profile, ProfileError};
use crate::provider::site::{self, Site, SitesError};
use crate::provider::token::{
    self, AuthorizationCodeGrant, RefreshTokenGrant, RefusedKind, TokenError, TokenSet,
};
use crate::scope::Scopes;
use crate::secret::{RefreshToken, opaque_debug};

const TOKEN_BODY: usize = 64 * 1024;
const PROFILE_BODY: usize = 64 * 1024;
const SITES_BODY: usize = 1024 * 1024;
/// Between refreshes that failed.
const SHORT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(30);

/// The way to Atlassian's authorization server and to what a login reads besides.
pub(crate) struct ProviderClient {
    config: Arc<Config>,
    clock: Arc<dyn Clock>,
    http: Arc<dyn HttpClient>,
}

opaque_debug!(ProviderClient);

impl ProviderClient {
    /// A client that is told the time by `clock`.
    pub(crate) fn new(
        config: Arc<Config>,
        clock: Arc<dyn Clock>,
        http: Arc<dyn HttpClient>,
    ) -> Self {
        Self {
            config,
            clock,
            http,
        }
    }

    /// Sends one request; a failure is logged and means "unavailable".
    async fn send(
        &self,
        what: &'static str,
        request: Result<Request<Bytes>, http::Error>,
        most: usize,
    ) -> Result<Response<Bytes>, Reason> {
        let Ok(request) = request else {
            tracing::error!(target: "threelo", what, "the request cannot be written");
            return Err(Reason::Setup);
        };
        fetch(&*self.http, request, most).await.map_err(|error| {
            tracing::warn!(target: "threelo", what, error = %Causes(&error), "no answer from Atlassian");
            Reason::Unavailable
        })
    }

    /// Exchanges a code, once.
    pub(crate) async fn exchange_code(
        &self,
        grant: &AuthorizationCodeGrant,
        requested: &Scopes,
    ) -> Result<TokenSet, Reason> {
        let answer = self
            .send("token", grant.request(&self.config), TOKEN_BODY)
            .await?;
        token::from_response(&answer, requested, self.clock.now())
            .map_err(|error| reason_of(&error))
    }

    /// Renews a grant's tokens, once.
    pub(crate) async fn refresh(
        &self,
        token: &RefreshToken,
        granted: &Scopes,
    ) -> Result<TokenSet, RefreshError> {
        let Ok(request) = RefreshTokenGrant(token).request(&self.config) else {
            tracing::error!(target: "threelo", "the refresh cannot be written");
            return Err(RefreshError::NotNow(LONG));
        };
        let answer = match fetch(&*self.http, request, TOKEN_BODY).await {
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
        token::from_response(&answer, granted, self.clock.now())
            .map_err(|error| classify(&error, rest))
    }

    /// Reads who consented.
    pub(crate) async fn profile(&self, tokens: &TokenSet) -> Result<Profile, Reason> {
        let request = profile::request(&self.config.environment, &tokens.access_token);
        let answer = self.send("profile", request, PROFILE_BODY).await?;
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
    pub(crate) async fn revoke(&self, tokens: &TokenSet) {
        let request = token::revocation_request(&self.config, tokens);
        let _ = self.send("revocation", request, TOKEN_BODY).await;
    }

    /// Reads the sites. Without product scopes there are none, and nobody asks.
    pub(crate) async fn sites(&self, tokens: &TokenSet) -> Result<Arc<[Site]>, SitesUnread> {
        if !tokens.scopes.reach_sites() {
            return Ok(Arc::new([]));
        }
        let request = site::request(&self.config.environment, &tokens.access_token);
        let answer = self.send("sites", request, SITES_BODY).await;
        let answer = answer.map_err(|_logged| SitesUnread::NoAnswer)?;
        site::from_response(&answer)
            .map(Into::into)
            .map_err(|error| {
                tracing::warn!(target: "threelo", %error, "the sites are unknown");
                match error {
                    SitesError::Refused(_) => SitesUnread::Refused,
                    SitesError::Status(_) | SitesError::Malformed(_) => SitesUnread::NoAnswer,
                }
            })
    }
}

/// Why a refresh brought no tokens.
pub(crate) enum RefreshError {
    /// The grant is no good, says Atlassian.
    Refused,
    /// The token may be spent: there is no answer, or none that can be read.
    Lost,
    /// It says nothing about the grant, and nothing was spent; try again after this long.
    NotNow(Duration),
}

fn classify(error: &TokenError, rest: Duration) -> RefreshError {
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

/// Why the sites are unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SitesUnread {
    /// The token was not accepted.
    Refused,
    /// No answer, or none that can be read.
    NoAnswer,
}
