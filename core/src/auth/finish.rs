//! What a request leaves on the app's own reply.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use http::header::{CACHE_CONTROL, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue};

use crate::auth::session::AuthSession;
use crate::message::cookie::SetCookie;
use crate::message::{HeaderPatch, joined_vary};

const VARY_COOKIE: HeaderValue = HeaderValue::from_static("Cookie");
const VARY_BROWSER: HeaderValue = HeaderValue::from_static("Cookie, Origin, Authorization");
const VARY_SITE: HeaderValue = HeaderValue::from_static("X-Threelo-Site");
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store");

impl AuthSession {
    /// What the app's reply gets: our cookies; and a reply that depends on who is signed in, or sets a cookie of ours,
    /// is kept by no cache. `has_cache_control` tells whether the app set a `Cache-Control` of its own, which stands
    /// unless a cookie of ours is set.
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
        let values = cookies
            .iter()
            .filter_map(|cookie| HeaderValue::from_str(&cookie.to_header_string()).ok());
        patch.append.extend(values.map(|value| (SET_COOKIE, value)));
        patch
    }

    /// The same as [`finish`](Self::finish), done to the fields of the app's reply.
    pub fn finish_headers(&self, headers: &mut HeaderMap) {
        if self.0.cold.get().is_some() {
            let HeaderPatch { set, append } = self.finish(headers.contains_key(CACHE_CONTROL));
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

    /// What a reply that depends on who is signed in depends on.
    fn varies(&self) -> HeaderValue {
        match self.0.web.ports.config.browsers.origins.is_empty() {
            true => VARY_COOKIE,
            false => VARY_BROWSER,
        }
    }

    fn take_cookies(&self) -> Vec<SetCookie> {
        let Some(cold) = self.0.cold.get() else {
            return Vec::new();
        };
        let cookies = cold.cookies.lock();
        std::mem::take(&mut *cookies.unwrap_or_else(PoisonError::into_inner))
    }
}

/// Beside what the app's reply varies by.
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
