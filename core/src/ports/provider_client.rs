//! The calls to Atlassian that logins and refreshes need: one method for each, which sends once and
//! reads the answer.
//!
//! Nothing is repeated here; the caller knows whether a repetition is safe. Failures are logged
//! here, where the details are known, without tokens, bodies or queries.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};

use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Causes, Reason};
use crate::http_client::{HttpClient, HttpClientError, fetch};
use crate::message::retry_after;
use crate::provider::profile::{self, Profile, ProfileError};
use crate::provider::site::{self, MOST_SITES, Site, SitesError};
use crate::provider::token::{
    self, AuthorizationCodeGrant, RefreshTokenGrant, RefusedKind, TokenError, TokenResponse,
    TokenSet, TokenType,
};
use crate::scope::Scopes;
use crate::secret::{RefreshToken, opaque_debug};

/// The most bytes of a token answer; ordinary ones are below 8 KiB.
const TOKEN_BODY: usize = 64 * 1024;
/// The most bytes of a profile.
const PROFILE_BODY: usize = 64 * 1024;
/// The most bytes of a list of sites: 500 of them, each with some dozens of scopes.
const SITES_BODY: usize = 4 * 1024 * 1024;
/// The rest after a failure that may be over soon, such as a connection that was refused.
const SHORT: Duration = Duration::from_secs(1);
/// A grant rests for so long at most, whatever an answer says: a token ends within the hour, and a wrong word of somebody on the
/// way must not stop an app for a day.
const LONGEST_REFRESH_REST: Duration = Duration::from_secs(3600);
/// The rest after a failure that a human must look at, such as a wrong client secret.
const LONG: Duration = Duration::from_secs(30);

/// The way to Atlassian's authorization server, to `/me`, and to the list of sites.
pub(crate) struct ProviderClient {
    /// Endpoints, credentials, and the encoding of token requests.
    config: Arc<Config>,
    /// For the end of tokens, which answers give in seconds from now.
    clock: Arc<dyn Clock>,
    /// Follows no redirects, because requests contain the client secret (docs/attacks.md, T145).
    http: Arc<dyn HttpClient>,
}

opaque_debug!(ProviderClient);

impl ProviderClient {
    /// A client that takes the time from `clock`.
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

    /// Sends one request and reads at most `most` bytes. A `GET` under which a kept connection breaks is sent once more.
    ///
    /// # Errors
    ///
    /// [`Reason::Setup`] if the settings make no request, [`Reason::Unavailable`] without a
    /// complete answer in time. Both are logged under the name `what`.
    async fn send(
        &self,
        what: &'static str,
        request: Result<Request<Bytes>, http::Error>,
        most: usize,
    ) -> Result<Response<Bytes>, Reason> {
        let Ok(request) = request else {
            tracing::error!(target: "threelo", what, "the request cannot be built");
            return Err(Reason::Setup);
        };
        let again = (request.method() == Method::GET).then(|| request.clone());
        let mut answer = fetch(&*self.http, request, most).await;
        if let (Err(HttpClientError::Connection(_)), Some(request)) = (&answer, again) {
            answer = fetch(&*self.http, request, most).await;
        }
        answer.map_err(|error| {
            tracing::warn!(target: "threelo", what, error = %Causes(&error), "no answer from Atlassian");
            Reason::Unavailable
        })
    }

    /// Exchanges a code, once: a second attempt would be refused, and may revoke what the first one
    /// gave (RFC 6749 section 4.1.2). `requested` are the scopes if the answer names none (section
    /// 5.1).
    ///
    /// # Errors
    ///
    /// [`Reason::Refused`] for a bad code, [`Reason::Setup`] for bad credentials,
    /// [`Reason::Unavailable`] otherwise.
    pub(crate) async fn exchange_code(
        &self,
        grant: &AuthorizationCodeGrant,
        requested: &Scopes,
    ) -> Result<TokenSet, Reason> {
        let answer = self
            .send("token", grant.request(&self.config), TOKEN_BODY)
            .await?;
        let read = token::from_response(&answer, requested, self.clock.now());
        read.map(noted).map_err(|error| reason_of(&error))
    }

