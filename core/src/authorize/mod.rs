//! The authorization request and the authorization response (RFC 6749 §4.1.1, §4.1.2).

mod response;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use url::Url;

pub use self::response::{AuthorizationResponse, Malformed, Outcome};
use crate::config::Config;
use crate::scope::Scopes;
use crate::secret::CodeVerifier;

/// The address at Atlassian where a flow goes on.
///
/// `audience` and `prompt=consent` are Atlassian's own parameters; PKCE (RFC 7636) is sent though Atlassian ignores it.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest<'a> {
    /// The flow's `state`, encoded.
    pub state: &'a str,
    /// What is asked for.
    pub scopes: &'a Scopes,
    /// The PKCE verifier, of which only the hash goes out.
    pub verifier: &'a CodeVerifier,
}

impl AuthorizationRequest<'_> {
    /// The address, or `None` if the environment's origin cannot be parsed.
    pub fn url(&self, config: &Config) -> Option<Url> {
        let mut url =
            Url::parse(&format!("{}/authorize", config.environment.auth_origin())).ok()?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.expose()));
        url.query_pairs_mut()
            .append_pair("audience", &config.environment.audience)
            .append_pair("client_id", &config.credentials.client_id)
            .append_pair("scope", &self.scopes.to_string())
            .append_pair("redirect_uri", &config.redirect_uri)
            .append_pair("state", self.state)
            .append_pair("response_type", "code")
            .append_pair("prompt", "consent")
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Some(url)
    }
}
