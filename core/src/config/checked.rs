//! Checked settings, and the names and addresses that follow from them.

use std::time::Duration;

use url::Url;

use crate::config::browser::Browsers;
use crate::config::settings::{AccessType, Credentials, Lifetimes, Mode, Remember, TokenEncoding};
use crate::environment::Environment;
use crate::ids::{SessionToken, SessionTokenHash};
use crate::return_to::{ReturnTo, ReturnToRules};
use crate::scope::Scopes;

/// The names and the `Secure` attribute of all cookies, derived from the public URL and the suffix.
///
/// With https, every name begins with `__Host-`, so that browsers refuse such a cookie from a sibling host or for a
/// domain (RFC 6265bis section 4.1.3, docs/attacks.md T089 and T090). Plain http is possible on loopback only, where
/// the prefix is left out (docs/attacks.md T092).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CookiePolicy {
    /// Whether cookies are `Secure` and have the `__Host-` prefix: whenever the public URL is https.
    pub secure: bool,
    /// The name of the session cookie.
    pub session: String,
    /// What the names of flow cookies begin with; 8 characters of the state's hash follow, so that several logins of
    /// one browser do not disturb each other (docs/attacks.md T025).
    pub flow_prefix: String,
    /// The name of the cookie that carries a message for the next page (docs/decisions/0024).
    pub flash: String,
    /// The name of the cookie that marks for a second that the session ended (docs/decisions/0030). No suffix makes a
    /// session's name of it.
    pub ended: String,
    /// What the names of the session cookies of other sites begin with; 8 characters of the origin's hash follow.
    pub cross_prefix: String,
}

/// The checked settings of one app, with everything that follows from them. It does not change while the app runs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Sign-in or connect mode.
    pub mode: Mode,
    /// Whether a consent covers an account or the sites that were chosen.
    pub access: AccessType,
    /// The client id and the client secret.
    pub credentials: Credentials,
    /// The origins and the audience of Atlassian.
    pub environment: Environment,
    /// The origin of the app as browsers see it. Fields such as `Host` are never used in its place
    /// (docs/attacks.md T056).
    pub public_url: Url,
    /// The path under which a proxy or a nested router shows the app; empty at the root.
    pub mount: String,
    /// The path of the auth routes as the app sees it, e.g. `/auth`.
    pub prefix: String,
    /// What every login asks for: the configured scopes, `read:me`, and `offline_access` unless the app only signs in.
    pub scopes: Scopes,
    /// What a login may ask for in addition. A login cannot ask for anything else (docs/attacks.md T058).
    pub optional_scopes: Scopes,
    /// The callback URL. Atlassian compares it exactly with the registered one (docs/protocol.md section 1.2).
    pub redirect_uri: String,
    /// Where visitors go when a login has no return target, or one that was refused.
    pub default_return_to: ReturnTo,
    /// The rules for return targets.
    pub return_to: ReturnToRules,
    /// Other origins that visitors may return to; those of code in browsers are among them.
    pub return_origins: Vec<Url>,
    /// How many proxies in front of the app add to `X-Forwarded-For`; `None` if no address is believed.
    pub trusted_proxies: Option<usize>,
    /// The origins of the app's code in browsers, and what that code may do.
    pub browsers: Browsers,
    /// The names of the cookies.
    pub cookies: CookiePolicy,
    /// The form of requests to the token endpoint.
    pub token_encoding: TokenEncoding,
    /// How long flows and sessions live.
    pub lifetimes: Lifetimes,
    /// The lifetimes for visitors who asked to stay signed in, if the app offers that.
    pub remember: Option<Remember>,
    /// A profile that is older is read again in the background of a request: 10 minutes to 30 days, by default 1 day.
    pub profile_age: Duration,
    /// How many sessions one account may have, 1 to 1000, by default 20. A further login ends the oldest.
    pub sessions_per_account: usize,
    /// How long a request waits for a refresh: 1 to 30 seconds, by default 12 seconds. The refresh itself goes on.
    pub refresh_wait: Duration,
    /// How long an API may take to answer a call: 1 second to 10 minutes, by default 60 seconds.
    pub api_timeout: Duration,
    /// How many refreshes of this process wait for Atlassian at a time: 1 to 1000, by default 32.
    pub concurrent_refreshes: usize,
    /// After which time a consent is assumed to end, 1 day to 10 years, if the app expects that. Atlassian once
    /// documented 365 days (docs/protocol.md section 3.1).
    pub longest_consent: Option<Duration>,
}

impl Config {
    /// The public path of an auth route, e.g. `/tool/auth/login`. It is what browsers ask for, so it has the mount
    /// path.
    pub fn route(&self, name: &str) -> String {
        format!("{}{}/{name}", self.mount, self.prefix)
    }

    /// All scopes that the app may ask for, in any login.
    pub fn askable(&self) -> Scopes {
        self.scopes.union(&self.optional_scopes)
    }

    /// The idle lifetime and the absolute lifetime of a session. `remembered` has no effect unless the app offers it.
    pub fn session_lives(&self, remembered: bool) -> (Duration, Duration) {
        match self.remember.filter(|_| remembered) {
            Some(longer) => (longer.idle, longer.absolute),
            None => (self.lifetimes.idle, self.lifetimes.absolute),
        }
    }

    /// The identity of the app among others over the same store: the environment and the client id.
    pub(crate) fn app(&self) -> [&str; 2] {
        [self.environment.key(), &self.credentials.client_id]
    }

    /// The key of the session whose cookie holds this token. Another app over the same store derives another key, and
    /// finds nothing (docs/attacks.md T231).
    pub(crate) fn session_key(&self, token: &SessionToken) -> SessionTokenHash {
        session_key(self.app(), token)
    }

    /// The public path of the app's front page, to which links of the pages lead.
    pub fn home(&self) -> &str {
        self.default_return_to.as_str()
    }
}

/// The key under which an app, named by environment and client id, finds the session whose cookie holds this token.
pub fn session_key(app: [&str; 2], token: &SessionToken) -> SessionTokenHash {
    let [environment, client_id] = app;
    token.hash_of("session", [environment, client_id, ""])
}
