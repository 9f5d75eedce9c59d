//! `POST /oauth/token` and `POST /oauth/revoke`.
//!
//! The client authenticates with its secret, by fields of the body or by HTTP Basic, which the
//! server reads into the same fields.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Response;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::response::json_response;
use crate::state::{Code, State};

/// The fields of a form or a JSON body.
type Fields = BTreeMap<String, String>;

/// A refusal as the current service words it, and as Atlassian's documentation does.
struct Refusal {
    current: ErrorResponse,
    documented: ErrorResponse,
}

/// A status, and the `error` and `error_description` of the body (RFC 6749 §5.2).
struct ErrorResponse {
    status: u16,
    error: &'static str,
    description: &'static str,
}

/// An error response, short enough to be one line of a table.
const fn error(status: u16, error: &'static str, description: &'static str) -> ErrorResponse {
    ErrorResponse {
        status,
        error,
        description,
    }
}

/// The code is unknown, used, expired or of another app, or the callback or the PKCE verifier does
/// not match.
const BAD_CODE: Refusal = Refusal {
    current: error(400, "invalid_request", "authorization_code is invalid"),
    documented: error(403, "invalid_grant", "Invalid authorization code"),
};
/// The refresh token is unknown, used, idle, revoked or of another app.
const BAD_REFRESH: Refusal = Refusal {
    current: error(403, "unauthorized_client", "refresh_token is invalid"),
    documented: error(403, "invalid_grant", "Unknown or invalid refresh token."),
};
/// The client is unknown, or its secret is wrong or missing.
const BAD_CLIENT: Refusal = Refusal {
    current: error(401, "access_denied", "Unauthorized"),
    documented: error(401, "access_denied", "Unauthorized"),
};
/// There is no `grant_type`, or the field that it needs is missing.
const INCOMPLETE: Refusal = Refusal {
    current: error(400, "invalid_request", "a required parameter is missing"),
    documented: error(400, "invalid_request", "a required parameter is missing"),
};
/// The `grant_type` is neither `authorization_code` nor `refresh_token`.
const BAD_GRANT_TYPE: Refusal = Refusal {
    current: error(400, "unsupported_grant_type", "grant_type is not supported"),
    documented: error(403, "unsupported_grant_type", "grant_type is not supported"),
};

/// `POST /oauth/token`: a new pair of tokens (RFC 6749 §5.1), or the refusal that
/// [`Knobs::documented_errors`](crate::Knobs::documented_errors) selects.
pub(crate) fn token(state: &mut State, fields: &Fields) -> Response<String> {
    match exchange(state, fields) {
        Ok(tokens) => json_response(200, &Value::Object(tokens)),
        Err(refusal) => {
            let refused = if state.knobs.documented_errors {
                refusal.documented
            } else {
                refusal.current
            };
            let body = json!({ "error": refused.error, "error_description": refused.description });
            json_response(refused.status, &body)
        }
    }
}

/// Authenticates the client, then follows its `grant_type`.
fn exchange(state: &mut State, fields: &Fields) -> Result<Map<String, Value>, Refusal> {
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let app = state.seed.app(field("client_id")).ok_or(BAD_CLIENT)?;
    if app.client_secret != field("client_secret") {
        return Err(BAD_CLIENT);
    }
    match field("grant_type") {
        "authorization_code" => by_code(state, fields),
        "refresh_token" => by_refresh(state, fields),
        "" => Err(INCOMPLETE),
        _ => Err(BAD_GRANT_TYPE),
    }
}

