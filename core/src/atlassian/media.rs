//! The one redirect that is followed: to the content of an attachment (docs/protocol.md section 6.5).

use bytes::Bytes;
use http::header::LOCATION;
use http::{HeaderMap, Request, StatusCode};
use url::Url;

use crate::atlassian::classify;
use crate::atlassian::error::ApiError;
use crate::atlassian::request::ApiRequest;
use crate::atlassian::response::ApiResponse;
use crate::environment::{Environment, origin_text};
use crate::error::ApiErrorKind;
use crate::http_client::ResponseTimeout;

/// The host of the contents.
const MEDIA: &str = "https://api.media.atlassian.com";

impl ApiRequest {
    /// Makes the call and follows the redirect to the content of an attachment, which Jira answers with 303 and Confluence
    /// with 302 (docs/protocol.md section 6.5). The redirect must lead to Atlassian's media host by https, and is followed
    /// once, without the token and without the header fields of the call. Any other answer is returned as it is.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send); [`ApiErrorKind::Redirected`] if the redirect leads elsewhere, or answers a change.
    pub async fn download(self) -> Result<ApiResponse, ApiError> {
        let (client, timeout) = (self.client.clone(), self.response_timeout());
        let answer = self.send().await?;
        let is_redirect = answer.status().is_redirection();
        if !is_redirect || answer.status() == StatusCode::NOT_MODIFIED {
            return Ok(answer);
        }
        let environment = &client.ports.config.environment;
        let found = target(environment, answer.headers()).filter(|_| !answer.is_of_change);
        let Some(mut request) = found.as_ref().and_then(content_request) else {
            return Err(client
                .error(ApiErrorKind::Redirected)
                .traced(answer.trace_id()));
        };
        request.extensions_mut().insert(ResponseTimeout(timeout));
        let content = client.ports.http.open(request).await.map_err(|error| {
            let kind = ApiErrorKind::Unavailable { retry_after: None };
            client.error(kind).caused_by(error)
        })?;
        let (status, now) = (content.status(), client.ports.now());
        if status.is_client_error() || status.is_server_error() {
            let kind = classify::error_of(false, status, content.headers(), now);
            return Err(client.error(kind));
        }
        Ok(ApiResponse::new(client, content, false))
    }
}

/// The address that a redirect leads to, if it is on the media host or on the gateway itself, written without a user.
fn target(environment: &Environment, headers: &HeaderMap) -> Option<Url> {
    let location = headers.get(LOCATION)?.to_str().ok()?;
    let url = Url::parse(location).ok()?;
    let origin = origin_text(&url);
    let is_known = origin == MEDIA || origin == environment.api_origin();
    (is_known && url.username().is_empty() && url.password().is_none()).then_some(url)
}

/// The request for the content: no token, no field of the app's.
fn content_request(url: &Url) -> Option<Request<Bytes>> {
    Request::get(url.as_str()).body(Bytes::new()).ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_redirect_is_followed_to_the_media_host_by_https_and_nowhere_else() {
        let environment = Environment::cloud();
        for (location, is_followed) in [
            (
                "https://api.media.atlassian.com/file/1/binary?token=x",
                true,
            ),
            ("https://api.atlassian.com/ex/jira/1/x", true),
            ("http://api.media.atlassian.com/file", false),
            ("https://api.media.atlassian.com:8443/file", false),
            ("https://api.media.atlassian.com.evil.example/file", false),
            ("https://api.media.atlassian.com@evil.example/file", false),
            ("https://x@api.media.atlassian.com/file", false),
            ("//api.media.atlassian.com/file", false),
            ("/file", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(LOCATION, HeaderValue::from_static(location));
            assert_eq!(
                target(&environment, &headers).is_some(),
                is_followed,
                "{location}"
            );
        }
        assert!(target(&environment, &HeaderMap::new()).is_none());
    }
}
