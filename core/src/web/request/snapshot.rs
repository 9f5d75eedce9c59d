//! What is kept of a request that goes to the app.
//!
//! A handler may ask for the session, or reject the request, after the framework has taken the
//! request apart. The snapshot has enough for each later question, and answers it when it is asked
//! (docs/decisions/0004).

use http::HeaderValue;
use http::uri::PathAndQuery;

use crate::config::{BrowserOrigin, Config};
use crate::message::{Audience, FetchMetadata, Field, RequestHead, cookie};
use crate::web::request::context::{self, Context};
use crate::web::request::credential::{self, Credential};
use crate::web::request::other_name::other_name;
use crate::web::security::start::Start;

/// The fields that are read of every request. `Origin` and `Authorization` are read only if the app
/// lists origins or allows bearer sessions.
const NAMES: [&str; 15] = [
    "accept",
    "accept-language",
    "cookie",
    "host",
    "hx-current-url",
    "hx-request",
    "purpose",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "sec-purpose",
    "upgrade",
    "user-agent",
    "x-threelo-site",
];

/// What is kept of a request's head. Costs no allocation if the framework shares its values and the
/// request has one `Cookie` field at most and none of the rare fields.
pub(crate) struct RequestSnapshot {
    /// Which form an answer would take.
    audience: Audience,
    /// Whether the method is `GET` or `HEAD`.
    is_safe: bool,
    /// Whether a script sent it.
    by_script: bool,
    /// Whether the request can change something, and therefore needs the proof of its origin.
    pub(crate) can_change: bool,
    /// Whether the request may start a login, if a change of it is proven.
    pub(crate) start: Start,
    /// Path and query.
    target: Target,
    /// `Accept-Language` of a navigation, which may be answered with a page.
    language: Option<HeaderValue>,
    /// The first `Cookie` field; HTTP/2 clients may split it (RFC 9113 section 8.2.3).
    cookie: Option<HeaderValue>,
    /// What few requests have.
    cold: Option<Box<ColdState>>,
}

/// What few requests have: in a box, so that the others stay small.
struct ColdState {
    /// The other `Cookie` fields, in their order.
    more_cookies: Vec<HeaderValue>,
    /// `HX-Current-URL`, of htmx requests only.
    stands_at: Option<String>,
    /// `X-Threelo-Site`.
    named_site: Option<String>,
    /// The name by which the visitor came, if it is not that of the public URL.
    other_name: Option<String>,
    /// What code on other origins sends.
    shown: Shown,
}

/// What code on other origins sends besides cookies.
#[derive(Default, PartialEq, Eq)]
struct Shown {
    /// The listed origin.
    origin: Option<BrowserOrigin>,
    /// The first `Authorization` field; `None` if the app allows no bearer sessions.
    authorization: Option<HeaderValue>,
}

impl Shown {
    /// Reads both as far as the app's settings use them.
    fn of(config: &Config, head: &RequestHead<'_>) -> Self {
        let origin = credential::listed(config, head).cloned();
        let bearers = config.browsers.bearer_sessions;
        let authorization = bearers.then(|| head.first("authorization")).flatten();
        let authorization = authorization.and_then(|value| HeaderValue::from_bytes(value).ok());
        Self {
            origin,
            authorization,
        }
    }
}

/// Path and query, shared with the framework if it can share them.
enum Target {
    /// Not copied.
    Shared(PathAndQuery),
    /// Copied, because the framework lends them only.
    Copied(String),
}

impl Target {
    /// What the browser sent, where a nested router has taken its path off. If the mount path says so already, what is left
    /// is kept: the mount path is added to it.
    fn of(config: &Config, head: &RequestHead<'_>) -> Self {
        let copied = || Self::Copied(context::target(head));
        let Some(target) = head.headers.target() else {
            return copied();
        };
        let is_whole = target.path().len() == head.path.len();
        if is_whole
            || !head
                .nest()
                .is_some_and(|nest| config.mount.ends_with(&nest))
        {
            return Self::Shared(target);
        }
        copied()
    }
}

/// What one walk over the fields of a head finds.
#[derive(Default)]
struct Walked<'a> {
    accept: Option<&'a [u8]>,
    htmx: Option<&'a [u8]>,
    current_url: Option<&'a [u8]>,
    site: Option<&'a [u8]>,
    host: Option<&'a [u8]>,
    fetch: FetchMetadata<'a>,
    language: Option<Field<'a>>,
    cookie: Option<HeaderValue>,
    more_cookies: Vec<HeaderValue>,
}

