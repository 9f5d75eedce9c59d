//! What requests to Atlassian and readings of its answers share.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Request};

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

/// Keeps https addresses only; they are shown, never fetched.
pub(crate) fn https_only(value: Option<String>) -> Option<Arc<str>> {
    let value = value.filter(|value| value.len() <= 2048)?;
    let url = url::Url::parse(&value)
        .ok()
        .filter(|url| url.scheme() == "https")?;
    Some(url.as_str().into())
}
