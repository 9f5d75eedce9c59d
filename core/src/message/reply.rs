//! Replies of ours, and what we add to replies of the app.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderName, LOCATION, SET_COOKIE, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use crate::message::body::ReplyBody;
use crate::message::cookie::SetCookie;

/// No other origin embeds or reads what we answer.
const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// A reply of ours. Uncacheable from the start.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body, which may come in parts.
    pub body: ReplyBody,
}

impl Reply {
    /// An empty reply that no cache keeps and no browser sniffs.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(CORP, HeaderValue::from_static("same-origin"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(VARY, HeaderValue::from_static("Cookie, Origin"));
        Self {
            status,
            headers,
            body: ReplyBody::from(Bytes::new()),
        }
    }

    /// Sets a body and its type.
    #[must_use]
    pub fn body(mut self, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.headers
            .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        self.body = ReplyBody::from(body.into());
        self
    }

    /// Sets a body that comes in parts. Its type is another field.
    #[must_use]
    pub(crate) fn stream(mut self, body: ReplyBody) -> Self {
        self.body = body;
        self
    }

    /// Sets a field whose value is a constant.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    /// Sets a field whose value was computed; a value that no header may hold is left out.
    #[must_use]
    pub fn computed(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Sets `Location`.
    #[must_use]
    pub fn location(self, to: &str) -> Self {
        self.computed(LOCATION, to)
    }

    /// Adds a cookie.
    #[must_use]
    pub fn cookie(mut self, cookie: &SetCookie) -> Self {
        if let Ok(value) = HeaderValue::from_str(&cookie.to_header_string()) {
            self.headers.append(SET_COOKIE, value);
        }
        self
    }

    /// The reply as an `http` 1 response.
    pub fn into_response<B: From<ReplyBody>>(self) -> Response<B> {
        let mut response = Response::new(self.body.into());
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// What the app's own reply gets from us.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct HeaderPatch {
    /// Fields that replace the app's.
    pub set: Vec<(HeaderName, HeaderValue)>,
    /// Fields that stand beside the app's.
    pub append: Vec<(HeaderName, HeaderValue)>,
}
