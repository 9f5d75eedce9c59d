//! The one gate for everything that starts a login: the route, and handlers of the app that answer with a login
//! (docs/decisions/0078). What a stranger's page can make a browser send must not start one.

use crate::error::Rejection;
use crate::message::FetchMetadata;

/// Whether a request may start a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// It may.
    Allowed,
    /// Another site began it without a click: the visitor is asked first (docs/attacks.md T015).
    Asked,
    /// The browser only looks ahead (T036).
    Prefetch,
    /// A frame, an image or the like (T037).
    Inside,
    /// A change without proof of its origin (T110).
    Foreign,
    /// A method that asks for no content, such as `HEAD`.
    Method,
}

impl Start {
    /// Decides. `is_proven` says whether a change has the proof of its origin.
    pub(crate) fn of(method: &str, fetch: &FetchMetadata<'_>, is_proven: bool) -> Self {
        if fetch.can_change(method) {
            return match is_proven {
                true => Self::Allowed,
                false => Self::Foreign,
            };
        }
        // A script of the app's own pages may: it follows no stranger's wish.
        let is_own_script = fetch.is_own() && fetch.dest.is_none_or(|dest| dest == b"empty");
        if method != "GET" {
            Self::Method
        } else if fetch.is_prefetch {
            Self::Prefetch
        } else if !fetch.is_navigation() && !is_own_script {
            Self::Inside
        } else if fetch.is_pushed() {
            Self::Asked
        } else {
            Self::Allowed
        }
    }

    /// Why it may not.
    ///
    /// # Errors
    ///
    /// [`Rejection::Prefetch`], [`Rejection::NavigationOnly`], [`Rejection::Forbidden`], [`Rejection::Method`]. A start
    /// that is only to be asked about is none.
    pub(crate) fn check(self) -> Result<(), Rejection> {
        match self {
            Self::Allowed | Self::Asked => Ok(()),
            Self::Prefetch => Err(Rejection::Prefetch),
            Self::Inside => Err(Rejection::NavigationOnly),
            Self::Foreign => Err(Rejection::Forbidden),
            Self::Method => Err(Rejection::Method("GET, POST")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetch(site: &'static str, mode: &'static str, dest: &'static str) -> FetchMetadata<'static> {
        FetchMetadata {
            site: Some(site.as_bytes()),
            mode: Some(mode.as_bytes()),
            dest: Some(dest.as_bytes()),
            ..FetchMetadata::default()
        }
    }

    /// Ways in, each with what the gate says to it as `GET`.
    #[test]
    fn every_way_in_has_its_rule() {
        let clicked = |way| FetchMetadata {
            user: Some(b"?1"),
            ..way
        };
        let ahead = |way| FetchMetadata {
            is_prefetch: true,
            ..way
        };
        let window = fetch("cross-site", "navigate", "document");
        for (way, start) in [
            (FetchMetadata::default(), Start::Allowed),
            (fetch("none", "navigate", "document"), Start::Allowed),
            (fetch("same-origin", "navigate", "document"), Start::Allowed),
            (fetch("same-origin", "cors", "empty"), Start::Allowed),
            // A service worker passed it on.
            (fetch("same-origin", "navigate", "empty"), Start::Allowed),
            (fetch("cross-site", "navigate", "empty"), Start::Asked),
            (fetch("same-origin", "navigate", "iframe"), Start::Inside),
            (clicked(window), Start::Allowed),
            (window, Start::Asked),
            (fetch("same-site", "navigate", "document"), Start::Asked),
            (ahead(FetchMetadata::default()), Start::Prefetch),
            (
                ahead(fetch("none", "navigate", "document")),
                Start::Prefetch,
            ),
            (fetch("same-origin", "no-cors", "image"), Start::Inside),
            (fetch("cross-site", "no-cors", "image"), Start::Inside),
            (fetch("same-site", "no-cors", "script"), Start::Inside),
            (fetch("cross-site", "navigate", "iframe"), Start::Inside),
            (fetch("same-origin", "navigate", "iframe"), Start::Inside),
            (fetch("cross-site", "cors", "empty"), Start::Inside),
            (
                fetch("cross-site", "websocket", "websocket"),
                Start::Foreign,
            ),
        ] {
            assert_eq!(Start::of("GET", &way, false), start, "{way:?}");
        }
    }

    #[test]
    fn changes_need_proof_and_other_methods_start_nothing() {
        let bare = FetchMetadata::default();
        assert_eq!(Start::of("POST", &bare, true), Start::Allowed);
        assert_eq!(Start::of("POST", &bare, false), Start::Foreign);
        for method in ["HEAD", "OPTIONS", "TRACE"] {
            assert_eq!(Start::of(method, &bare, true), Start::Method, "{method}");
        }
    }
}