impl<'a> Walked<'a> {
    /// Of a field that comes several times the first counts, except for `Cookie`.
    fn of(head: &RequestHead<'a>) -> Self {
        let mut found = Self::default();
        head.headers.walk(&NAMES, &mut |name, field| {
            let first = match name {
                "accept" => &mut found.accept,
                "hx-request" => &mut found.htmx,
                "hx-current-url" => &mut found.current_url,
                "x-threelo-site" => &mut found.site,
                "host" => &mut found.host,
                "sec-fetch-mode" => &mut found.fetch.mode,
                "sec-fetch-site" => &mut found.fetch.site,
                "sec-fetch-dest" => &mut found.fetch.dest,
                "sec-fetch-user" => &mut found.fetch.user,
                "purpose" | "sec-purpose" => return found.fetch.note_purpose(field.bytes()),
                "upgrade" => &mut found.fetch.upgrade,
                "user-agent" => &mut found.fetch.agent,
                "accept-language" => {
                    found.language.get_or_insert(field);
                    return;
                }
                "cookie" if found.cookie.is_none() => return found.cookie = kept(field),
                "cookie" => return found.more_cookies.extend(kept(field)),
                _ => return,
            };
            first.get_or_insert(field.bytes());
        });
        found
    }
}

impl RequestSnapshot {
    /// Reads a head.
    #[expect(clippy::too_many_lines, reason = "one line per field")]
    pub(crate) fn of(config: &Config, head: &RequestHead<'_>) -> Self {
        let Walked {
            accept,
            htmx,
            current_url,
            site,
            host,
            fetch,
            language,
            cookie,
            more_cookies,
        } = Walked::of(head);
        let audience = Audience::of(head.method, htmx, fetch.mode, accept);
        let stands_at = current_url.filter(|_| audience == Audience::Htmx);
        let shown = Shown::of(config, head);
        let other_name = host.and_then(|_named| other_name(config, head));
        let has_more = stands_at.is_some()
            || other_name.is_some()
            || site.is_some()
            || !more_cookies.is_empty()
            || shown != Shown::default();
        Self {
            audience,
            is_safe: matches!(head.method, "GET" | "HEAD"),
            by_script: fetch.is_by_script(),
            can_change: fetch.can_change(head.method),
            start: Start::of(head.method, &fetch, true),
            target: Target::of(config, head),
            language: language
                .filter(|_| audience == Audience::Page)
                .and_then(kept),
            cookie,
            cold: has_more.then(|| {
                Box::new(ColdState {
                    more_cookies,
                    stands_at: stands_at.and_then(text),
                    named_site: site.and_then(text),
                    other_name,
                    shown,
                })
            }),
        }
    }

    /// Returns the session that the request shows; see [`Credential::read`].
    pub(crate) fn session(&self, config: &Config) -> Option<Credential> {
        let shown = self.cold().map(|cold| &cold.shown);
        let authorization = shown.and_then(|shown| shown.authorization.as_ref());
        let origin = shown.and_then(|shown| shown.origin.as_ref());
        let authorization = authorization.map(HeaderValue::as_bytes);
        Credential::read(config, origin, authorization, self.cookies())
    }

    /// Returns the name by which the visitor came, if it is not that of the public URL.
    pub(crate) fn other_name(&self) -> Option<&str> {
        self.cold()?.other_name.as_deref()
    }

    /// Returns all that a reply may need to know, as if it were read from the head. Without the
    /// flash: that is for threelo's own pages.
    pub(crate) fn context(&self, config: &Config) -> Context {
        Context {
            audience: self.audience,
            is_safe: self.is_safe,
            target: match &self.target {
                Target::Shared(target) => target.as_str().to_owned(),
                Target::Copied(target) => target.clone(),
            },
            by_script: self.by_script,
            language: self
                .language
                .as_ref()
                .and_then(|value| text(value.as_bytes())),
            stands_at: self.cold().and_then(|cold| cold.stands_at.clone()),
            session: self.session(config),
            origin: self.cold().and_then(|cold| cold.shown.origin.clone()),
            flows: context::flows(config, self.cookies()),
            named_site: self.cold().and_then(|cold| cold.named_site.clone()),
            // A flash is for threelo's own pages.
            flash: None,
            cookies_unread: !cookie::are_readable(self.cookies()),
        }
    }

    /// All `Cookie` fields, in their order.
    fn cookies(&self) -> impl Iterator<Item = &[u8]> {
        let more = self.cold().map(|cold| cold.more_cookies.iter());
        let cookies = self.cookie.iter().chain(more.into_iter().flatten());
        cookies.map(HeaderValue::as_bytes)
    }

    /// What few requests have, if this one has it.
    fn cold(&self) -> Option<&ColdState> {
        self.cold.as_deref()
    }
}

/// A field as text; one that is not UTF-8 counts as absent.
fn text(value: &[u8]) -> Option<String> {
    std::str::from_utf8(value).ok().map(str::to_owned)
}

/// A field to keep, shared if the framework can share it.
fn kept(field: Field<'_>) -> Option<HeaderValue> {
    match field {
        Field::Value(value) => Some(value.clone()),
        Field::Bytes(bytes) => HeaderValue::from_bytes(bytes).ok(),
    }
}
