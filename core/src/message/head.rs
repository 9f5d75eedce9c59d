//! The part of a request that auth may read.

use std::fmt;

/// The header fields of a request, as bytes, whatever the framework's own type is.
pub trait Headers {
    /// Calls `each` with every field of this (lower-case) name, in order.
    fn each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8]));
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
        if self.is("hx-request", b"true") {
            return Audience::Htmx;
        }
        if let Some(mode) = self.first("sec-fetch-mode") {
            return if mode == b"navigate" {
                Audience::Page
            } else {
                Audience::Fetch
            };
        }
        let accepts_html = self.first("accept").is_some_and(|accept| {
            accept
                .windows(9)
                .any(|part| part.eq_ignore_ascii_case(b"text/html"))
        });
        if accepts_html {
            Audience::Page
        } else {
            Audience::Fetch
        }
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
