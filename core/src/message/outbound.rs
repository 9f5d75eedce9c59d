//! What requests to Atlassian, and the readers of its responses, have in common.
//!
//! A response is hostile until it is read: sizes, types and characters are checked here before a value reaches a page,
//! a header field or a database (docs/attacks.md T157 to T162).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderName, RETRY_AFTER};
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

/// The longest wait that is believed.
pub(crate) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);

/// The wait of `Retry-After` (RFC 9110 section 10.2.3), which is a minimum: whole or broken seconds, or a date, which is compared
/// with the `Date` of the response, or with `now` if there is none. It is one second to 24 hours, so that a hostile value neither
/// causes a storm nor stops an app for good (docs/attacks.md T162). Anything else counts as absent.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let date = |name| httpdate::parse_http_date(text(headers, name)?).ok();
    let value = text(headers, RETRY_AFTER)?;
    let wait = match value.parse::<f64>() {
        Ok(seconds) if seconds >= 0.0 => {
            Duration::try_from_secs_f64(seconds.ceil()).unwrap_or(LONGEST_RETRY_AFTER)
        }
        Ok(_negative) => return None,
        Err(_not_seconds) => {
            let now = date(DATE).unwrap_or(now);
            date(RETRY_AFTER)?.duration_since(now).unwrap_or_default()
        }
    };
    Some(wait.clamp(Duration::from_secs(1), LONGEST_RETRY_AFTER))
}

/// The trimmed text of a header field.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
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

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    const MONDAY: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn wait(fields: &[(HeaderName, &'static str)]) -> Option<u64> {
        let fields = fields.iter().cloned();
        let headers = fields.map(|(name, value)| (name, HeaderValue::from_static(value)));
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777 - 300);
        retry_after(&headers.collect(), now).map(|wait| wait.as_secs())
    }

    #[test]
    fn a_wait_is_seconds_or_a_date_and_never_shorter_than_said() {
        for (value, expected) in [
            ("7", Some(7)),
            (" 7 ", Some(7)),
            ("1.2", Some(2)),
            ("0", Some(1)),
            ("3600", Some(3600)),
            ("99999999", Some(24 * 3600)),
            ("1e300", Some(24 * 3600)),
            ("inf", Some(24 * 3600)),
            ("NaN", None),
            ("-5", None),
            ("soon", None),
            ("", None),
            (MONDAY, Some(300)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(300)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(1)),
        ] {
            assert_eq!(wait(&[(RETRY_AFTER, value)]), expected, "{value:?}");
        }
        // The clock of whoever wrote both counts, and not ours.
        let both = [
            (RETRY_AFTER, MONDAY),
            (DATE, "Sun, 06 Nov 1994 08:49:07 GMT"),
        ];
        assert_eq!(wait(&both), Some(30));
    }
}