/// Exchanges a code (RFC 6749 §4.1.3). The code is used up even if the exchange is refused.
///
/// There is a refresh token only if `offline_access` was granted.
fn by_code(state: &mut State, fields: &Fields) -> Result<Map<String, Value>, Refusal> {
    let text = fields.get("code").ok_or(INCOMPLETE)?;
    // Removed before any check: a code is for a single attempt.
    let code = state.codes.remove(text).ok_or(BAD_CODE)?;
    let age = state
        .clock
        .now()
        .duration_since(code.made_at)
        .unwrap_or_default();
    let is_theirs = Some(&code.grant.client_id) == fields.get("client_id");
    let same_callback = Some(&code.redirect_uri) == fields.get("redirect_uri");
    if !is_theirs
        || !same_callback
        || age >= state.knobs.code_lifetime
        || !pkce_holds(state, &code, fields)
    {
        return Err(BAD_CODE);
    }
    let family = state.new_family(&code);
    let refresh = code
        .scopes
        .contains("offline_access")
        .then(|| state.new_refresh(family))
        .flatten();
    answer(state, family, refresh)
}

/// Whether the verifier matches the challenge by `S256` (RFC 7636 §4.6). True without a challenge,
/// or if PKCE is not verified.
fn pkce_holds(state: &State, code: &Code, fields: &Fields) -> bool {
    let (Some(challenge), true) = (&code.challenge, state.knobs.verify_pkce) else {
        return true;
    };
    let verifier = fields.get("code_verifier").map_or("", String::as_str);
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == *challenge
}

/// Exchanges a refresh token for a new pair (RFC 6749 §6).
fn by_refresh(state: &mut State, fields: &Fields) -> Result<Map<String, Value>, Refusal> {
    let token = fields.get("refresh_token").ok_or(INCOMPLETE)?;
    let client_id = fields.get("client_id").cloned().unwrap_or_default();
    let family = state.use_refresh(&client_id, token).ok_or(BAD_REFRESH)?;
    let refresh = state
        .new_refresh(family)
        .filter(|_| !state.knobs.omit_refresh_token);
    answer(state, family, refresh)
}

/// The body of a token response with a new access token.
fn answer(
    state: &mut State,
    family: usize,
    refresh: Option<String>,
) -> Result<Map<String, Value>, Refusal> {
    let scopes = state
        .families
        .get(family)
        .map(|family| shuffled(&family.scopes))
        .unwrap_or_default();
    let access = state.new_access(family).ok_or(BAD_CODE)?;
    let mut body = Map::new();
    body.insert("access_token".to_owned(), access.into());
    body.insert(
        "expires_in".to_owned(),
        state.knobs.token_lifetime.as_secs().into(),
    );
    body.insert("scope".to_owned(), scopes.into());
    if !state.knobs.omit_token_type {
        body.insert("token_type".to_owned(), "Bearer".into());
    }
    if let Some(refresh) = refresh {
        body.insert("refresh_token".to_owned(), refresh.into());
    }
    Ok(body)
}

/// The scopes in an order that is not alphabetical. `scope` is a set (RFC 6749 §3.3), so that a
/// client which compares it as text must fail.
fn shuffled(scopes: &BTreeSet<String>) -> String {
    let mut list: Vec<&str> = scopes.iter().map(String::as_str).collect();
    list.reverse();
    let middle = list.len() / 2;
    list.rotate_left(middle);
    list.join(" ")
}

/// `POST /oauth/revoke`: revokes the family of a live refresh token or of an access token, and the
/// access token itself.
///
/// Responds with 200 even if the token is unknown (RFC 7009 §2.2). The client is not authenticated,
/// and other access tokens of the family stay valid until they expire.
pub(crate) fn revoke(state: &mut State, fields: &Fields) -> Response<String> {
    let token = fields.get("token").map_or("", String::as_str);
    if state.knobs.revoke_works {
        let of_access = state.access.get(token).map(|access| access.family);
        let of_refresh = state
            .families
            .iter()
            .position(|family| family.live.iter().any(|live| live == token));
        if let Some(family) = of_access
            .or(of_refresh)
            .and_then(|index| state.families.get_mut(index))
        {
            family.revoked = true;
        }
        state.access.remove(token);
    }
    json_response(200, &json!({}))
}
