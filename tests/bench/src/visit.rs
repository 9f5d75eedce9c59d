//! The measured requests: path, session cookie and header fields.

use axum::body::Body;
use bytes::Bytes;
use http::header::COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};

/// The header fields besides the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// None.
    Plain,
    /// Those of a browser's navigation.
    Browser,
}

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The path.
    pub path: &'static str,
    /// Whether the session cookie is sent.
    pub has_cookie: bool,
    /// The other header fields.
    pub head: Head,
}

/// Every kind that is measured.
pub const VISITS: [Visit; 5] = [
    Visit::of("/public", true, Head::Plain),
    Visit::of("/public", false, Head::Plain),
    Visit::of("/public", true, Head::Browser),
    Visit::of("/me", true, Head::Plain),
    Visit::of("/me", true, Head::Browser),
];

/// What Chrome sends, in its order.
const BROWSER: [(&str, &str); 12] = [
    ("host", "localhost:3000"),
    ("connection", "keep-alive"),
    ("sec-ch-ua-platform", "\"Linux\""),
    ("upgrade-insecure-requests", "1"),
    (
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
    ),
    (
        "accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
    ),
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-user", "?1"),
    ("sec-fetch-dest", "document"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("accept-language", "en-US,en;q=0.9"),
];

impl Visit {
    const fn of(path: &'static str, has_cookie: bool, head: Head) -> Self {
        Self {
            path,
            has_cookie,
            head,
        }
    }

    /// Its name in tables.
    pub fn name(&self) -> String {
        let cookie = if self.has_cookie {
            "cookie"
        } else {
            "no cookie"
        };
        let head = match self.head {
            Head::Plain => "",
            Head::Browser => ", browser's head",
        };
        format!("{}, {cookie}{head}", self.path)
    }

    /// Its name on a command line.
    pub fn word(self) -> String {
        let cookie = if self.has_cookie { "-cookie" } else { "" };
        let head = match self.head {
            Head::Plain => "",
            Head::Browser => "-browser",
        };
        format!("{}{cookie}{head}", self.path.trim_start_matches('/'))
    }

    /// One request of this kind; the cookie is sent if the kind has one. As in hyper, path and field values are slices
    /// of one shared buffer.
    ///
    /// # Errors
    ///
    /// [`http::Error`], which would be a mistake here.
    pub fn request(&self, cookie: &str) -> Result<Request<Body>, http::Error> {
        let fields = match self.head {
            Head::Plain => &[],
            Head::Browser => &BROWSER[..],
        };
        let mut text = String::with_capacity(1024);
        text.push_str(self.path);
        for (_, value) in fields {
            text.push_str(value);
        }
        text.push_str(cookie);
        let mut rest = Bytes::from(text);

        let uri = Uri::from_maybe_shared(rest.split_to(self.path.len()))?;
        let mut headers = HeaderMap::with_capacity(fields.len() + 1);
        for (name, value) in fields {
            let name = HeaderName::from_static(name);
            let value = HeaderValue::from_maybe_shared(rest.split_to(value.len()))?;
            headers.append(name, value);
        }
        if self.has_cookie {
            headers.append(COOKIE, HeaderValue::from_maybe_shared(rest)?);
        }
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }
}
