//! What a browser says about where a request comes from and what it is for, in fields that pages cannot set (Fetch
//! Metadata Request Headers).

use crate::message::RequestHead;

/// The fields of one request, each as its first occurrence says. Programs and old browsers send none of them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FetchMetadata<'a> {
    /// `Sec-Fetch-Site`.
    pub(crate) site: Option<&'a [u8]>,
    /// `Sec-Fetch-Mode`.
    pub(crate) mode: Option<&'a [u8]>,
    /// `Sec-Fetch-Dest`.
    pub(crate) dest: Option<&'a [u8]>,
    /// `Sec-Fetch-User`.
    pub(crate) user: Option<&'a [u8]>,
    /// `User-Agent`, for one question only: whether the browser tells of clicks at all.
    pub(crate) agent: Option<&'a [u8]>,
    /// Whether `Sec-Purpose`, or its older name `Purpose`, says that the browser only looks ahead (docs/attacks.md
    /// T036). Either is enough.
    pub(crate) is_prefetch: bool,
    /// `Upgrade` (RFC 9110 section 7.8).
    pub(crate) upgrade: Option<&'a [u8]>,
}

impl<'a> FetchMetadata<'a> {
    /// Reads a head.
    pub(crate) fn of(head: &RequestHead<'a>) -> Self {
        let mut fetch = Self {
            site: head.first("sec-fetch-site"),
            mode: head.first("sec-fetch-mode"),
            dest: head.first("sec-fetch-dest"),
            user: head.first("sec-fetch-user"),
            agent: head.first("user-agent"),
            is_prefetch: false,
            upgrade: head.first("upgrade"),
        };
        for name in ["sec-purpose", "purpose"] {
            if let Some(value) = head.first(name) {
                fetch.note_purpose(value);
            }
        }
        fetch
    }

    /// Takes a value of `Sec-Purpose` or `Purpose`.
    pub(crate) fn note_purpose(&mut self, value: &[u8]) {
        self.is_prefetch |= contains(value, b"prefetch");
    }

    /// Whether it is a navigation of a whole window, or a browser that does not tell: not a frame, an image or a script
    /// (docs/attacks.md T037).
    ///
    /// A service worker that passes a navigation on makes it one for `empty`; the mode stays, and no script can choose it
    /// (Fetch Standard, `Request` constructor).
    pub(crate) fn is_navigation(&self) -> bool {
        let is_passed_on = self.dest == Some(b"empty") && self.mode == Some(b"navigate");
        let is_window = self.dest.is_none_or(|dest| dest == b"document");
        (is_window || is_passed_on) && self.mode.is_none_or(|mode| mode == b"navigate")
    }

    /// Whether a script sent it, and not the browser by itself.
    pub(crate) fn is_by_script(&self) -> bool {
        self.mode.is_some_and(|mode| mode != b"navigate")
    }

    /// Whether a page of the app's own origin sent it.
    pub(crate) fn is_own(&self) -> bool {
        self.site == Some(b"same-origin")
    }

    /// Whether another site began it; a sibling host may belong to somebody else.
    pub(crate) fn is_from_elsewhere(&self) -> bool {
        matches!(self.site, Some(b"cross-site" | b"same-site"))
    }

    /// Whether another site began it without a click of the visitor's (docs/attacks.md T015).
    pub(crate) fn is_pushed(&self) -> bool {
        self.is_from_elsewhere() && self.user != Some(b"?1") && !self.never_tells_clicks()
    }

    /// Whether it is a browser that sends `Sec-Fetch-Site` and never `Sec-Fetch-User`: every WebKit, which are Safari and all
    /// browsers of iOS. They name `AppleWebKit` and not `Chrome`; Chromium names both, Firefox neither
    /// (docs/decisions/0090).
    fn never_tells_clicks(&self) -> bool {
        let names = |word: &[u8]| self.agent.is_some_and(|agent| contains(agent, word));
        names(b"applewebkit/") && !names(b"chrome/") && !names(b"chromium/")
    }

    /// Whether a request with this method can change something: by the method (RFC 9110 section 9.2.1), or because it
    /// opens a WebSocket, over which anything can be said (RFC 6455 section 4.1).
    pub(crate) fn can_change(&self, method: &str) -> bool {
        let opens = self.mode == Some(b"websocket")
            || self
                .upgrade
                .is_some_and(|upgrade| contains(upgrade, b"websocket"));
        opens || !matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE")
    }
}

/// Whether a value contains a word, whatever its case.
fn contains(value: &[u8], word: &[u8]) -> bool {
    value
        .windows(word.len())
        .any(|part| part.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: &[u8] = b"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15";
    const IOS_CHROME: &[u8] = b"Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/133.0.6943.33 Mobile/15E148 Safari/604.1";
    const CHROME: &[u8] = b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36";
    const EDGE: &[u8] = b"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36 Edg/133.0.0.0";
    const HEADLESS: &[u8] = b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/133.0.0.0 Safari/537.36";
    const FIREFOX: &[u8] =
        b"Mozilla/5.0 (X11; Linux x86_64; rv:135.0) Gecko/20100101 Firefox/135.0";

    #[test]
    fn a_missing_sec_fetch_user_means_pushed_only_in_browsers_that_send_it() {
        for (agent, is_pushed) in [
            (Some(MAC), false),
            (Some(IOS_CHROME), false),
            (Some(CHROME), true),
            (Some(EDGE), true),
            (Some(HEADLESS), true),
            (Some(FIREFOX), true),
            (Some(b"".as_slice()), true),
            (None, true),
        ] {
            let fetch = FetchMetadata {
                site: Some(b"cross-site"),
                agent,
                ..FetchMetadata::default()
            };
            assert_eq!(
                fetch.is_pushed(),
                is_pushed,
                "{}",
                agent.unwrap_or_default().escape_ascii()
            );
        }
    }
}
