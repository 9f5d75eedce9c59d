//! The ways in which a browser shows a session, and the keys under which such sessions are stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::Digest as _;
use sha2::Sha256;

use crate::config::Config;
use crate::ids::{SessionToken, SessionTokenHash};

/// How a session is shown. A session is good in the way in which it was issued and in no other:
/// each kind has keys of its own in the store, so that a bearer token is no cookie, and a cookie is
/// no bearer token (docs/decisions/0026; docs/attacks.md, T094).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionKind<'a> {
    /// By the session cookie of the app's own site.
    Cookie,
    /// By the partitioned cookie of a listed origin of another site.
    Partitioned {
        /// The origin; it is part of the key, so that a request of another origin does not find the
        /// session.
        origin: &'a str,
    },
    /// By a token in `Authorization`.
    Bearer,
}

impl SessionKind<'_> {
    /// The key under which the session of a token is stored: a hash over kind, app, origin and
    /// token. In another app over the same store the token is unknown, even if the apps share their
    /// keys.
    pub(crate) fn key(self, config: &Config, token: &SessionToken) -> SessionTokenHash {
        let [environment, client_id] = config.app();
        match self {
            Self::Cookie => config.session_key(token),
            Self::Partitioned { origin } => {
                token.hash_of("partitioned session", [environment, client_id, origin])
            }
            Self::Bearer => token.hash_of("bearer session", [environment, client_id, ""]),
        }
    }
}

/// The name of the partitioned cookie of an origin. Two origins of one site share a cookie jar, and
/// each has a cookie of its own there.
pub(crate) fn partitioned_cookie_name(config: &Config, origin: &str) -> String {
    let mut hash = URL_SAFE_NO_PAD.encode(Sha256::digest(origin));
    hash.truncate(8);
    format!("{}{hash}", config.cookies.cross_prefix)
}
