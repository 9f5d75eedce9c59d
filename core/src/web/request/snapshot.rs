//! What is kept of a request that goes to the app: enough for every later question, read only when one is asked.

use http::HeaderValue;
use http::uri::PathAndQuery;

use crate::config::{BrowserOrigin, Config};
use crate::message::{Audience, Field, RequestHead};
use crate::web::request::context::{self, Context};
use crate::web::request::credential::{self, Credential};

const NAMES: [&str; 6] = [
    "accept",
    "cookie",
    "hx-current-url",
    "hx-request",
    "sec-fetch-mode",
    "x-threelo-site",
];

/// A request's head after the request went on. Costs no allocation where the framework shares its parts.
pub(crate) struct RequestSnapshot {
    audience: Audience,
    is_safe: bool,
    target: Target,
    cookie: Option<HeaderValue>,
    cold: Option<Box<ColdState>>,
}

/// What few requests have.
struct ColdState {
    more_cookies: Vec<HeaderValue>,
    stands_at: Option<String>,
    named_site: Option<String>,
    shown: Shown,
}

/// What code on other origins shows beside cookies.
#[derive(Default, PartialEq, Eq)]
struct Shown {
    origin: Option<BrowserOrigin>,
    authorization: Option<HeaderValue>,
}

impl Shown {
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

enum Target {
    Shared(PathAndQuery),
    Copied(String),
}

impl RequestSnapshot {
    /// Keeps what may be asked for.
    pub(crate) fn of(config: &Config, head: &RequestHead<'_>) -> Self {
        let [mut accept, mut htmx, mut mode, mut current_url, mut site] = [None; 5];
        let (mut cookie, mut more_cookies) = (None, Vec::new());
        head.headers.walk(&NAMES, &mut |name, field| {
            let first = match name {
                "accept" => &mut accept,
                "hx-request" => &mut htmx,
                "sec-fetch-mode" => &mut mode,
                "hx-current-url" => &mut current_url,
                "x-threelo-site" => &mut site,
                "cookie" if cookie.is_none() => return cookie = kept(field),
                "cookie" => return more_cookies.extend(kept(field)),
                _ => return,
            };
            first.get_or_insert(field.bytes());
        });
        let audience = Audience::of(htmx, mode, accept);
        let stands_at = current_url.filter(|_| audience == Audience::Htmx);
        let shown = Shown::of(config, head);
        let has_more = stands_at.is_some()
            || site.is_some()
            || !more_cookies.is_empty()
            || shown != Shown::default();
        Self {
            audience,
            is_safe: matches!(head.method, "GET" | "HEAD"),
            target: match head.headers.target() {
                Some(target) => Target::Shared(target),
                None => Target::Copied(context::target(head)),
            },
            cookie,
            cold: has_more.then(|| {
                Box::new(ColdState {
                    more_cookies,
                    stands_at: stands_at.and_then(text),
                    named_site: site.and_then(text),
                    shown,
                })
            }),
        }
    }

    /// The session that the request shows.
    pub(crate) fn session(&self, config: &Config) -> Option<Credential> {
        let shown = self.cold().map(|cold| &cold.shown);
        let authorization = shown.and_then(|shown| shown.authorization.as_ref());
        let origin = shown.and_then(|shown| shown.origin.as_ref());
        let authorization = authorization.map(HeaderValue::as_bytes);
        Credential::read(config, origin, authorization, self.cookies())
    }

    /// All that an answer may need.
    pub(crate) fn context(&self, config: &Config) -> Context {
        Context {
            audience: self.audience,
            is_safe: self.is_safe,
            target: match &self.target {
                Target::Shared(target) => target.as_str().to_owned(),
                Target::Copied(target) => target.clone(),
            },
            stands_at: self.cold().and_then(|cold| cold.stands_at.clone()),
            session: self.session(config),
            origin: self.cold().and_then(|cold| cold.shown.origin.clone()),
            flows: context::flows(config, self.cookies()),
            named_site: self.cold().and_then(|cold| cold.named_site.clone()),
            // The app's own pages say what they like.
            flash: None,
        }
    }

    fn cookies(&self) -> impl Iterator<Item = &[u8]> {
        let more = self.cold().map(|cold| cold.more_cookies.iter());
        let cookies = self.cookie.iter().chain(more.into_iter().flatten());
        cookies.map(HeaderValue::as_bytes)
    }

    fn cold(&self) -> Option<&ColdState> {
        self.cold.as_deref()
    }
}

fn text(value: &[u8]) -> Option<String> {
    std::str::from_utf8(value).ok().map(str::to_owned)
}

fn kept(field: Field<'_>) -> Option<HeaderValue> {
    match field {
        Field::Value(value) => Some(value.clone()),
        Field::Bytes(bytes) => HeaderValue::from_bytes(bytes).ok(),
    }
}
