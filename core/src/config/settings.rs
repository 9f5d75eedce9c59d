//! What the caller said, unchecked.

use std::time::Duration;

use crate::config::forward::Forward;
use crate::environment::Environment;
use crate::secret::ClientSecret;

/// The app's identity at Atlassian, from its Settings in the developer console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    pub(crate) client_id: String,
    pub(crate) client_secret: ClientSecret,
}

impl Credentials {
    /// The client id and the client secret as the console shows them.
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: ClientSecret::new(client_secret),
        }
    }
}

/// How the token endpoint is spoken to; both forms work at Atlassian, JSON is the documented one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenEncoding {
    /// `application/json`.
    #[default]
    Json,
    /// `application/x-www-form-urlencoded`, as RFC 6749 has it.
    Form,
}

/// What a consent reaches: the grant type that was chosen when the app was created in the developer console.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessType {
    /// Account-level: one grant per account, which widens with every consent.
    #[default]
    Account,
    /// Resource-level: one grant per consent, for the sites that were chosen there.
    Resource,
}

/// What happens when an Atlassian account is connected that another user of the app has connected already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkPolicy {
    /// The second user is told so, and the first keeps it.
    #[default]
    Refuse,
    /// Both have it.
    Share,
}

/// Who owns the users.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "every decision must know both")]
pub enum Mode {
    /// Atlassian accounts sign in, with sessions of ours.
    SignIn,
    /// The app has users and sessions of its own, and they connect Atlassian accounts.
    Connect {
        /// Whether two users may have one account.
        links: LinkPolicy,
        /// Where the app signs its users in, if it says so.
        login: Option<String>,
    },
}

impl Mode {
    /// Whether the app has users of its own.
    pub fn is_connect(&self) -> bool {
        matches!(self, Self::Connect { .. })
    }
}

/// How long things live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lifetimes {
    /// From login start to callback: 1 to 30 minutes; 10 minutes unless set.
    pub flow: Duration,
    /// A session that nobody uses: 5 minutes to 30 days; 8 hours unless set.
    pub idle: Duration,
    /// A session at most: 1 hour to 90 days; 7 days unless set.
    pub absolute: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            flow: Duration::from_secs(10 * 60),
            idle: Duration::from_secs(8 * 3600),
            absolute: Duration::from_secs(7 * 24 * 3600),
        }
    }
}

impl Lifetimes {
    /// Activity is written at most this often: every 5 minutes, or a tenth of the idle lifetime.
    pub fn activity_step(&self) -> Duration {
        (self.idle / 10).min(Duration::from_secs(5 * 60))
    }
}

/// How long a session lives whose visitor asked to stay signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remember {
    /// Without use: 5 minutes to 90 days.
    pub idle: Duration,
    /// At most: 1 hour to 90 days.
    pub absolute: Duration,
}

/// What the caller said, unchecked.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) mode: Mode,
    pub(crate) access: AccessType,
    pub(crate) credentials: Credentials,
    pub(crate) environment: Environment,
    pub(crate) public_url: String,
    pub(crate) mount: String,
    pub(crate) prefix: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) optional_scopes: Vec<String>,
    pub(crate) sign_in_only: bool,
    pub(crate) default_return_to: String,
    pub(crate) return_origins: Vec<String>,
    pub(crate) same_site_origins: Vec<String>,
    pub(crate) cross_site_origins: Vec<String>,
    pub(crate) bearer_sessions: bool,
    pub(crate) access_tokens: bool,
    pub(crate) forwards: Vec<Forward>,
    pub(crate) cookie_suffix: Option<String>,
    pub(crate) token_encoding: TokenEncoding,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) remember: Option<Remember>,
    pub(crate) profile_age: Duration,
    pub(crate) sessions_per_account: usize,
    pub(crate) refresh_wait: Duration,
    pub(crate) longest_consent: Option<Duration>,
}

impl Settings {
    /// Defaults around what has none.
    pub(crate) fn new(credentials: Credentials, public_url: String) -> Self {
        Self {
            mode: Mode::SignIn,
            access: AccessType::default(),
            credentials,
            environment: Environment::cloud(),
            public_url,
            mount: String::new(),
            prefix: "/auth".to_owned(),
            scopes: Vec::new(),
            optional_scopes: Vec::new(),
            sign_in_only: false,
            default_return_to: "/".to_owned(),
            return_origins: Vec::new(),
            same_site_origins: Vec::new(),
            cross_site_origins: Vec::new(),
            bearer_sessions: false,
            access_tokens: false,
            forwards: Vec::new(),
            cookie_suffix: None,
            token_encoding: TokenEncoding::default(),
            lifetimes: Lifetimes::default(),
            remember: None,
            profile_age: Duration::from_secs(24 * 3600),
            sessions_per_account: 20,
            refresh_wait: Duration::from_secs(12),
            longest_consent: None,
        }
    }
}
