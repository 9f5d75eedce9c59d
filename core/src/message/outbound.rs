//! What requests to Atlassian and readings of its answers share.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Request, Response};

use crate::environment::Environment;
use crate::secret::AccessToken;

/// A `GET` to the API gateway with a bearer token; the header is marked sensitive.
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

/// Whether an answer says that it is JSON, or says nothing; a page of a captive portal says otherwise.
pub(crate) fn is_json<B>(response: &Response<B>) -> bool {
    is_json_type(response.headers())
}

/// The same, of its header fields.
pub(crate) fn is_json_type(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE) else {
        return true;
    };
    let kind = kind.to_str().unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json") || kind.to_ascii_lowercase().ends_with("+json")
}

/// `Retry-After` in seconds, between a second and a quarter of an hour.
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

/// Cuts at `most` bytes, drops control characters; an empty text is none.
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

/// Keeps https addresses only, without a user name before the host, which misleads people; they are shown, never
/// fetched.
pub(crate) fn https_only(value: Option<String>) -> Option<Arc<str>> {
    let value = value.filter(|value| value.len() <= 2048)?;
    let url = url::Url::parse(&value)
        .ok()
        .filter(|url| url.scheme() == "https" && url.username().is_empty())
        .filter(|url| url.password().is_none())?;
    Some(url.as_str().into())
}