    /// Renews a grant's tokens, once. `granted` are the scopes if the answer names none (RFC 6749
    /// section 6).
    ///
    /// # Errors
    ///
    /// [`RefreshError`] tells whether the token may be spent, which decides whether the caller
    /// sends it again.
    pub(crate) async fn refresh(
        &self,
        token: &RefreshToken,
        granted: &Scopes,
    ) -> Result<TokenSet, RefreshError> {
        let Ok(request) = RefreshTokenGrant(token).request(&self.config) else {
            tracing::error!(target: "threelo", "the refresh request cannot be built");
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
        let rest = retry_after(answer.headers(), self.clock.now()).unwrap_or(SHORT);
        let rest = rest.min(LONGEST_REFRESH_REST);
        let read = token::from_response(&answer, granted, self.clock.now());
        read.map(noted).map_err(|error| classify(&error, rest))
    }

    /// Reads who consented, once. Without a profile there is no login.
    ///
    /// # Errors
    ///
    /// [`ProfileUnread`] tells what the visitor may know, and whether another try makes sense.
    pub(crate) async fn profile(&self, tokens: &TokenSet) -> Result<Profile, ProfileUnread> {
        if tokens.token_type != TokenType::Bearer {
            return Err(ProfileUnread::for_good(Reason::Unavailable));
        }
        let request = profile::request(&self.config.environment, &tokens.access_token);
        let answer = match self.send("profile", request, PROFILE_BODY).await {
            Ok(answer) => answer,
            Err(Reason::Setup) => return Err(ProfileUnread::for_good(Reason::Setup)),
            Err(_no_answer) => return Err(ProfileUnread::after(Duration::ZERO)),
        };
        let read = profile::from_response(&answer).map(|read| {
            for member in read.odd {
                tracing::warn!(target: "threelo", member, "an odd profile: a member was left out");
            }
            read.profile
        });
        read.map_err(|error| {
            tracing::error!(target: "threelo", %error, "the profile could not be read");
            match error {
                ProfileError::Forbidden => ProfileUnread::for_good(Reason::Setup),
                ProfileError::Malformed(_) => ProfileUnread::for_good(Reason::Unavailable),
                ProfileError::Unauthorized | ProfileError::Status(_) => ProfileUnread::after(
                    retry_after(answer.headers(), self.clock.now()).unwrap_or_default(),
                ),
            }
        })
    }

    /// Asks Atlassian to revoke tokens, once. The result is ignored: it is unknown whether the
    /// endpoint has any effect (docs/protocol.md, 9).
    pub(crate) async fn revoke(&self, tokens: &TokenSet) {
        let request = token::revocation_request(&self.config, tokens);
        let _ = self.send("revocation", request, TOKEN_BODY).await;
    }

    /// Reads the sites. Tokens without product scopes reach none, so Atlassian is not asked for
    /// them.
    ///
    /// # Errors
    ///
    /// [`SitesUnread`] tells whether another token may help.
    pub(crate) async fn sites(&self, tokens: &TokenSet) -> Result<Arc<[Site]>, SitesUnread> {
        if !tokens.scopes.reach_sites() {
            return Ok(Arc::new([]));
        }
        if tokens.token_type != TokenType::Bearer {
            return Err(SitesUnread::NoAnswer);
        }
        let request = site::request(&self.config.environment, &tokens.access_token);
        let answer = self.send("sites", request, SITES_BODY).await;
        let answer = answer.map_err(|_logged| SitesUnread::NoAnswer)?;
        match site::from_response(&answer) {
            Ok(read) => {
                if read.unreadable > 0 {
                    tracing::warn!(target: "threelo", entries = read.unreadable, "an odd list of sites: entries were left out");
                }
                if read.is_cut {
                    tracing::warn!(target: "threelo", most = MOST_SITES, "an account reaches more sites than are kept: the others were left out");
                }
                Ok(read.sites.into())
            }
            Err(error) => {
                tracing::warn!(target: "threelo", %error, "the sites could not be read");
                Err(match error {
                    SitesError::Refused(_) => SitesUnread::Refused,
                    SitesError::Status(_) | SitesError::Malformed(_) => SitesUnread::NoAnswer,
                })
            }
        }
    }
}

/// The tokens of a response. What was odd about it is logged: it cost nothing yet, and may be the first sign of a
/// change at Atlassian.
fn noted(read: TokenResponse) -> TokenSet {
    for member in read.odd {
        tracing::warn!(target: "threelo", member, "an odd token response: a part was replaced by a default");
    }
    if read.tokens.token_type != TokenType::Bearer {
        tracing::error!(target: "threelo", "the access token is not a bearer token: it is kept and not used");
    }
    read.tokens
}

/// Why a refresh brought no tokens. The cases differ in what may have happened to the refresh
/// token, which rotates with every use (docs/protocol.md, 3.1).
pub(crate) enum RefreshError {
    /// Atlassian says that the grant is not valid. Not believed without further checks
    /// (docs/decisions/0049).
    Refused,
    /// The token may be spent: no answer arrived, or none that can be read. Its successor may be
    /// known to Atlassian only, so the same token is sent again (docs/decisions/0047).
    Lost,
    /// The answer says nothing about the grant, and nothing was spent; the next attempt makes sense
    /// after this time.
    NotNow(Duration),
}

/// What an error of the token endpoint says about a refresh. The error code counts and not the
/// status, which differs between generations of Atlassian's server (docs/protocol.md, 2.4). Wrong
/// credentials are never taken for a refusal of the grant.
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
                tracing::error!(target: "threelo", %error, "a refresh request was not accepted; the grant is kept");
                RefreshError::NotNow(LONG)
            }
        },
        TokenError::Foreign { .. } => {
            tracing::error!(target: "threelo", %error, "a refresh did not reach Atlassian; the grant is kept");
            RefreshError::NotNow(LONG)
        }
        TokenError::RateLimited => {
            tracing::warn!(target: "threelo", %error, "refreshes are rate limited");
            RefreshError::NotNow(rest)
        }
        TokenError::Unavailable(_) | TokenError::Malformed(_) => {
            tracing::warn!(target: "threelo", %error, "a refresh brought no tokens; the grant is kept");
            RefreshError::Lost
        }
    }
}

