//! The part of a request that is read to decide about it: everything before the body.

use std::fmt;
use std::net::IpAddr;

use http::uri::PathAndQuery;
use http::{Extensions, HeaderMap, HeaderValue, Request, Uri};

/// The header fields of a request as bytes, independent of the type that the framework has for them.
///
/// An adapter implements it over borrowed fields, so that nothing is copied. Values must be passed on byte by byte,
/// bytes above 0x7f included: a value that was decoded lossily could equal another one (docs/attacks.md T032).
///
/// ```
/// use threelo::adapter::{Headers, RequestHead};
///
/// struct Fields(Vec<(&'static str, &'static [u8])>);
///
/// impl Headers for Fields {
///     fn each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8])) {
///         for (_, value) in self.0.iter().filter(|(known, _)| *known == name) {
///             each(value);
///         }
///     }
/// }
///
/// let fields = Fields(vec![("cookie", b"a=1"), ("accept", b"text/html"), ("cookie", b"b=2")]);
/// let head = RequestHead { method: "GET", path: "/", query: None, headers: &fields };
/// assert_eq!(head.all("cookie"), [b"a=1", b"b=2"]);
/// ```
pub trait Headers {
    /// Calls `each` with the value of every field of this name, in the order of the request. The name is in lower case.
    fn each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8]));

    /// Calls `each` with every field that has one of these names, and possibly with others; fields of one name come in
    /// the order of the request. Override it where one walk over all fields costs less than a look-up for each name.
    fn walk<'a>(&'a self, names: &[&'static str], each: &mut dyn FnMut(&str, Field<'a>)) {
        for name in names {
            self.each(name, &mut |value| each(name, Field::Bytes(value)));
        }
    }

    /// The address of the machine at the other end of the connection, if the framework knows it. It is asked for only where
    /// the app says how many proxies are in front of it, and decides about limits only.
    fn peer(&self) -> Option<IpAddr> {
        None
    }

    /// Path and query as the browser sent them, also where a nested router has taken its path off, if the framework has
    /// them in a form that can be kept without a copy. By default, those of the head are copied where they must be kept.
    fn target(&self) -> Option<PathAndQuery> {
        None
    }
}

/// The value of a field, in the cheapest form to keep that the framework offers.
#[derive(Clone, Copy)]
#[allow(
    clippy::exhaustive_enums,
    reason = "adapters make them; without their feature they are private"
)]
pub enum Field<'a> {
    /// Borrowed bytes, which are copied if they must be kept.
    Bytes(&'a [u8]),
    /// A value of `http` 1, whose clones share their bytes.
    Value(&'a HeaderValue),
}

impl<'a> Field<'a> {
    /// The bytes of the value, in either form.
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Value(value) => value.as_bytes(),
        }
    }
}

/// Shows no value, because it may be a cookie or a token.
impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Field(..)")
    }
}

/// A request before its body, borrowed from the framework byte by byte.
///
/// An adapter lends it to [`Auth::handle`](crate::Auth::handle). No permission and no redirect URI depends on a client
/// address, `Host` or a forwarded field: the public URL comes from the settings (docs/attacks.md T056, T201). Limits may
/// depend on the address, if the app says how to know it.
///
/// ```
/// use threelo::adapter::{Action, RequestHead};
/// use threelo::{Auth, Credentials};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let auth = Auth::builder(Credentials::new("my-client-id", "my-secret"), "http://localhost:3000").build()?;
///
/// let request = http::Request::get("/auth/login?return_to=/board").body(())?;
/// let action = RequestHead::lend(&request, |head| auth.handle(head));
/// assert!(matches!(action, Action::Respond(_)));
///
/// let request = http::Request::get("/board").body(())?;
/// let action = RequestHead::lend(&request, |head| auth.handle(head));
/// assert!(matches!(action, Action::Forward(_)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct RequestHead<'a> {
    /// The method as it was sent, usually in capitals: methods are case-sensitive (RFC 9110 section 9.1).
    pub method: &'a str,
    /// The path without decoding: as it was sent, or what a nested router left of it.
    pub path: &'a str,
    /// What follows the first `?`, without decoding.
    pub query: Option<&'a str>,
    /// The header fields.
    pub headers: &'a dyn Headers,
}

