//! The token endpoint: requests and the reading of answers.

mod error;
mod response;

pub use self::error::{RefusedKind, TokenError};
pub use self::response::from_response;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Request;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::json;
use url::form_urlencoded;

use crate::config::{Config, TokenEncoding};
use crate::scope::Scopes;
use crate::secret::{AccessToken, AuthorizationCode, CodeVerifier, RefreshToken};

/// What the token endpoint gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSet {
    /// The bearer token.
    pub access_token: AccessToken,
    /// The rotating token, if `offline_access` was granted.
    pub refresh_token: Option<RefreshToken>,
    /// When the access token ends.
    pub expires_at: SystemTime,
    /// When the exchange was answered.
    pub exchanged_at: SystemTime,
    /// What was granted; compare as a set.
    pub scopes: Scopes,
}

impl TokenSet {
    /// The same tokens, with the refresh token of `older` where this answer has none: it goes on being the one.
    #[must_use]
    pub fn keeping(mut self, older: &Self) -> Self {
        if self.refresh_token.is_none() {
            self.refresh_token.clone_from(&older.refresh_token);
        }
        self
    }

    /// How long the access token is still good; nothing once it ended.
    pub fn left(&self, now: SystemTime) -> Duration {
        self.expires_at.duration_since(now).unwrap_or_default()
    }

    /// Whether it is time to refresh: 5 minutes before the end, or a tenth of the token's life if that is less. Up to a
    /// fifth is added as `spread` (0 to 255) has it, so that grants of one hour do not all come at once.
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

/// An authorization code on its way to the token endpoint (RFC 6749 §4.1.3).
#[derive(Clone, Debug)]
pub struct AuthorizationCodeGrant {
    code: AuthorizationCode,
    verifier: CodeVerifier,
}

impl AuthorizationCodeGrant {
    /// Puts the code of the callback and the verifier of its flow together.
    pub fn new(code: AuthorizationCode, verifier: CodeVerifier) -> Self {
        Self { code, verifier }
    }

    /// The request; it is sent at most once.
    ///
    /// # Errors
    ///
    /// [`http::Error`] when the environment's address cannot be used.
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

/// A refresh token on its way to the token endpoint (RFC 6749 §6).
#[derive(Clone, Copy, Debug)]
pub struct RefreshTokenGrant<'a>(pub &'a RefreshToken);

impl RefreshTokenGrant<'_> {
    /// The request. Within Atlassian's ten minutes of leeway it may be sent again.
    ///
    /// # Errors
    ///
    /// [`http::Error`] when the environment's address cannot be used.
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

/// Asks Atlassian to forget tokens. The endpoint is advertised, not documented for 3LO apps: whether it does anything is
/// not known.
///
/// # Errors
///
/// [`http::Error`] when the environment's address cannot be used.
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
