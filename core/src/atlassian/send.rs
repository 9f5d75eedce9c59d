//! A call with the right token: which grant is used, and when a newer token is tried.
//!
//! At most three requests are sent for one call: with the token at hand, with that of a newer consent on
//! another instance, and after a refresh (`docs/decisions/0043-look-again-before-refusing.md`,
//! `docs/decisions/0053-young-tokens-are-kept.md`). A call is repeated only if Atlassian refused the one
//! before, or answered it as for an anonymous visitor, so a change is not carried out twice.

use std::sync::Arc;
use std::time::Duration;

use http::Response;

use crate::atlassian::classify::{self, TokenStatus};
use crate::atlassian::error::ApiError;
use crate::atlassian::request::{ApiAnswer, ApiRequest};
use crate::atlassian::response::ApiResponse;
use crate::error::{ApiErrorKind, ConsentNeeded, KnownScopes, MissingScope, MissingScopeReason};
use crate::grant;
use crate::http_client::{self, Chunks};
use crate::ports::SitesUnread;
use crate::refresh::{self, Need};
use crate::sites;
use crate::store::{GrantKey, GrantRecord};

/// How much of the body of a 401 is read to tell a missing scope from a token that ended.
const REFUSAL_BODY: usize = 64 * 1024;
/// How often a young token is doubted.
const DOUBTED: Duration = Duration::from_secs(30);

impl ApiRequest {
    /// Whether the site that was called is no longer reachable with the grant; the list may be read again for
    /// this.
    pub(crate) async fn is_site_gone(&self) -> bool {
        let (client, site) = (&self.client, self.site.as_ref());
        match site {
            Some(site) => sites::is_gone(&client.ports, &client.holder, site).await,
            None => false,
        }
    }

    /// Makes the call, and repeats it with a newer token where that may help.
    ///
    /// # Errors
    ///
    /// [`ApiError`] if there is no token, a scope is missing, no answer arrived, or no token is accepted. An
    /// answer with an error status is not an error here.
    pub(crate) async fn exchange(&self) -> Result<ApiResponse, ApiError> {
        let key = self.key().await?;
        let grant = self.grant(&key, Need::Working).await?;
        let mut grant = self.with_scopes(grant).await?;
        let mut verdict = self.tried(&grant).await?;
        if matches!(verdict, Verdict::LacksScope(_) | Verdict::OutOfReach(_))
            && let Some(newer) = self.newer_than(&grant).await?
        {
            verdict = self.tried(&newer).await?;
            grant = newer;
        }
        let unaccepted = match verdict {
            Verdict::Good(answer) | Verdict::OutOfReach(answer) => {
                return Ok(self.response_of(*answer));
            }
            Verdict::LacksScope(head) => return Err(self.lacks_scope(&head, &grant)),
            Verdict::NotAccepted(unaccepted) => unaccepted,
        };
        // Once with a newer token, never again: a token that no API accepts must not cause a storm of refreshes.
        let mut newer = self.grant(&key, Need::NewerThan(grant.generation)).await?;
        if newer.generation == grant.generation && self.has_ended(&grant).await {
            newer = self
                .grant(&key, Need::InPlaceOfEnded(grant.generation))
                .await?;
        }
        if newer.generation == grant.generation {
            return self.give_up(unaccepted);
        }
        match self.tried(&newer).await? {
            Verdict::Good(answer) | Verdict::OutOfReach(answer) => Ok(self.response_of(*answer)),
            Verdict::LacksScope(head) => Err(self.lacks_scope(&head, &newer)),
            Verdict::NotAccepted(unaccepted) => self.give_up(unaccepted),
        }
    }

    /// Whether a young token that an API did not accept is accepted nowhere: then its grant was revoked, perhaps a moment after
    /// the login. The list of sites tells, which needs no scope; it is asked once in half a minute, so that an API which
    /// accepts no such token at all causes no storm.
    async fn has_ended(&self, grant: &GrantRecord) -> bool {
        let ports = &self.client.ports;
        ports.ended_throttle.allow(&grant.key, ports.now(), DOUBTED)
            && ports.provider.sites(&grant.tokens).await == Err(SitesUnread::Refused)
    }

    /// Sends the call once and judges the answer.
    async fn tried(&self, grant: &GrantRecord) -> Result<Verdict, ApiError> {
        Ok(self.verdict(self.once(grant).await?, grant).await)
    }

    /// The grant after a consent that this process does not know of yet: it may reach what was out of reach.
    /// `None` if the stored tokens are those that were used.
    async fn newer_than(&self, grant: &GrantRecord) -> Result<Option<Arc<GrantRecord>>, ApiError> {
        let client = &self.client;
        let stored = grant::load(&client.ports, &grant.key).await;
        let stored = stored.map_err(|error| self.failed(error))?;
        if stored.generation == grant.generation {
            return Ok(None);
        }
        self.grant(&grant.key, Need::Working).await.map(Some)
    }

    /// The answer for the caller.
    fn response_of(&self, answer: ApiAnswer) -> ApiResponse {
        ApiResponse::new(self.client.clone(), answer, self.is_change())
    }