impl<'a> RequestHead<'a> {
    /// Lends the head of an `http` 1 request to `work`. Nothing is copied.
    pub fn lend<B, T>(request: &Request<B>, work: impl FnOnce(&RequestHead<'_>) -> T) -> T {
        Self::lend_nested(request, request.uri(), work)
    }

    /// The same for a request of which a nested router has taken its path off; `original` is what the browser sent.
    pub fn lend_nested<B, T>(
        request: &Request<B>,
        original: &Uri,
        work: impl FnOnce(&RequestHead<'_>) -> T,
    ) -> T {
        let uri = request.uri();
        work(&RequestHead {
            method: request.method().as_str(),
            path: uri.path(),
            query: uri.query(),
            headers: &Fields {
                fields: request.headers(),
                target: original.path_and_query(),
                extensions: request.extensions(),
            },
        })
    }

    /// The path of the nested router that the request came through, which it has taken off; `None` if there was none.
    pub(crate) fn nest(&self) -> Option<String> {
        let target = self.headers.target()?;
        let nest = target.path().strip_suffix(self.path)?;
        (!nest.is_empty()).then(|| nest.to_owned())
    }

    /// The value of the first field of this name, which is in lower case.
    pub fn first(&self, name: &str) -> Option<&'a [u8]> {
        let mut found = None;
        self.headers.each(name, &mut |value| {
            found.get_or_insert(value);
        });
        found
    }

    /// The values of all fields of this name, in the order of the request.
    pub fn all(&self, name: &str) -> Vec<&'a [u8]> {
        let mut found = Vec::new();
        self.headers.each(name, &mut |value| found.push(value));
        found
    }

    /// Whether the first field of this name has exactly this value.
    pub fn is(&self, name: &str, value: &[u8]) -> bool {
        self.first(name) == Some(value)
    }

    /// Whether the client says that it takes a page: `text/html` is in `Accept`.
    pub(crate) fn accepts_page(&self) -> bool {
        self.first("accept").is_some_and(accepts_page)
    }

    /// The kind of client that waits for the reply, which decides about its form (docs/decisions/0006).
    pub fn audience(&self) -> Audience {
        Audience::of(
            self.method,
            self.first("hx-request"),
            self.first("sec-fetch-mode"),
            self.first("accept"),
        )
    }
}

/// Shows the method only: query and header fields may contain codes, states and cookies.
impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// The address of the machine at the other end of the connection, as an extension of an `http` 1 request. Whatever accepts
/// connections knows it and may add it; see [`trusted_proxies`](crate::AuthBuilder::trusted_proxies).
///
/// ```
/// use threelo::adapter::PeerAddress;
///
/// let mut request = http::Request::get("/").body(())?;
/// request.extensions_mut().insert(PeerAddress::new([192, 0, 2, 7].into()));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerAddress(pub(crate) IpAddr);

impl PeerAddress {
    /// This address.
    pub fn new(address: IpAddr) -> Self {
        Self(address)
    }
}

/// The header fields of an `http` 1 request, with its path and query.
struct Fields<'a> {
    fields: &'a HeaderMap,
    target: Option<&'a PathAndQuery>,
    /// Searched only for the peer, and only if somebody asks for it.
    extensions: &'a Extensions,
}

impl Headers for Fields<'_> {
    fn each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8])) {
        for value in self.fields.get_all(name) {
            each(value.as_bytes());
        }
    }

    fn walk<'a>(&'a self, _: &[&'static str], each: &mut dyn FnMut(&str, Field<'a>)) {
        for (name, value) in self.fields {
            each(name.as_str(), Field::Value(value));
        }
    }

    fn target(&self) -> Option<PathAndQuery> {
        self.target.cloned()
    }

    fn peer(&self) -> Option<IpAddr> {
        let peer: Option<&PeerAddress> = self.extensions.get();
        peer.map(|peer| peer.0)
    }
}

fn accepts_page(accept: &[u8]) -> bool {
    let mut parts = accept.windows(9);
    parts.any(|part| part.eq_ignore_ascii_case(b"text/html"))
}

/// The kind of client that waits for a reply, and so the form that the reply takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Audience {
    /// A navigation of a browser: it gets pages and redirects.
    Page,
    /// A script or a program: it gets JSON, never a redirect to a page (docs/attacks.md T143).
    Fetch,
    /// An htmx request: it gets `HX-Redirect` where a navigation would be redirected.
    Htmx,
}

impl Audience {
    /// Judges by `HX-Request: true`, else by `Sec-Fetch-Mode`, and by `Accept` where that does not tell: a navigation accepts
    /// `text/html`. A wrong guess changes the form of a reply, never a permission.
    ///
    /// A script that sends a form and accepts `text/html` stands in for the browser, as Turbo and Unpoly do: it shows what comes
    /// back. A script that reads a page does not get redirects, because it cannot follow them to Atlassian.
    pub(crate) fn of(
        method: &str,
        htmx: Option<&[u8]>,
        mode: Option<&[u8]>,
        accept: Option<&[u8]>,
    ) -> Self {
        if htmx == Some(b"true") {
            return Self::Htmx;
        }
        let accepts_page = || accept.is_some_and(accepts_page);
        let is_page = match mode {
            Some(b"navigate") => true,
            Some(_) => method == "POST" && accepts_page(),
            None => accepts_page(),
        };
        if is_page { Self::Page } else { Self::Fetch }
    }
}
