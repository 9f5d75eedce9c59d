//! The three calls to Atlassian that a login needs.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};

use super::ports::Ports;
use crate::error::Reason;
use crate::profile::{self, Profile, ProfileError};
use crate::scope::Scopes;
use crate::site::{self, Site};
use crate::token::{self, AuthorizationCodeGrant, RefusedKind, TokenError, TokenSet};

const TOKEN_BODY: usize = 64 * 1024;
const PROFILE_BODY: usize = 64 * 1024;
const SITES_BODY: usize = 1024 * 1024;

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
    ports.http.send(request, most).await.map_err(|error| {
        tracing::warn!(target: "threelo", what, %error, "no answer from Atlassian");
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
        TokenError::Unavailable(_) | TokenError::Malformed(_) => {
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

/// Reads the sites; a failure leaves them unknown. Without product scopes there are none, and nobody asks.
pub(super) async fn sites(ports: &Ports, tokens: &TokenSet) -> Option<Arc<[Site]>> {
    if !tokens.scopes.reach_sites() {
        return Some(Arc::new([]));
    }
    let request = site::request(&ports.config.environment, &tokens.access_token);
    let answer = send(ports, "sites", request, SITES_BODY).await.ok()?;
    match site::from_response(&answer) {
        Ok(sites) => Some(sites.into()),
        Err(error) => {
            tracing::warn!(target: "threelo", %error, "the sites are unknown");
            None
        }
    }
}
