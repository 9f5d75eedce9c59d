//! The reader of token responses, which are hostile until they are read (docs/attacks.md T157 to T160).

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::message::{content_type, is_html, is_json};
use crate::provider::token::error::{RefusedKind, TokenError};
use crate::provider::token::{TokenSet, TokenType};
use crate::scope::Scopes;
use crate::secret::{AccessToken, RefreshToken};

/// The life of a token whose response has no `expires_in`, in seconds. It is short, because it is a guess.
const ASSUMED_LIFE: u64 = 5 * 60;
/// The longest life that is believed, in seconds. Atlassian's tokens live for an hour.
const LONGEST_LIFE: u64 = 24 * 3600;
/// The longest token, in bytes. About 2 KB are common, and tokens grow with the number of scopes.
const LONGEST_TOKEN: usize = 16 * 1024;

/// A successful response, and what was odd about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenResponse {
    /// The tokens.
    pub tokens: TokenSet,
    /// The members of the response that could not be read and were replaced by a default, for the log. Names only:
    /// the values are foreign text, and may be secrets.
    pub odd: Vec<&'static str>,
}

/// Reads the response to a token request, which arrived at `now`.
///
/// Only the access token is needed. A pair that Atlassian issued may be the only one that is valid from then on, so
/// nothing else in the response makes it unusable (`docs/decisions/0073-odd-neighbours-of-good-tokens.md`):
///
/// | member | read as |
/// |---|---|
/// | `refresh_token` missing, empty, or not a token | none; a refresh keeps the old one (RFC 6749 section 6) |
/// | `token_type` missing | `bearer`; its case does not matter (docs/protocol.md section 2.2) |
/// | `token_type` with another value | [`TokenType::Other`]: the pair is kept, and its access token not used (section 7.1) |
/// | `expires_in` | a number or a text, at most 24 hours; 5 minutes if it is missing or no time |
/// | `scope` | a text or a list of texts; what was `requested` if it is missing (RFC 6749 section 5.1) or neither |
/// | `error` beside tokens | ignored |
///
/// The type of the content does not matter, except that an HTML page is no token response (docs/attacks.md T157).
///
/// # Errors
///
/// [`TokenError`], by status first and by shape second. It keeps nothing of the body.
pub fn from_response(
    response: &Response<Bytes>,
    requested: &Scopes,
    now: SystemTime,
) -> Result<TokenResponse, TokenError> {
    let status = response.status();
    if !status.is_success() {
        return Err(refusal(response));
    }
    if is_html(response) {
        return Err(TokenError::Malformed("the answer is a page"));
    }
    let wire: Wire = serde_json::from_slice(response.body())
        .map_err(|_has_tokens| TokenError::Malformed("not a token object"))?;
    let mut odd = Odd::default();
    odd.note("error", wire.error.is_some());
    odd.note("content-type", !is_json(response));
    let life = odd.default_for("expires_in", life(wire.expires_in.as_ref()), ASSUMED_LIFE);
    let tokens = TokenSet {
        access_token: AccessToken::new(checked(wire.access_token).ok_or(TokenError::Malformed(
            "the access token is empty, too long or not printable",
        ))?),
        refresh_token: odd.default_for("refresh_token", refresh_token(wire.refresh_token), None),
        token_type: odd.default_for(
            "token_type",
            token_type(wire.token_type.as_ref()),
            TokenType::Other,
        ),
        expires_at: now.checked_add(Duration::from_secs(life)).unwrap_or(now),
        exchanged_at: now,
        scopes: odd.default_for(
            "scope",
            scopes(wire.scope.as_ref(), requested),
            requested.clone(),
        ),
    };
    Ok(TokenResponse { tokens, odd: odd.0 })
}

