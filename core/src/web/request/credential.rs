//! What a request shows to say whose it is (docs/decisions/0026, 0027).

use crate::config::{BrowserOrigin, Config, SiteRelation};
use crate::ids::{SessionToken, SessionTokenHash};
use crate::message::RequestHead;
use crate::message::cookie::{self, CookieValue, SetCookie};
use crate::session::{SessionKind, partitioned_cookie_name};

/// What every bearer token of threelo begins with, so that tokens of the app are left alone, and
/// tools that search for leaked secrets recognize one.
pub(crate) const BEARER: &str = "threelo_";

/// The session that a request shows, by the key under which it is stored.
///
/// The key covers the way in which the session is shown, so that a session is valid in the way in
/// which it was issued and in no other (docs/attacks.md T093, T094). The token itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// In the session cookie.
    Cookie(SessionTokenHash),
    /// In the partitioned cookie of a listed origin of another site, which has this name.
    Partitioned(SessionTokenHash, String),
    /// In `Authorization`.
    Bearer(SessionTokenHash),
}

impl Credential {
    /// Reads the one credential that counts; `None` if it is missing or malformed.
    ///
    /// The kind is decided first, and there is no second choice: a request never acts for the
    /// person whose cookie happens to be in the browser (docs/decisions/0027).
    ///
    /// 1. A bearer token, if the app allows bearer sessions and the token begins with [`BEARER`].
    /// 2. Otherwise the partitioned cookie, if the request comes from a listed origin of another
    ///    site.
    /// 3. Otherwise the session cookie.
    ///
    /// No store is read: the session may not exist.
    pub(crate) fn read<'a>(
        config: &Config,
        origin: Option<&BrowserOrigin>,
        authorization: Option<&[u8]>,
        cookies: impl Iterator<Item = &'a [u8]>,
    ) -> Option<Self> {
        if let Some(token) = authorization.and_then(bearer)
            && config.browsers.bearer_sessions
        {
            let token = SessionToken::parse(token)?;
            return Some(Self::Bearer(SessionKind::Bearer.key(config, &token)));
        }
        let cross_site = origin.filter(|origin| origin.relation == SiteRelation::CrossSite);
        let Some(origin) = cross_site else {
            let token = cookie_token(cookies, &config.cookies.session)?;
            return Some(Self::Cookie(SessionKind::Cookie.key(config, &token)));
        };
        let origin = &*origin.text;
        let name = partitioned_cookie_name(config, origin);
        let token = cookie_token(cookies, &name)?;
        let key = SessionKind::Partitioned { origin }.key(config, &token);
        Some(Self::Partitioned(key, name))
    }

    /// Returns the key of the session.
    pub(crate) fn key(&self) -> &SessionTokenHash {
        match self {
            Self::Cookie(key) | Self::Partitioned(key, _) | Self::Bearer(key) => key,
        }
    }

    /// Returns whether the sender put the credential there deliberately. Browsers add cookies by
    /// themselves, but never this field, so that it proves the origin of a change.
    pub(crate) fn is_deliberate(&self) -> bool {
        matches!(self, Self::Bearer(_))
    }

    /// Returns the cookies that remove the session from the browser: `usual` for the session
    /// cookie, the removal of a partitioned cookie, none for a bearer token.
    ///
    /// A browser obeys a removal only if it has the attributes of the cookie (docs/attacks.md
    /// T091).
    pub(crate) fn removal(&self, usual: Vec<SetCookie>) -> Vec<SetCookie> {
        match self {
            Self::Cookie(_) => usual,
            Self::Partitioned(_, name) => vec![SetCookie::removal(name, true).partitioned()],
            Self::Bearer(_) => Vec::new(),
        }
    }
}

/// Reads the token of a cookie. The name must match byte by byte (docs/attacks.md T085, T086), the
/// cookie must not have two different values (T087), and the token has one spelling (T084).
fn cookie_token<'a>(cookies: impl Iterator<Item = &'a [u8]>, name: &str) -> Option<SessionToken> {
    match cookie::find(cookies, name) {
        CookieValue::One(value) => SessionToken::parse(value),
        _ => None,
    }
}

/// Returns what follows [`BEARER`] in an `Authorization` field; `None` for other schemes and for
/// tokens of the app. A malformed field counts as absent (docs/attacks.md T224).
fn bearer(field: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = field.split_at_checked("Bearer ".len())?;
    let is_bearer = scheme.eq_ignore_ascii_case(b"Bearer ");
    token.strip_prefix(BEARER.as_bytes()).filter(|_| is_bearer)
}

/// Returns the listed origin that a request comes from: its only `Origin` field, byte by byte
/// (docs/attacks.md T119). Two such fields, or an origin that is not listed, are `None`.
pub(crate) fn listed<'a>(config: &'a Config, head: &RequestHead<'_>) -> Option<&'a BrowserOrigin> {
    if config.browsers.origins.is_empty() {
        return None;
    }
    match head.all("origin").as_slice() {
        [origin] => config.browsers.origin(origin),
        _ => None,
    }
}
