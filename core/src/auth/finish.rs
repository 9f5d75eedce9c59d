//! What a request adds to the app's own reply: cookies, and the header fields that keep private
//! replies out of caches.
//!
//! A reply needs nothing if the handler never asked who is signed in (docs/decisions/0004).

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use http::header::{CACHE_CONTROL, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue};

use crate::auth::session::AuthSession;
use crate::message::cookie::SetCookie;
use crate::message::{HeaderPatch, joined_vary};

/// What a reply depends on when only cookies can identify the visitor.
const VARY_COOKIE: HeaderValue = HeaderValue::from_static("Cookie");
/// The same when the app lists origins: the origin and a bearer token can identify the visitor,
/// too.
const VARY_BROWSER: HeaderValue = HeaderValue::from_static("Cookie, Origin, Authorization");
/// The request field that names a site; it counts only for replies for which the site was asked.
const VARY_SITE: HeaderValue = HeaderValue::from_static("X-Threelo-Site");
/// Kept by no cache. `no-store` also makes browsers drop the page from their back-forward cache
/// when the session cookie changes (docs/decisions/0030).
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store");

/// The fields by which an app tells certain caches more than `Cache-Control` does (RFC 9213, and older ones). Where
/// they stand beside it, those caches obey them only.
const OTHER_CACHE_FIELDS: [&str; 8] = [
    "akamai-cache-control",
    "cdn-cache-control",
    "cloudflare-cdn-cache-control",
    "edge-control",
    "netlify-cdn-cache-control",
    "surrogate-control",
    "vercel-cdn-cache-control",
    "x-accel-expires",
];

impl AuthSession {
    /// Returns what must be added to the app's reply, and takes the pending cookies: a second call
    /// returns none of them.
    ///
    /// - If the handler asked who is signed in, the reply gets `Vary`, and `Cache-Control: private,
    ///   no-store` unless the app set a `Cache-Control` of its own (`has_cache_control`).
    /// - If a cookie of ours is set or removed, the app's `Cache-Control` is overruled, and what it
    ///   tells certain caches (`CDN-Cache-Control` and its like) is taken out: a cache must never
    ///   store a `Set-Cookie` for the next visitor.
    /// - If the handler asked for the site, the reply also varies by `X-Threelo-Site`.
    ///
    /// Adapters call it after the app has answered, also if the app answered with an error.
    pub fn finish(&self, has_cache_control: bool) -> HeaderPatch {
        let mut patch = HeaderPatch::default();
        let cookies = self.take_cookies();
        let was_asked = self.0.was_asked.load(Ordering::Relaxed);
        if was_asked {
            patch.append.push((VARY, self.varies()));
        }
        if self.0.site_was_asked.load(Ordering::Relaxed) {
            patch.append.push((VARY, VARY_SITE));
        }
        if !cookies.is_empty() || (was_asked && !has_cache_control) {
            patch.set.push((CACHE_CONTROL, PRIVATE));
        }
        if !cookies.is_empty() {
            patch.remove = &OTHER_CACHE_FIELDS;
        }
        let values = cookies
            .iter()
            .filter_map(|cookie| HeaderValue::from_str(&cookie.to_header_string()).ok());
        patch.append.extend(values.map(|value| (SET_COOKIE, value)));
        patch
    }

    /// Does the same as [`finish`](Self::finish) directly to the fields of the app's reply, for
    /// frameworks that use the header map of `http` 1. A `Vary` that the app set is extended and
    /// not replaced.
    pub fn finish_headers(&self, headers: &mut HeaderMap) {
        if self.0.cold.get().is_some() {
            let patch = self.finish(headers.contains_key(CACHE_CONTROL));
            let HeaderPatch {
                remove,
                set,
                append,
            } = patch;
            for name in remove {
                headers.remove(*name);
            }
            for (name, value) in set {
                headers.insert(name, value);
            }
            for (name, value) in append {
                match name == VARY {
                    true => vary(headers, value),
                    false => drop(headers.append(name, value)),
                }
            }
        } else if self.0.was_asked.load(Ordering::Relaxed) {
            vary(headers, self.varies());
            if self.0.site_was_asked.load(Ordering::Relaxed) {
                vary(headers, VARY_SITE);
            }
            headers.entry(CACHE_CONTROL).or_insert(PRIVATE);
        }
    }

    /// What identifies the visitor of this app, as a value of `Vary`.
    fn varies(&self) -> HeaderValue {
        match self.0.web.ports.config.browsers.origins.is_empty() {
            true => VARY_COOKIE,
            false => VARY_BROWSER,
        }
    }

    /// Takes the cookies that sign-outs of this request left behind; most requests have none.
    fn take_cookies(&self) -> Vec<SetCookie> {
        let Some(cold) = self.0.cold.get() else {
            return Vec::new();
        };
        let cookies = cold.cookies.lock();
        std::mem::take(&mut *cookies.unwrap_or_else(PoisonError::into_inner))
    }
}

/// Adds names to `Vary`, keeping what the app set, in one field: some layers read only the first of
/// several. If the joined value cannot be written as a field, the app's value gives way to ours,
/// because ours is what protects the visitor.
fn vary(headers: &mut HeaderMap, more: HeaderValue) {
    let had = headers.get_all(VARY);
    let joined = match (had.iter().next(), more.to_str()) {
        (Some(_), Ok(more)) => joined_vary(had.iter().map(HeaderValue::as_bytes), more),
        _ => String::new(),
    };
    let joined = HeaderValue::from_str(&joined).ok();
    let value = joined.filter(|joined| !joined.is_empty()).unwrap_or(more);
    headers.insert(VARY, value);
}