/// What an error of the token endpoint at an exchange means for the visitor: start again, tell the
/// operator, or try later.
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
        TokenError::Foreign { .. } => {
            tracing::error!(target: "threelo", %error, "a code could not be exchanged");
            Reason::Unavailable
        }
        TokenError::RateLimited | TokenError::Unavailable(_) | TokenError::Malformed(_) => {
            tracing::warn!(target: "threelo", %error, "the exchange of a code brought no tokens");
            Reason::Unavailable
        }
    }
}

/// Why a profile is unknown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProfileUnread {
    /// What the visitor may know: [`Reason::Setup`] if the app lacks the User Identity API in the
    /// console (docs/protocol.md, 5), else [`Reason::Unavailable`].
    pub(crate) reason: Reason,
    /// How long to wait at least before another try; `None` if one would get the same answer.
    pub(crate) again: Option<Duration>,
}

impl ProfileUnread {
    fn for_good(reason: Reason) -> Self {
        let again = None;
        Self { reason, again }
    }

    fn after(rest: Duration) -> Self {
        Self {
            reason: Reason::Unavailable,
            again: Some(rest),
        }
    }
}

/// Why the sites are unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SitesUnread {
    /// The token was not accepted; a newer one may be.
    Refused,
    /// No answer, or none that can be read. Another token would not help.
    NoAnswer,
}
