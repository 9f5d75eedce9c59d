//! Checked settings and what follows from them.

use std::time::Duration;

use url::Url;

use crate::config::browser::Browsers;
use crate::config::settings::{AccessType, Credentials, Lifetimes, Mode, Remember, TokenEncoding};
use crate::environment::Environment;
use crate::ids::{SessionToken, SessionTokenHash};
use crate::return_to::{ReturnTo, ReturnToRules};
use crate::scope::Scopes;

/// Names and attributes of our cookies, derived from the public URL.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CookiePolicy {
    /// Whether cookies are `Secure` and carry the `__Host-` prefix.
    pub secure: bool,
    /// The session cookie's name.
    pub session: String,
    /// What the names of flow cookies begin with; 8 characters of the state's hash follow.
    pub flow_prefix: String,
    /// The cookie that carries what the next page says.
    pub flash: String,
    /// What the names of session cookies of other sites begin with; 8 characters of the origin's hash follow.
    pub cross_prefix: String,
}

/// Checked settings and what follows from them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Who owns the users.
    pub mode: Mode,
    /// What a consent reaches.
    pub access: AccessType,
    /// The app's identity.
    pub credentials: Credentials,
    /// Which Atlassian.
    pub environment: Environment,
    /// The app's own origin.
    pub public_url: Url,
    /// The path under which a proxy or a nested router shows the app; empty at the root.
    pub mount: String,
    /// The auth prefix as the app sees it, e.g. `/auth`.
    pub prefix: String,
    /// What every login asks for, `read:me` included.
    pub scopes: Scopes,
    /// What a login may ask for besides.
    pub optional_scopes: Scopes,
    /// The callback URL that is registered in the console.
    pub redirect_uri: String,
    /// Where visitors go when no other place is known.
    pub default_return_to: ReturnTo,
    /// What a return target may be.
    pub return_to: ReturnToRules,
    /// Origins besides our own that visitors may return to.
    pub return_origins: Vec<Url>,
    /// Code of the app in browsers, on other origins.
    pub browsers: Browsers,
    /// Cookie names and attributes.
    pub cookies: CookiePolicy,
    /// How the token endpoint is spoken to.
    pub token_encoding: TokenEncoding,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// How long things live for visitors who asked to stay signed in, if the app offers that.
    pub remember: Option<Remember>,
    /// A profile that is older is read again behind a request: 10 minutes to 30 days; 1 day unless set.
    pub profile_age: Duration,
    /// Sessions that one account may have; the oldest ends.
    pub sessions_per_account: usize,
    /// How long a request waits for a refresh: 1 to 30 seconds; 12 seconds unless set.
    pub refresh_wait: Duration,
    /// How long a consent may last at most, if the app reckons with that.
    pub longest_consent: Option<Duration>,
}

impl Config {
    /// The public path of an auth route, e.g. `/tool/auth/login`.
    pub fn route(&self, name: &str) -> String {
        format!("{}{}/{name}", self.mount, self.prefix)
    }

    /// Everything that the app may ask for.
    pub fn askable(&self) -> Scopes {
        self.scopes.union(&self.optional_scopes)
    }

    /// How long a session lives without use, and at most.
    pub fn session_lives(&self, remembered: bool) -> (Duration, Duration) {
        match self.remember.filter(|_| remembered) {
            Some(longer) => (longer.idle, longer.absolute),
            None => (self.lifetimes.idle, self.lifetimes.absolute),
        }
    }

    /// What tells the app from others: the environment and its client id.
    pub(crate) fn app(&self) -> [&str; 2] {
        [self.environment.key(), &self.credentials.client_id]
    }

    /// The key of the session whose cookie holds this token. In another app over the same store it is unknown.
    pub(crate) fn session_key(&self, token: &SessionToken) -> SessionTokenHash {
        session_key(self.app(), token)
    }

    /// The public path of the app's front page.
    pub fn home(&self) -> &str {
        self.default_return_to.as_str()
    }
}

/// The key under which an app (its environment and client id) finds the session whose cookie holds this token.
pub fn session_key(app: [&str; 2], token: &SessionToken) -> SessionTokenHash {
    let [environment, client_id] = app;
    token.hash_of("session", [environment, client_id, ""])
}