/// Collects the names of members that could not be read.
#[derive(Default)]
struct Odd(Vec<&'static str>);

impl Odd {
    fn note(&mut self, member: &'static str, is_odd: bool) {
        if is_odd {
            self.0.push(member);
        }
    }

    /// What was read, or the default, which is noted.
    fn default_for<T>(&mut self, member: &'static str, read: Option<T>, default: T) -> T {
        self.note(member, read.is_none());
        read.unwrap_or(default)
    }
}

/// The life of the access token in seconds; `None` if `expires_in` is no time.
fn life(expires_in: Option<&Value>) -> Option<u64> {
    let seconds = match expires_in {
        None | Some(Value::Null) => return Some(ASSUMED_LIFE),
        Some(Value::Number(number)) => number.as_f64()?,
        Some(Value::String(text)) => text.trim().parse().ok()?,
        Some(_) => return None,
    };
    // A cast of a float saturates.
    (seconds.is_finite() && seconds >= 0.0).then(|| (seconds as u64).min(LONGEST_LIFE))
}

/// The refresh token, if there is one; `None` if what is there is none.
fn refresh_token(member: Option<Value>) -> Option<Option<RefreshToken>> {
    match member {
        None | Some(Value::Null) => Some(None),
        Some(Value::String(text)) => checked(text).map(|token| Some(RefreshToken::new(token))),
        Some(_) => None,
    }
}

/// The type of the access token; `None` if it is one that cannot be used.
fn token_type(member: Option<&Value>) -> Option<TokenType> {
    match member {
        None | Some(Value::Null) => Some(TokenType::Bearer),
        Some(Value::String(kind)) if kind.eq_ignore_ascii_case("bearer") => Some(TokenType::Bearer),
        Some(_) => None,
    }
}

/// The scopes that were granted; `None` if they cannot be read.
fn scopes(member: Option<&Value>, requested: &Scopes) -> Option<Scopes> {
    match member {
        None | Some(Value::Null) => Some(requested.clone()),
        Some(Value::String(text)) => Some(Scopes::parse(text)),
        Some(Value::Array(list)) => {
            let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
            texts.map(|texts| Scopes::parse(&texts.join(" ")))
        }
        Some(_) => None,
    }
}

/// What a response with another status than 200 means. 429 is a limit of the rate whatever the body says.
fn refusal(response: &Response<Bytes>) -> TokenError {
    let status = response.status();
    if status == StatusCode::TOO_MANY_REQUESTS {
        return TokenError::RateLimited;
    }
    if !status.is_client_error() {
        return TokenError::Unavailable(status);
    }
    let Ok(WireError { error }) = serde_json::from_slice(response.body()) else {
        let content_type = content_type(response);
        return TokenError::Foreign {
            status,
            content_type,
        };
    };
    let kind = match error.as_str() {
        "invalid_grant" | "unauthorized_client" => RefusedKind::Grant,
        "invalid_request" => RefusedKind::Request,
        "access_denied" | "invalid_client" => RefusedKind::Client,
        _ if status == StatusCode::UNAUTHORIZED => RefusedKind::Client,
        _ => RefusedKind::Other,
    };
    TokenError::Refused { status, kind }
}

/// Accepts tokens of 1 to 16 KiB of printable ASCII, which fit into a header field.
fn checked(token: String) -> Option<String> {
    let fits = (1..=LONGEST_TOKEN).contains(&token.len())
        && token.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then_some(token)
}

/// A successful response (RFC 6749 section 5.1). Unknown members are ignored, members that occur twice are an error.
#[derive(Deserialize)]
struct Wire {
    access_token: String,
    refresh_token: Option<Value>,
    token_type: Option<Value>,
    expires_in: Option<Value>,
    scope: Option<Value>,
    error: Option<IgnoredAny>,
}

/// An error response (RFC 6749 section 5.2). The description is not read.
#[derive(Deserialize)]
struct WireError {
    error: String,
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn read(status: u16, body: &'static str) -> Result<TokenSet, TokenError> {
        read_all(status, body).map(|read| read.tokens)
    }

    fn read_all(status: u16, body: &'static str) -> Result<TokenResponse, TokenError> {
        let response = Response::builder()
            .status(status)
            .header("content-type", "application/json")
            .body(Bytes::from_static(body.as_bytes()))
            .unwrap();
        from_response(&response, &Scopes::parse("read:me"), UNIX_EPOCH)
    }

    #[test]
    fn a_missing_scope_is_what_was_requested_and_an_empty_one_is_nothing() {
        assert_eq!(
            read(200, r#"{"access_token":"a"}"#).unwrap().scopes,
            Scopes::parse("read:me")
        );
        assert!(
            read(200, r#"{"access_token":"a","scope":""}"#)
                .unwrap()
                .scopes
                .is_empty()
        );
    }

    #[test]
    fn a_life_is_clamped_and_never_overflows() {
        let life = |body| {
            read(200, body).map(|tokens| {
                tokens
                    .expires_at
                    .duration_since(UNIX_EPOCH)
                    .unwrap()
                    .as_secs()
            })
        };

        assert_eq!(
            life(r#"{"access_token":"a","expires_in":"3600"}"#).unwrap(),
            3600
        );
        assert_eq!(
            life(r#"{"access_token":"a","expires_in":1e300}"#).unwrap(),
            LONGEST_LIFE
        );
        for odd in [
            "-1", "\"1h\"", "\"\"", "[]", "{}", "true", "\"NaN\"", "\"inf\"",
        ] {
            let body = format!(r#"{{"access_token":"a","expires_in":{odd}}}"#);
            assert_eq!(life(body.leak()).unwrap(), ASSUMED_LIFE, "{odd}");
        }
    }

    #[test]
    fn no_odd_neighbour_costs_a_good_token() {
        for (member, odd) in [
            ("expires_in", "-1"),
            ("expires_in", r#""1h""#),
            ("scope", "7"),
            ("scope", "[1]"),
            ("token_type", r#""DPoP""#),
            ("token_type", "7"),
            ("refresh_token", r#""""#),
            ("refresh_token", r#""a b""#),
            ("refresh_token", "[]"),
            ("error", r#""server_error""#),
        ] {
            let body = format!(r#"{{"access_token":"a","{member}":{odd}}}"#);
            let read = read_all(200, body.leak()).unwrap();
            assert_eq!(read.tokens.access_token.expose(), "a");
            assert_eq!(read.odd, [member], "{odd}");
        }
        let read = read_all(
            201,
            r#"{"access_token":"a","scope":["read:me","x"],"expires_in":null}"#,
        );
        let read = read.unwrap();
        assert!(read.odd.is_empty(), "{:?}", read.odd);
        assert_eq!(read.tokens.scopes, Scopes::parse("read:me x"));
    }

    #[test]
    fn what_is_not_a_bearer_token_is_kept_and_not_called_one() {
        let kind = |body| read(200, body).unwrap().token_type;

        assert_eq!(kind(r#"{"access_token":"a"}"#), TokenType::Bearer);
        assert_eq!(
            kind(r#"{"access_token":"a","token_type":"BEARER"}"#),
            TokenType::Bearer
        );
        assert_eq!(
            kind(r#"{"access_token":"a","token_type":"DPoP"}"#),
            TokenType::Other
        );
    }

    #[test]
    fn a_page_is_no_token_answer() {
        let response = Response::builder()
            .header("content-type", "text/html")
            .body(Bytes::from_static(br#"{"access_token":"a"}"#))
            .unwrap();

        let read = from_response(&response, &Scopes::new(), UNIX_EPOCH);

        assert!(matches!(read, Err(TokenError::Malformed(_))));

        let response = Response::builder()
            .header("content-type", "text/plain")
            .body(Bytes::from_static(br#"{"access_token":"a"}"#))
            .unwrap();
        let read = from_response(&response, &Scopes::new(), UNIX_EPOCH).unwrap();
        assert_eq!(read.odd, ["content-type"]);
    }

    #[test]
    fn the_end_of_a_token_is_seen_five_minutes_before_or_a_tenth_of_its_life() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let hour = read(200, r#"{"access_token":"a","expires_in":3600}"#).unwrap();
        let short = read(200, r#"{"access_token":"a","expires_in":100}"#).unwrap();

        assert!(!hour.is_due(at(3299), 0) && hour.is_due(at(3300), 0));
        assert!(!hour.is_due(at(3239), 255) && hour.is_due(at(3240), 255));
        assert!(!short.is_due(at(89), 0) && short.is_due(at(90), 0));
    }

    #[test]
    fn an_answer_without_a_refresh_token_keeps_the_old_one() {
        let old = read(200, r#"{"access_token":"a","refresh_token":"r"}"#).unwrap();

        let new = read(200, r#"{"access_token":"b"}"#).unwrap().keeping(&old);

        assert_eq!(new.refresh_token, old.refresh_token);
        assert_eq!(new.access_token.expose(), "b");
    }

    #[test]
    fn a_wrong_secret_is_the_operators_business() {
        let error = read(
            401,
            r#"{"error":"access_denied","error_description":"Unauthorized"}"#,
        )
        .unwrap_err();

        assert!(matches!(
            error,
            TokenError::Refused {
                kind: RefusedKind::Client,
                ..
            }
        ));
    }

    #[test]
    fn a_used_code_and_an_outage_are_told_apart() {
        let used = read(
            400,
            r#"{"error":"invalid_request","error_description":"authorization_code is invalid"}"#,
        );

        assert!(matches!(
            used,
            Err(TokenError::Refused {
                kind: RefusedKind::Request,
                ..
            })
        ));
        assert!(matches!(
            read(503, "<html>"),
            Err(TokenError::Unavailable(_))
        ));
    }
}
