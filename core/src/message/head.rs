//! The part of a request that auth may read.

use std::fmt;

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request};

/// The header fields of a request, as bytes, whatever the framework's own type is.
pub trait Headers {
    /// Calls `each` with every field of this (lower-case) name, in order.
    fn each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8]));

    /// Calls `each` with every field that has one of these names, and perhaps with others; those of one name come in
    /// order. To be overridden where one walk over all fields costs less than a look-up per name.
    fn walk<'a>(&'a self, names: &[&'static str], each: &mut dyn FnMut(&str, Field<'a>)) {
        for name in names {
            self.each(name, &mut |value| each(name, Field::Bytes(value)));
        }
    }

    /// Path and query, where the framework holds them in a form that can be kept without a copy.
    fn target(&self) -> Option<PathAndQuery> {
        None
    }
}

/// The value of a field, in the best form that the framework has.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_enums, reason = "adapters make them")]
pub enum Field<'a> {
    /// Borrowed bytes.
    Bytes(&'a [u8]),
    /// A value that can be kept without a copy.
    Value(&'a HeaderValue),
}

impl<'a> Field<'a> {
    /// The bytes.
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Value(value) => value.as_bytes(),
        }
    }
}

/// Prints no value: it may be a cookie.
impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Field(..)")
    }
}

/// A request before its body: borrowed from the framework, byte-exact.
#[derive(Clone, Copy)]
pub struct RequestHead<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The path as it came, undecoded; under nesting the original one.
    pub path: &'a str,
    /// What stood after `?`, undecoded.
    pub query: Option<&'a str>,
    /// The header fields.
    pub headers: &'a dyn Headers,
}

impl<'a> RequestHead<'a> {
    /// Lends the head of an `http` 1 request to `work`.
    pub fn lend<B, T>(request: &Request<B>, work: impl FnOnce(&RequestHead<'_>) -> T) -> T {
        let uri = request.uri();
        work(&RequestHead {
            method: request.method().as_str(),
            path: uri.path(),
            query: uri.query(),
            headers: &Fields(request.headers(), uri.path_and_query()),
        })
    }

    /// The first field of this name.
    pub fn first(&self, name: &str) -> Option<&'a [u8]> {
        let mut found = None;
        self.headers.each(name, &mut |value| {
            found.get_or_insert(value);
        });
        found
    }

    /// All fields of this name.
    pub fn all(&self, name: &str) -> Vec<&'a [u8]> {
        let mut found = Vec::new();
        self.headers.each(name, &mut |value| found.push(value));
        found
    }

    /// Whether the first field of this name has exactly this value.
    pub fn is(&self, name: &str, value: &[u8]) -> bool {
        self.first(name) == Some(value)
    }

    /// Who waits for the answer.
    pub fn audience(&self) -> Audience {
        Audience::of(
            self.first("hx-request"),
            self.first("sec-fetch-mode"),
            self.first("accept"),
        )
    }
}

impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No query and no header: they may carry codes, states and cookies.
        f.debug_struct("RequestHead")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// The header fields of an `http` 1 request.
struct Fields<'a>(&'a HeaderMap, Option<&'a PathAndQuery>);

impl Headers for Fields<'_> {
    fn each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8])) {
        for value in self.0.get_all(name) {
            each(value.as_bytes());
        }
    }

    fn walk<'a>(&'a self, _: &[&'static str], each: &mut dyn FnMut(&str, Field<'a>)) {
        for (name, value) in self.0 {
            each(name.as_str(), Field::Value(value));
        }
    }

    fn target(&self) -> Option<PathAndQuery> {
        self.1.cloned()
    }
}

/// Who waits for the answer, and so what form it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Audience {
    /// A person's navigation: pages and redirects.
    Page,
    /// A script or a program: JSON, never a redirect.
    Fetch,
    /// An htmx request: `HX-Redirect` where a page would be redirected.
    Htmx,
}

impl Audience {
    /// Told by `HX-Request`, `Sec-Fetch-Mode` and `Accept`.
    pub(crate) fn of(htmx: Option<&[u8]>, mode: Option<&[u8]>, accept: Option<&[u8]>) -> Self {
        if htmx == Some(b"true") {
            return Self::Htmx;
        }
        let is_page = match mode {
            Some(mode) => mode == b"navigate",
            None => accept.is_some_and(|accept| {
                accept
                    .windows(9)
                    .any(|part| part.eq_ignore_ascii_case(b"text/html"))
            }),
        };
        if is_page { Self::Page } else { Self::Fetch }
    }
}
