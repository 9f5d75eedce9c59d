//! The token endpoint: requests, and the reader of responses (docs/protocol.md section 2).

mod error;
mod response;

pub use self::error::{RefusedKind, TokenError};
pub use self::response::{TokenResponse, from_response};

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Request;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::json;
use url::form_urlencoded;

use crate::config::{Config, TokenEncoding};
use crate::scope::Scopes;
use crate::secret::{AccessToken, AuthorizationCode, CodeVerifier, RefreshToken};

/// How an access token is to be presented (RFC 6749 section 7.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenType {
    /// As `Authorization: Bearer` (RFC 6750).
    #[default]
    Bearer,
    /// In a way that this library does not know. The access token must not be used; the refresh token can be.
    Other,
}

/// The tokens of a successful token response (RFC 6749 section 5.1), with times instead of durations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSet {
    /// The token for API calls.
    pub access_token: AccessToken,
    /// The token for the next refresh. Absent without `offline_access`, and in a refresh response that keeps the old
    /// one.
    pub refresh_token: Option<RefreshToken>,
    /// How the access token is to be presented.
    pub token_type: TokenType,
    /// When the access token expires, by the clock of the instance that received it. It is an estimate: a token can be
    /// refused earlier (docs/protocol.md section 3.3).
    pub expires_at: SystemTime,
    /// When the response arrived.
    pub exchanged_at: SystemTime,
    /// The scopes that were granted, which may be fewer than those that were asked for (docs/attacks.md T160).
    pub scopes: Scopes,
}

impl TokenSet {
    /// These tokens, with the refresh token of `older` if this response has none: then the old one remains valid (RFC
    /// 6749 section 6, docs/attacks.md T185).
    #[must_use]
    pub fn keeping(mut self, older: &Self) -> Self {
        if self.refresh_token.is_none() {
            self.refresh_token.clone_from(&older.refresh_token);
        }
        self
    }

    /// The time until the access token expires; zero after that.
    pub fn left(&self, now: SystemTime) -> Duration {
        self.expires_at.duration_since(now).unwrap_or_default()
    }

    /// Whether it is time to refresh: 5 minutes before the end, or a tenth of the token's life if that is less.
    ///
    /// `spread` adds up to a fifth of that margin (255 is all of it), so that grants which were made in the same minute
    /// are not all refreshed in the same minute (docs/attacks.md T192).
    pub fn is_due(&self, now: SystemTime, spread: u8) -> bool {
        let life = self
            .expires_at
            .duration_since(self.exchanged_at)
            .unwrap_or_default();
        let margin = (life / 10).min(Duration::from_secs(5 * 60));
        let margin = margin + margin * u32::from(spread) / (5 * 255);
        self.left(now) <= margin
    }
}

/// The token request of an authorization code (RFC 6749 section 4.1.3).
#[derive(Clone, Debug)]
pub struct AuthorizationCodeGrant {
    code: AuthorizationCode,
    verifier: CodeVerifier,
}

impl AuthorizationCodeGrant {
    /// Takes the code of a callback, and the PKCE verifier of the flow to which that callback belongs.
    pub fn new(code: AuthorizationCode, verifier: CodeVerifier) -> Self {
        Self { code, verifier }
    }

    /// The request. Send it at most once: a code that is used twice may end all tokens that were issued for it (RFC
    /// 6749 section 4.1.2). `redirect_uri` is the one of the authorization request (docs/attacks.md T055).
    ///
    /// # Errors
    ///
    /// [`http::Error`] if the address of the environment cannot be used.
    pub fn request(&self, config: &Config) -> Result<Request<Bytes>, http::Error> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", config.credentials.client_id.as_str()),
            ("client_secret", config.credentials.client_secret.expose()),
            ("code", self.code.expose()),
            ("redirect_uri", config.redirect_uri.as_str()),
            ("code_verifier", self.verifier.expose()),
        ];
        token_request(config, &fields)
    }
}

/// The token request of a refresh token (RFC 6749 section 6).
#[derive(Clone, Copy, Debug)]
pub struct RefreshTokenGrant<'a>(pub &'a RefreshToken);

impl RefreshTokenGrant<'_> {
    /// The request. It asks for no scopes, so the grant keeps those it has. If the response is lost, the same request
    /// may be sent again for ten minutes, which Atlassian calls the reuse interval (docs/protocol.md section 3.1).
    ///
    /// # Errors
    ///
    /// [`http::Error`] if the address of the environment cannot be used.
    pub fn request(&self, config: &Config) -> Result<Request<Bytes>, http::Error> {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", config.credentials.client_id.as_str()),
            ("client_secret", config.credentials.client_secret.expose()),
            ("refresh_token", self.0.expose()),
        ];
        token_request(config, &fields)
    }
}

/// A revocation request (RFC 7009 section 2.1) for the refresh token, or for the access token if there is none.
///
/// Atlassian advertises the endpoint but does not document it for 3LO apps, and it is unknown whether it has any effect
/// (docs/protocol.md section 9). Do not tell a user that the grant is gone because of it.
///
/// # Errors
///
/// [`http::Error`] if the address of the environment cannot be used.
pub fn revocation_request(
    config: &Config,
    tokens: &TokenSet,
) -> Result<Request<Bytes>, http::Error> {
    let token = match &tokens.refresh_token {
        Some(token) => token.expose(),
        None => tokens.access_token.expose(),
    };
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("token", token)
        .append_pair("client_id", &config.credentials.client_id)
        .append_pair("client_secret", config.credentials.client_secret.expose())
        .finish();
    Request::post(format!("{}/oauth/revoke", config.environment.auth_origin()))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Bytes::from(body))
}

/// A `POST` to the token endpoint with the fields in the configured form. The client authenticates in the body (RFC
/// 6749 section 2.3.1), because that is the form that Atlassian documents.
fn token_request(config: &Config, fields: &[(&str, &str)]) -> Result<Request<Bytes>, http::Error> {
    let (content_type, body) = match config.token_encoding {
        TokenEncoding::Json => {
            let object: serde_json::Map<String, serde_json::Value> = fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json!(value)))
                .collect();
            (
                "application/json",
                serde_json::Value::Object(object).to_string(),
            )
        }
        TokenEncoding::Form => {
            let body = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(fields)
                .finish();
            ("application/x-www-form-urlencoded", body)
        }
    };
    Request::post(format!("{}/oauth/token", config.environment.auth_origin()))
        .header(CONTENT_TYPE, content_type)
        .header(ACCEPT, "application/json")
        .body(Bytes::from(body))
}
