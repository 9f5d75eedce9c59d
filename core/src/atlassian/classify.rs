//! What an answer of the gateway means (`docs/protocol.md`, sections 6.3 and 6.4). Pure functions of status and
//! header fields.

use std::time::SystemTime;

use http::{HeaderMap, Method, StatusCode};

use crate::atlassian::rate_limit::until_reset;
use crate::error::ApiErrorKind;
use crate::message::retry_after;

/// What an answer says about the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenStatus {
    /// Nothing against it: the answer is about the call.
    Accepted,
    /// It was not accepted; a newer one may be.
    NotAccepted,
    /// It lacks a scope. A refresh would not help, because it keeps the scopes.
    LacksScope,
    /// 401 without more: the body decides between a token that ended and a missing scope.
    AskBody,
    /// 403 or 404: normally about the call, but some endpoints answer so to a token that has ended
    /// (`docs/decisions/0054-refresh-on-403-and-404-near-the-end.md`).
    Unclear,
}

/// What status and header fields say about the token. The fields decide before the status: Jira can answer 200
/// as for an anonymous visitor when it did not accept the token.
pub(crate) fn about_token(status: StatusCode, headers: &HeaderMap) -> TokenStatus {
    let category = text(headers, "x-failure-category");
    if category == "FAILURE_CLIENT_SCOPE_CHECK" {
        return TokenStatus::LacksScope;
    }
    if category == "FAILURE_CLIENT_AUTH_MISMATCH" {
        return TokenStatus::Accepted;
    }
    // Jira answers 200, as for an anonymous visitor, when it did not accept the token.
    if text(headers, "x-seraph-loginreason").contains("AUTHENTICATED_FAILED") {
        return TokenStatus::NotAccepted;
    }
    match status {
        StatusCode::UNAUTHORIZED => TokenStatus::AskBody,
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => TokenStatus::Unclear,
        _ => TokenStatus::Accepted,
    }
}

/// Whether the body of a 401 names a scope problem.
pub(crate) fn tells_of_scope(body: &[u8]) -> bool {
    const WORDS: &[u8] = b"scope does not match";
    body.windows(WORDS.len())
        .any(|part| part.eq_ignore_ascii_case(WORDS))
}

/// Whether a call with this method can change something (RFC 9110 section 9.2.1).
pub(crate) fn is_change(method: &Method) -> bool {
    !method.is_safe()
}

/// The error for a status of 400 and above in answer to a change, or to a call that only reads. `Retry-After` counts before `X-RateLimit-Reset`; both are
/// limited to 24 hours. After a 5xx it is unknown whether a change was carried out.
pub(crate) fn error_of(
    is_change: bool,
    status: StatusCode,
    headers: &HeaderMap,
    now: SystemTime,
) -> ApiErrorKind {
    let wait = || retry_after(headers, now).or_else(|| until_reset(headers, now));
    match status {
        StatusCode::FORBIDDEN => ApiErrorKind::Forbidden,
        StatusCode::NOT_FOUND => ApiErrorKind::NotFound,
        StatusCode::TOO_MANY_REQUESTS => ApiErrorKind::RateLimited {
            retry_after: wait(),
            reason: word(headers, "ratelimit-reason"),
        },
        status if status.is_server_error() && is_change => ApiErrorKind::OutcomeUnknown,
        // 407 is always a proxy's on the way.
        status
            if status.is_server_error() || status == StatusCode::PROXY_AUTHENTICATION_REQUIRED =>
        {
            ApiErrorKind::Unavailable {
                retry_after: wait(),
            }
        }
        status => ApiErrorKind::Refused { status },
    }
}

/// The id under which Atlassian's support finds a call. It goes into logs, so only a single word is accepted.
pub(crate) fn trace_id(headers: &HeaderMap) -> Option<String> {
    word(headers, "atl-traceid").or_else(|| word(headers, "atl-request-id"))
}

/// The value of a header field if it is one word of at most 64 characters; anything else is ignored, because it
/// comes from outside and is shown or logged.
fn word(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = text(headers, name);
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    let fits = (1..=64).contains(&value.len()) && value.bytes().all(is_word);
    fits.then(|| value.to_owned())
}

/// The trimmed value of a header field; empty if it is missing or is not text.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;
    use std::time::UNIX_EPOCH;

    use http::HeaderValue;

    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        fields
            .iter()
            .map(|(name, value)| {
                let name = http::HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .collect()
    }

    #[test]
    fn a_scope_problem_is_not_a_token_problem() {
        let scope = headers(&[("x-failure-category", "FAILURE_CLIENT_SCOPE_CHECK")]);

        assert_eq!(
            about_token(StatusCode::UNAUTHORIZED, &scope),
            TokenStatus::LacksScope
        );
        assert_eq!(
            about_token(StatusCode::UNAUTHORIZED, &HeaderMap::new()),
            TokenStatus::AskBody
        );
        assert!(tells_of_scope(
            br#"{"code":401,"message":"Unauthorized; scope does not match"}"#
        ));
    }

    #[test]
    fn a_proxy_that_wants_a_password_is_an_outage() {
        let status = StatusCode::PROXY_AUTHENTICATION_REQUIRED;
        let kind = error_of(true, status, &HeaderMap::new(), UNIX_EPOCH);
        assert!(matches!(kind, ApiErrorKind::Unavailable { .. }), "{kind:?}");
    }

    #[test]
    fn an_anonymous_answer_is_a_token_problem() {
        let anonymous = headers(&[("x-seraph-loginreason", "AUTHENTICATED_FAILED")]);

        assert_eq!(
            about_token(StatusCode::OK, &anonymous),
            TokenStatus::NotAccepted
        );
    }

    #[test]
    fn a_rate_limit_tells_when_and_why_as_far_as_its_headers_do() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let full = headers(&[
            ("retry-after", "7"),
            ("ratelimit-reason", "jira-burst-based"),
        ]);
        let reset = headers(&[("x-ratelimit-reset", "2027-01-15T08:00:40Z")]);
        let read = |headers: &HeaderMap| match error_of(
            false,
            StatusCode::TOO_MANY_REQUESTS,
            headers,
            now,
        ) {
            ApiErrorKind::RateLimited {
                retry_after,
                reason,
            } => (retry_after.map(|wait| wait.as_secs()), reason),
            other => panic!("{other:?}"),
        };

        assert_eq!(read(&full), (Some(7), Some("jira-burst-based".to_owned())));
        assert_eq!(read(&reset), (Some(40), None));
        assert_eq!(read(&HeaderMap::new()), (None, None));
    }

    #[test]
    fn a_trace_id_is_one_word_or_none() {
        assert_eq!(
            trace_id(&headers(&[("atl-traceid", "5f2b0c")])).as_deref(),
            Some("5f2b0c")
        );
        assert_eq!(trace_id(&headers(&[("atl-traceid", "a b\tc")])), None);
    }
}
