//! What requests to Atlassian, and the readers of its responses, have in common.
//!
//! A response is hostile until it is read: sizes, types and characters are checked here before a value reaches a page,
//! a header field or a database (docs/attacks.md T157 to T162).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Request, Response};

use crate::environment::Environment;
use crate::secret::AccessToken;

/// A `GET` request to the API gateway with a bearer token (RFC 6750 section 2.1). The field is marked as sensitive, so
/// that HTTP libraries neither log nor index it. `path` begins with a slash.
pub(crate) fn bearer(
    environment: &Environment,
    path: &str,
    token: &AccessToken,
) -> Result<Request<Bytes>, http::Error> {
    let mut authorization = HeaderValue::try_from(format!("Bearer {}", token.expose()))?;
    authorization.set_sensitive(true);
    Request::get(format!("{}{path}", environment.api_origin()))
        .header(AUTHORIZATION, authorization)
        .header(ACCEPT, "application/json")
        .body(Bytes::new())
}

/// Whether a response is declared as JSON, or has no content type. The page of a captive portal has another one
/// (docs/attacks.md T157).
pub(crate) fn is_json<B>(response: &Response<B>) -> bool {
    is_json_type(response.headers())
}

/// Whether a response says that it is an HTML page, as those of a captive portal are (docs/attacks.md T157).
pub(crate) fn is_html<B>(response: &Response<B>) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("text/html") || kind.eq_ignore_ascii_case("application/xhtml+xml")
}

/// The content type of a response that may be anybody's, for the log: cleaned and cut at 64 bytes.
pub(crate) fn content_type<B>(response: &Response<B>) -> Arc<str> {
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    cleaned(Some(kind.to_owned()), 64).unwrap_or_default()
}

/// As [`is_json`], for header fields alone. Types that end in `+json` count as JSON (RFC 6839 section 3.1).
pub(crate) fn is_json_type(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE) else {
        return true;
    };
    let kind = kind.to_str().unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json") || kind.to_ascii_lowercase().ends_with("+json")
}

/// The seconds of `Retry-After`, limited to 1 second to 15 minutes, so that a hostile value neither causes a storm nor
/// stops an app for a day (docs/attacks.md T162). A date, and anything that is no number, counts as absent.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds.clamp(1, 15 * 60)))
}

/// A text of Atlassian's, without control characters (Postgres refuses NUL, docs/attacks.md T246) and cut at the last
/// character that fits into `most` bytes. An empty text counts as absent.
pub(crate) fn cleaned(value: Option<String>, most: usize) -> Option<Arc<str>> {
    let mut kept = String::new();
    for character in value?.chars().filter(|character| !character.is_control()) {
        if kept.len() + character.len_utf8() > most {
            break;
        }
        kept.push(character);
    }
    (!kept.is_empty()).then(|| kept.into())
}

/// An address that may be shown: https, at most 2048 bytes, and without a user name before the host, which misleads
/// readers. Such addresses are shown to people and never fetched by the server (docs/attacks.md T151).
pub(crate) fn https_only(value: Option<String>) -> Option<Arc<str>> {
    let value = value.filter(|value| value.len() <= 2048)?;
    let url = url::Url::parse(&value)
        .ok()
        .filter(|url| url.scheme() == "https" && url.username().is_empty())
        .filter(|url| url.password().is_none())?;
    Some(url.as_str().into())
}