    /// The answer to a token that is as new as can be: a 403 or 404 is returned as it is, anything else means
    /// that the credential does not fit this endpoint.
    fn give_up(&self, unaccepted: Unaccepted) -> Result<ApiResponse, ApiError> {
        let Unaccepted { head, body } = unaccepted;
        match body {
            Some(body) => Ok(self.response_of(Response::from_parts(head, body))),
            None => {
                let status = http::StatusCode::UNAUTHORIZED;
                Err(self.error(ApiErrorKind::Refused { status }, &head.headers))
            }
        }
    }

    /// The key of the grant that reaches the site. If there is none, nothing is sent: the call fails as gone or
    /// not found.
    async fn key(&self) -> Result<GrantKey, ApiError> {
        let client = &self.client;
        let found = grant::key_for(&client.ports, &client.holder, self.site.as_ref()).await;
        match found.map_err(|error| self.failed(error))? {
            Some(key) => Ok(key),
            None if self.is_site_gone().await => Err(self.failed(ApiErrorKind::SiteGone)),
            None => Err(self.failed(ApiErrorKind::NotFound)),
        }
    }

    /// The grant with a token that meets `need`, checked against the holder: the user may have disconnected
    /// since the client was made.
    async fn grant(&self, key: &GrantKey, need: Need) -> Result<Arc<GrantRecord>, ApiError> {
        let client = &self.client;
        let fresh = refresh::fresh(&client.ports, key, need).await;
        let fresh = fresh.map_err(|error| self.failed(error))?;
        // The user may have disconnected the account since the client was made.
        if !client.holder.holds(&fresh) {
            return Err(self.failed(ConsentNeeded::NO_GRANT));
        }
        Ok(fresh)
    }

    /// The grant, if it has the scopes that the call needs, or the stored one if a newer consent has them.
    async fn with_scopes(&self, grant: Arc<GrantRecord>) -> Result<Arc<GrantRecord>, ApiError> {
        if grant.tokens.scopes.covers(&self.needs) {
            return Ok(grant);
        }
        let client = &self.client;
        let stored = grant::load(&client.ports, &grant.key).await;
        let stored = stored.map_err(|error| self.failed(error))?;
        match self.missing(&stored) {
            None => self.grant(&grant.key, Need::Working).await,
            Some(missing) => Err(self.failed(missing)),
        }
    }

    /// The scopes that the call needs and the grant lacks, with the reason; `None` if it lacks none.
    fn missing(&self, grant: &GrantRecord) -> Option<MissingScope> {
        let known = KnownScopes {
            granted: &grant.tokens.scopes,
            asked: &grant.asked,
            wanted: &grant.wanted,
            askable: &self.client.ports.config.askable(),
        };
        MissingScope::of(&self.needs, &known)
    }

    /// What the answer says about the token; reads the body of a 401, and no other.
    async fn verdict(&self, answer: ApiAnswer, grant: &GrantRecord) -> Verdict {
        let says = classify::about_token(answer.status(), answer.headers());
        let (head, mut body) = answer.into_parts();
        let lacks_scope = match says {
            TokenStatus::Accepted => return Verdict::Good(whole(head, body)),
            // Some endpoints answer so to a token that has ended: the clock decides.
            TokenStatus::Unclear if !grant.tokens.is_due(self.client.ports.now(), 0) => {
                return Verdict::OutOfReach(whole(head, body));
            }
            TokenStatus::Unclear => {
                let body = Some(body);
                return Verdict::NotAccepted(Unaccepted { head, body });
            }
            TokenStatus::NotAccepted => false,
            TokenStatus::LacksScope => true,
            TokenStatus::AskBody => {
                let text = http_client::read(&mut *body, REFUSAL_BODY).await;
                text.is_ok_and(|text| classify::tells_of_scope(&text))
            }
        };
        if lacks_scope {
            Verdict::LacksScope(head)
        } else {
            Verdict::NotAccepted(Unaccepted { head, body: None })
        }
    }

    /// The error for a call that Atlassian refused because of a scope, whatever the token seems to have. If
    /// everything that may be meant was asked for already, asking again would not help, and the error says so.
    fn lacks_scope(&self, head: &http::response::Parts, grant: &GrantRecord) -> ApiError {
        let askable = self.client.ports.config.askable();
        let meant = match self.needs.is_empty() {
            true => &askable,
            false => &self.needs,
        };
        let why = if grant.asked.covers(meant) {
            MissingScopeReason::NotGranted
        } else if !askable.covers(meant) {
            MissingScopeReason::NotConfigured
        } else {
            MissingScopeReason::NotAsked
        };
        let missing = MissingScope {
            scopes: self.needs.clone(),
            why,
        };
        self.error(missing.into(), &head.headers)
    }
}

/// An answer to a token that was not accepted.
struct Unaccepted {
    /// Status and header fields.
    head: http::response::Parts,
    /// The body, if the answer may be meant as it is: a 403 or 404.
    body: Option<Box<dyn Chunks>>,
}

/// What an answer says about the token that it was given.
enum Verdict {
    /// Nothing: the answer is for the caller.
    Good(Box<ApiAnswer>),
    /// Atlassian did not accept the token.
    NotAccepted(Unaccepted),
    /// The token lacks a scope.
    LacksScope(http::response::Parts),
    /// 403 or 404 to a token that has not ended: the answer is for the caller, unless a newer consent reaches
    /// further.
    OutOfReach(Box<ApiAnswer>),
}

/// Puts an answer together again.
fn whole(head: http::response::Parts, body: Box<dyn Chunks>) -> Box<ApiAnswer> {
    Box::new(Response::from_parts(head, body))
}
