//! The one redirect that is followed: to the content of an attachment (docs/protocol.md section 6.5).

use bytes::Bytes;
use http::header::LOCATION;
use http::{HeaderMap, Request};
use url::Url;

use crate::environment::{Environment, origin_text};

/// The host of the contents.
const MEDIA: &str = "https://api.media.atlassian.com";

/// The address that a redirect leads to, if it is on the media host or on the gateway itself, written without a user.
pub(crate) fn target(environment: &Environment, headers: &HeaderMap) -> Option<Url> {
    let location = headers.get(LOCATION)?.to_str().ok()?;
    let url = Url::parse(location).ok()?;
    let origin = origin_text(&url);
    let is_known = origin == MEDIA || origin == environment.api_origin();
    (is_known && url.username().is_empty() && url.password().is_none()).then_some(url)
}

/// The request for the content: no token, no field of the app's.
pub(crate) fn request(url: &Url) -> Option<Request<Bytes>> {
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
