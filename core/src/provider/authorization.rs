//! The authorization request and the authorization response (RFC 6749 sections 4.1.1 and 4.1.2).

use std::sync::Arc;

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

/// The authorization request of a flow: the address at Atlassian to which the browser is sent.
///
/// `audience` and `prompt=consent` are parameters that Atlassian documents as required. A PKCE challenge (RFC 7636) is
/// sent although Atlassian probably ignores it (docs/protocol.md section 1.4). The set of parameters is fixed: neither
/// a request nor a setting can add one (docs/attacks.md T057).
#[derive(Clone, Debug)]
pub struct AuthorizationRequest<'a> {
    /// The flow's `state` as text.
    pub state: &'a str,
    /// The scopes that the user is asked to grant.
    pub scopes: &'a Scopes,
    /// The PKCE verifier. The address contains only its SHA-256 (method `S256`, RFC 7636 section 4.2).
    pub verifier: &'a CodeVerifier,
}

impl AuthorizationRequest<'_> {
    /// The address, with every value encoded (docs/attacks.md T062). `None` if the origin of the environment cannot be
    /// parsed, which a checked configuration excludes.
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

/// The longest code that is exchanged, in bytes. Atlassian's codes are JWTs of some hundred bytes and may grow; longer
/// ones are refused before a call is made (docs/attacks.md T047).
const LONGEST_CODE: usize = 4096;

/// The query of a callback as it was read, before the flow is verified. The sender of the request chose every part of
/// it.
#[derive(Debug)]
pub struct AuthorizationResponse {
    /// The `state`. It may be absent only if the user cancelled, because it is unknown whether Atlassian sends it then
    /// (docs/protocol.md section 1.5). An answer without it ends no flow.
    pub state: Option<FlowState>,
    /// What the callback says happened at Atlassian.
    pub outcome: Outcome,
}

/// What a callback says happened at Atlassian.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// A code to exchange: 1 to 4096 printable ASCII characters.
    Code(AuthorizationCode),
    /// `error=access_denied`: the user pressed *Cancel*.
    Cancelled,
    /// Any other `error`.
    Failed(AuthorizationError),
    /// An answer to the flow that cannot be right: a code that is too long or not printable, or a foreign `iss`. It
    /// ends the flow; its code, if it has one, is never exchanged.
    Wrong,
}

/// An `error` of the authorization endpoint (RFC 6749 section 4.1.2.1), for the log. It never reaches a page, because the sender of
/// the request may have chosen it (docs/attacks.md T134).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthorizationError {
    /// The word: lower-case letters, digits and `_`, 64 characters at most; anything else is "unknown".
    pub word: Arc<str>,
    /// Whether the request of the app was wrong: only its operator can correct that, and no other try helps.
    pub is_of_setup: bool,
}

impl AuthorizationError {
    fn of(error: &str) -> Self {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let is_word = (1..=64).contains(&error.len()) && error.bytes().all(is_plain);
        let word = if is_word { error } else { "unknown" };
        Self {
            word: word.into(),
            is_of_setup: matches!(
                word,
                "invalid_request"
                    | "invalid_scope"
                    | "unauthorized_client"
                    | "unsupported_response_type"
            ),
        }
    }
}

/// A query that is no authorization response. It changes no flow (docs/decisions/0017).
#[derive(Debug)]
pub struct Malformed;

impl AuthorizationResponse {
    /// Reads the raw query of a callback. `issuer` is the value that `iss` must have if it is present (RFC 9207 section
    /// 2.4, docs/decisions/0018).
    ///
    /// # Errors
    ///
    /// [`Malformed`] if the query is too large, if `code`, `state`, `error` or `iss` occurs twice, if neither or both
    /// of `code` and `error` are present, if the code is blank, and if the state is missing or cannot be one of ours.
    pub fn parse(query: Option<&str>, issuer: &str) -> Result<Self, Malformed> {
        let query = without_descriptions(query.unwrap_or_default());
        let query = Query::parse(query.as_bytes()).map_err(|_too_large| Malformed)?;
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

/// The query without the texts for people (RFC 6749 section 4.1.2.1), which are not read: however long they are, a cancel
/// is a cancel.
fn without_descriptions(query: &str) -> String {
    let is_read =
        |pair: &&str| !pair.starts_with("error_description=") && !pair.starts_with("error_uri=");
    let pairs: Vec<&str> = query.split('&').filter(is_read).collect();
    pairs.join("&")
}

/// Reads `code` and `error`, of which exactly one must be present. A code of spaces only counts as no answer.
fn outcome(query: &Query) -> Result<Outcome, Malformed> {
    match (query.param("code"), query.param("error")) {
        (Param::Absent, Param::Absent) => Err(Malformed),
        (Param::Absent, Param::One(error)) if error == "access_denied" => Ok(Outcome::Cancelled),
        (Param::Absent, Param::One(error)) => Ok(Outcome::Failed(AuthorizationError::of(&error))),
        (Param::Absent, _) => Ok(Outcome::Failed(AuthorizationError::of(""))),
        (Param::One(code), Param::Absent) if code.bytes().all(|byte| byte == b' ') => {
            Err(Malformed)
        }
        (Param::One(code), Param::Absent) => Ok(read_code(&code)),
        (_, Param::Absent) => Ok(Outcome::Wrong),
        _ => Err(Malformed),
    }
}

/// Checks length and characters of a code. Its form is Atlassian's private matter (docs/protocol.md section 1.3).
fn read_code(code: &str) -> Outcome {
    let fits = code.len() <= LONGEST_CODE && code.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        Outcome::Code(AuthorizationCode::new(code))
    } else {
        Outcome::Wrong
    }
}
