//! What a request shows to say whose it is.

use crate::config::{BrowserOrigin, Config, SiteRelation};
use crate::ids::{SessionToken, SessionTokenHash};
use crate::message::RequestHead;
use crate::message::cookie::{self, CookieValue, SetCookie};
use crate::session::{SessionKind, partitioned_cookie_name};

/// What a bearer session looks like, so that an app's own tokens are left alone and a leaked one is recognized.
pub(crate) const BEARER: &str = "threelo_";

/// The session that a request shows, by the key under which it is stored. A session is good in the way in which it was
/// given, and in no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// The session cookie.
    Cookie(SessionTokenHash),
    /// The cookie of a listed origin of another site; its name.
    Partitioned(SessionTokenHash, String),
    /// A token in `Authorization`.
    Bearer(SessionTokenHash),
}

impl Credential {
    /// Reads it. A bearer token counts alone, and so does what the origin of another site shows: a request never becomes
    /// somebody's by a cookie that its sender did not mean.
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

    /// The key of the session.
    pub(crate) fn key(&self) -> &SessionTokenHash {
        match self {
            Self::Cookie(key) | Self::Partitioned(key, _) | Self::Bearer(key) => key,
        }
    }

    /// Whether no page of another origin can have made the browser show it.
    pub(crate) fn is_deliberate(&self) -> bool {
        matches!(self, Self::Bearer(_))
    }

    /// The cookies that take the session from the browser; none where it is in no cookie.
    pub(crate) fn removal(&self, usual: Vec<SetCookie>) -> Vec<SetCookie> {
        match self {
            Self::Cookie(_) => usual,
            Self::Partitioned(_, name) => vec![SetCookie::removal(name, true).partitioned()],
            Self::Bearer(_) => Vec::new(),
        }
    }
}

/// Exactly one cookie under the exact name, in its one spelling.
fn cookie_token<'a>(cookies: impl Iterator<Item = &'a [u8]>, name: &str) -> Option<SessionToken> {
    match cookie::find(cookies, name) {
        CookieValue::One(value) => SessionToken::parse(value),
        _ => None,
    }
}

/// The token of an `Authorization` field, if it is one of ours.
fn bearer(field: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = field.split_at_checked("Bearer ".len())?;
    let is_bearer = scheme.eq_ignore_ascii_case(b"Bearer ");
    token.strip_prefix(BEARER.as_bytes()).filter(|_| is_bearer)
}

/// The listed origin from which a request comes: its one `Origin`, byte by byte.
pub(crate) fn listed<'a>(config: &'a Config, head: &RequestHead<'_>) -> Option<&'a BrowserOrigin> {
    if config.browsers.origins.is_empty() {
        return None;
    }
    match head.all("origin").as_slice() {
        [origin] => config.browsers.origin(origin),
        _ => None,
    }
}
