//! Replies of the auth routes, and what is added to the app's own replies.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderName, LOCATION, SET_COOKIE, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use crate::message::body::ReplyBody;
use crate::message::cookie::SetCookie;

/// Tells browsers that pages of other origins must not embed the reply, as a script or an image for example
/// (docs/attacks.md T126).
const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// A reply of an auth route, or to a request that was turned away. An adapter sends it as it is.
///
/// Every reply begins as one that must not be cached, with `Cache-Control: no-store` and `Vary`: it depends on the
/// visitor (docs/attacks.md T128 to T131).
#[derive(Debug)]
#[non_exhaustive]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The header fields, `Set-Cookie` included.
    pub headers: HeaderMap,
    /// The body, which may come in parts.
    pub body: ReplyBody,
}

impl Reply {
    /// An empty reply with `Cache-Control: no-store`, `Cross-Origin-Resource-Policy: same-origin`,
    /// `X-Content-Type-Options: nosniff` and `Vary: Cookie, Origin`.
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

    /// Sets the body and its content type.
    #[must_use]
    pub fn body(mut self, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.headers
            .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        self.body = ReplyBody::from(body.into());
        self
    }

    /// Sets a body that comes in parts. The caller sets the content type.
    #[must_use]
    pub(crate) fn stream(mut self, body: ReplyBody) -> Self {
        self.body = body;
        self
    }

    /// Sets a field to a constant, and replaces fields of the same name.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    /// Sets a field to a value that was computed. A value that a header field must not contain, such as one with a line
    /// break, leaves the reply unchanged (docs/attacks.md T139).
    #[must_use]
    pub fn computed(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Sets `Location`, under the rule of [`computed`](Self::computed).
    #[must_use]
    pub fn location(self, to: &str) -> Self {
        self.computed(LOCATION, to)
    }

    /// Adds a `Set-Cookie` field beside those that are there.
    #[must_use]
    pub fn cookie(mut self, cookie: &SetCookie) -> Self {
        if let Ok(value) = HeaderValue::from_str(&cookie.to_header_string()) {
            self.headers.append(SET_COOKIE, value);
        }
        self
    }

    /// The reply as an `http` 1 response, with any body type that can be made of a [`ReplyBody`].
    pub fn into_response<B: From<ReplyBody>>(self) -> Response<B> {
        let mut response = Response::new(self.body.into());
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// The header fields that are added to a reply of the app: cookies that the handler's calls set or removed, and the
/// fields that keep private pages out of caches. It is empty for a route that asked nothing about the visitor.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct HeaderPatch {
    /// Names of fields of the app that are taken out, in lower case. The app need not have them.
    pub remove: &'static [&'static str],
    /// Fields that replace those of the app with the same name.
    pub set: Vec<(HeaderName, HeaderValue)>,
    /// Fields that stand beside those of the app. `Vary` is [joined](crate::adapter::joined_vary) with what the app
    /// set.
    pub append: Vec<(HeaderName, HeaderValue)>,
}
