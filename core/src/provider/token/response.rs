//! The reader of token responses, which are hostile until they are read (docs/attacks.md T157 to T160).

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::{Deserialize, Deserializer};

use crate::message::is_json;
use crate::provider::token::TokenSet;
use crate::provider::token::error::{RefusedKind, TokenError};
use crate::scope::Scopes;
use crate::secret::{AccessToken, RefreshToken};

/// The life of a token whose response has no `expires_in`, in seconds. It is short, because it is a guess.
const ASSUMED_LIFE: u64 = 5 * 60;
/// The longest life that is believed, in seconds. Atlassian's tokens live for an hour.
const LONGEST_LIFE: u64 = 24 * 3600;
/// The longest token, in bytes. About 2 KB are common, and tokens grow with the number of scopes.
const LONGEST_TOKEN: usize = 16 * 1024;

/// Reads the response to a token request, which arrived at `now`.
///
/// A missing `scope` means that everything `requested` was granted (RFC 6749 section 5.1), and an empty one that
/// nothing was. A missing `token_type` is accepted, another one than `bearer` is not; its case does not matter
/// (docs/protocol.md section 2.2). `expires_in` may be a number or a text.
///
/// # Errors
///
/// [`TokenError`], by status first and by shape second. It keeps nothing of the body.
pub fn from_response(
    response: &Response<Bytes>,
    requested: &Scopes,
    now: SystemTime,
) -> Result<TokenSet, TokenError> {
    let status = response.status();
    if status != StatusCode::OK {
        return Err(refusal(status, response.body()));
    }
    if !is_json(response) {
        return Err(TokenError::Malformed("the answer is not JSON"));
    }
    let wire: Wire = serde_json::from_slice(response.body())
        .map_err(|_has_tokens| TokenError::Malformed("not a token object"))?;
    if wire
        .token_type
        .is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer"))
    {
        return Err(TokenError::Malformed("the token type is not bearer"));
    }
    let life = match wire.expires_in {
        None => ASSUMED_LIFE,
        Some(seconds) if seconds.is_finite() && seconds >= 0.0 => {
            (seconds as u64).min(LONGEST_LIFE)
        }
        Some(_) => return Err(TokenError::Malformed("expires_in is not a time")),
    };
    Ok(TokenSet {
        access_token: AccessToken::new(checked(wire.access_token)?),
        refresh_token: wire
            .refresh_token
            .map(checked)
            .transpose()?
            .map(RefreshToken::new),
        expires_at: now.checked_add(Duration::from_secs(life)).unwrap_or(now),
        exchanged_at: now,
        scopes: wire
            .scope
            .map_or_else(|| requested.clone(), |scope| Scopes::parse(&scope)),
    })
}

/// What a response with another status than 200 means. 429 is a limit of the rate whatever the body says.
fn refusal(status: StatusCode, body: &[u8]) -> TokenError {
    let error = serde_json::from_slice::<WireError>(body)
        .map(|wire| wire.error)
        .unwrap_or_default();
    let kind = match error.as_str() {
        "invalid_grant" | "unauthorized_client" => RefusedKind::Grant,
        "invalid_request" => RefusedKind::Request,
        "access_denied" | "invalid_client" => RefusedKind::Client,
        _ if status == StatusCode::UNAUTHORIZED => RefusedKind::Client,
        _ => RefusedKind::Other,
    };
    if status == StatusCode::TOO_MANY_REQUESTS {
        TokenError::RateLimited
    } else if status.is_client_error() {
        TokenError::Refused { status, kind }
    } else {
        TokenError::Unavailable(status)
    }
}

/// Accepts tokens of 1 to 16 KiB of printable ASCII, which fit into a header field.
fn checked(token: String) -> Result<String, TokenError> {
    let fits = (1..=LONGEST_TOKEN).contains(&token.len())
        && token.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        Ok(token)
    } else {
        Err(TokenError::Malformed(
            "a token is empty, too long or not printable",
        ))
    }
}

/// A successful response (RFC 6749 section 5.1). Unknown members are ignored, members that occur twice are an error.
#[derive(Deserialize)]
struct Wire {
    access_token: String,
    refresh_token: Option<String>,
    token_type: Option<String>,
    #[serde(default, deserialize_with = "number_or_text")]
    expires_in: Option<f64>,
    scope: Option<String>,
}

/// An error response (RFC 6749 section 5.2). The description is not read.
#[derive(Deserialize)]
struct WireError {
    error: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Number(f64),
    Text(String),
}

/// Reads `expires_in`, which some servers write as a text.
fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    match Option::<NumberOrText>::deserialize(deserializer)? {
        None => Ok(None),
        Some(NumberOrText::Number(number)) => Ok(Some(number)),
        Some(NumberOrText::Text(text)) => text.parse().map(Some).map_err(serde::de::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn read(status: u16, body: &'static str) -> Result<TokenSet, TokenError> {
        let response = Response::builder()
            .status(status)
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
        assert!(life(r#"{"access_token":"a","expires_in":-1}"#).is_err());
    }

    #[test]
    fn a_page_is_no_token_answer() {
        let response = Response::builder()
            .header("content-type", "text/html")
            .body(Bytes::from_static(br#"{"access_token":"a"}"#))
            .unwrap();

        let read = from_response(&response, &Scopes::new(), UNIX_EPOCH);

        assert!(matches!(read, Err(TokenError::Malformed(_))));
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
