//! The authorization request and the authorization response (RFC 6749 §4.1.1, §4.1.2).

use crate::ids::FlowState;
use crate::message::query::{Param, Query};
use crate::secret::AuthorizationCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::Digest as _;
use sha2::Sha256;
use url::Url;

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

const LONGEST_CODE: usize = 4096;

/// What a callback says, before anything of it is believed.
#[derive(Debug)]
pub struct AuthorizationResponse {
    /// The flow's key; absent only on an error answer of some servers.
    pub state: Option<FlowState>,
    /// What came of the flow.
    pub outcome: Outcome,
}

/// What came of a flow at Atlassian.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// A code to exchange.
    Code(AuthorizationCode),
    /// `access_denied`: the person pressed Cancel.
    Cancelled,
    /// Another error answer.
    Failed,
    /// An answer that belongs to the flow and is wrong in itself: an impossible code, a foreign `iss`.
    Wrong,
}

/// A query that is no authorization response: no flow is touched.
#[derive(Debug)]
pub struct Malformed;

impl AuthorizationResponse {
    /// Reads the raw query; `issuer` is what `iss` must be, if it is there (RFC 9207 §2.4).
    ///
    /// # Errors
    ///
    /// [`Malformed`] for repeated or missing parameters, a broken state, and code and error together.
    pub fn parse(query: Option<&str>, issuer: &str) -> Result<Self, Malformed> {
        let query =
            Query::parse(query.unwrap_or_default().as_bytes()).map_err(|_too_large| Malformed)?;
        let names = ["code", "state", "error", "iss"];
        if names
            .iter()
            .any(|name| matches!(query.param(name), Param::Repeated))
        {
            return Err(Malformed);
        }
        let state = match query.param("state") {
            Param::Absent => None,
            Param::One(text) => Some(FlowState::parse(text.as_bytes()).ok_or(Malformed)?),
            _ => return Err(Malformed),
        };
        let outcome = outcome(&query)?;
        if state.is_none() && !matches!(outcome, Outcome::Cancelled) {
            return Err(Malformed);
        }
        let foreign = match query.param("iss") {
            Param::Absent => false,
            Param::One(iss) => iss != issuer,
            _ => true,
        };
        Ok(Self {
            state,
            outcome: if foreign { Outcome::Wrong } else { outcome },
        })
    }
}

fn outcome(query: &Query) -> Result<Outcome, Malformed> {
    match (query.param("code"), query.param("error")) {
        (Param::Absent, Param::Absent) => Err(Malformed),
        (Param::Absent, Param::One(error)) if error == "access_denied" => Ok(Outcome::Cancelled),
        (Param::Absent, _) => Ok(Outcome::Failed),
        (Param::One(code), Param::Absent) if code.bytes().all(|byte| byte == b' ') => {
            Err(Malformed)
        }
        (Param::One(code), Param::Absent) => Ok(read_code(&code)),
        (_, Param::Absent) => Ok(Outcome::Wrong),
        _ => Err(Malformed),
    }
}

fn read_code(code: &str) -> Outcome {
    let fits = code.len() <= LONGEST_CODE && code.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        Outcome::Code(AuthorizationCode::new(code))
    } else {
        Outcome::Wrong
    }
}
