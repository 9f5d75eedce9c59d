//! Settings as the builder was given them, unchecked, and the types that users name in them.

use std::time::Duration;

use crate::config::forward::Forward;
use crate::environment::Environment;
use crate::secret::ClientSecret;

/// The identity of the app at Atlassian, from its *Settings* in the developer console.
///
/// The client id appears in addresses that browsers see; the secret goes to the token endpoint only, and never prints.
///
/// ```
/// use threelo::Credentials;
///
/// let credentials = Credentials::new("tRTZ4YtdX3lYcJ3qjYl0vgcEZqcxBHkE", "ATOAabc");
/// assert!(!format!("{credentials:?}").contains("ATOAabc"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// RFC 6749 section 2.2. It also tells apps over one store apart.
    pub(crate) client_id: String,
    /// RFC 6749 section 2.3.1. Atlassian requires it in every token request (docs/protocol.md section 2.1).
    pub(crate) client_secret: ClientSecret,
}

impl Credentials {
    /// Takes the client id and the client secret as the console shows them.
    ///
    /// The builder refuses a client id that is not 1 to 256 printable ASCII characters, and a secret that is empty or
    /// contains anything but printable ASCII: both usually come from a line break that was copied along.
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: ClientSecret::new(client_secret),
        }
    }
}

/// The form in which requests to the token endpoint are written. Both work at Atlassian; JSON is the documented one
/// (docs/protocol.md section 2.1).
///
/// ```
/// use threelo::{Auth, Credentials, TokenEncoding};
///
/// # fn main() -> Result<(), threelo::BuildError> {
/// let auth = Auth::builder(Credentials::new("my-client-id", "my-secret"), "https://app.example.com")
///     .token_encoding(TokenEncoding::Form) // for a proxy that understands RFC 6749 only
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenEncoding {
    /// `application/json`.
    #[default]
    Json,
    /// `application/x-www-form-urlencoded`, as RFC 6749 section 4.1.3 specifies. The secret is in the body here as
    /// well.
    Form,
}

/// What a consent covers: the grant type that was chosen when the app was created in the developer console
/// (docs/protocol.md section 4.5). It cannot be read from Atlassian, so the setting must match the console.
///
/// ```
/// use threelo::{AccessType, Auth, Credentials};
///
/// # fn main() -> Result<(), threelo::BuildError> {
/// let auth = Auth::builder(Credentials::new("my-client-id", "my-secret"), "https://app.example.com")
///     .access_type(AccessType::Resource)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessType {
    /// Account-level: one grant per account, which every consent for another site widens.
    #[default]
    Account,
    /// Resource-level: one grant per consent, with tokens of its own, for the sites that were chosen there. A call
    /// takes the newest grant that reaches its site (docs/decisions/0037).
    Resource,
}

/// What happens when a user connects an Atlassian account that another user of the app has connected already
/// (docs/attacks.md T016). An account is never moved from one user to another.
///
/// ```
/// use threelo::{Connect, Credentials, LinkPolicy};
///
/// # fn main() -> Result<(), threelo::BuildError> {
/// let connect = Connect::builder(Credentials::new("my-client-id", "my-secret"), "https://app.example.com")
///     .link_policy(LinkPolicy::Share) // for a team that works with one technical account
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkPolicy {
    /// The second user gets a page that says so, and the first keeps the account.
    #[default]
    Refuse,
    /// Both users have the account, and both act with its rights.
    Share,
}

/// Whether threelo or the app owns the users and their sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "every decision must know both")]
pub enum Mode {
    /// Sign-in mode: visitors sign in with Atlassian, and threelo owns their sessions.
    SignIn,
    /// Connect mode: the app has users and sessions of its own, and its users connect Atlassian accounts.
    Connect {
        /// Whether two users may connect one account.
        links: LinkPolicy,
        /// The path of the app's own login page, if the app named one.
        login: Option<String>,
        /// The parameter in which that page takes the place to come back to.
        login_parameter: String,
    },
}

impl Mode {
    /// Whether this is connect mode.
    pub fn is_connect(&self) -> bool {
        matches!(self, Self::Connect { .. })
    }
}

/// How long flows and sessions live. The ranges are checked when the app is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lifetimes {
    /// From the start of a login to its callback: 1 to 30 minutes, by default 10 minutes (docs/attacks.md T027).
    pub flow: Duration,
    /// Of a session that is not used: 5 minutes to 30 days, by default 8 hours.
    pub idle: Duration,
    /// Of a session in total, however much it is used: 1 hour to 90 days, by default 7 days (docs/attacks.md T083).
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
    /// The least time between two writes of a session's activity: 5 minutes, or a tenth of the idle lifetime if that is
    /// less. In between, requests only read the session (docs/attacks.md T103).
    pub fn activity_step(&self) -> Duration {
        (self.idle / 10).min(Duration::from_secs(5 * 60))
    }
}

/// The lifetimes of a session whose visitor asked to stay signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remember {
    /// Of a session that is not used: 5 minutes to 90 days.
    pub idle: Duration,
    /// Of a session in total: 1 hour to 90 days.
    pub absolute: Duration,
}

/// The settings as the builder was given them, unchecked. The methods of the builder say what each of them means; here
/// are those whose form differs from the checked one.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) mode: Mode,
    pub(crate) access: AccessType,
    pub(crate) credentials: Credentials,
    pub(crate) environment: Environment,
    /// The text of the public URL, which must be an origin.
    pub(crate) public_url: String,
    /// Empty if the app is at the root of its origin.
    pub(crate) mount: String,
    pub(crate) prefix: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) optional_scopes: Vec<String>,
    /// Leaves `offline_access` out of what every login asks for.
    pub(crate) sign_in_only: bool,
    /// `/` stands for the root of the mounted app.
    pub(crate) default_return_to: String,
    pub(crate) return_origins: Vec<String>,
    pub(crate) same_site_origins: Vec<String>,
    pub(crate) cross_site_origins: Vec<String>,
    pub(crate) handoff_pages: Vec<String>,
    pub(crate) bearer_sessions: bool,
    pub(crate) access_tokens: bool,
    pub(crate) forwards: Vec<Forward>,
    pub(crate) trusted_proxies: Option<usize>,
    pub(crate) cookie_suffix: Option<String>,
    pub(crate) token_encoding: TokenEncoding,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) remember: Option<Remember>,
    pub(crate) profile_age: Duration,
    pub(crate) sessions_per_account: usize,
    pub(crate) refresh_wait: Duration,
    /// Connect mode: the path of the app's own login page.
    pub(crate) app_login: Option<String>,
    /// Connect mode: the parameter in which that page takes the place to come back to.
    pub(crate) app_login_parameter: String,
    /// How long Atlassian may take for a call.
    pub(crate) api_timeout: Duration,
    pub(crate) concurrent_refreshes: usize,
    pub(crate) longest_consent: Option<Duration>,
    /// The settings that came from variables and were not set by the builder afterwards, for messages.
    pub(crate) variables: Vec<Variable>,
}

/// A setting that can be an environment variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    /// The method of the builder.
    pub(crate) setting: &'static str,
    /// The variable.
    pub(crate) name: &'static str,
}

impl Settings {
    /// The defaults of all settings that have one.
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
            handoff_pages: Vec::new(),
            bearer_sessions: false,
            access_tokens: false,
            forwards: Vec::new(),
            trusted_proxies: None,
            cookie_suffix: None,
            token_encoding: TokenEncoding::default(),
            lifetimes: Lifetimes::default(),
            remember: None,
            profile_age: Duration::from_secs(24 * 3600),
            sessions_per_account: 20,
            refresh_wait: Duration::from_secs(12),
            app_login: None,
            app_login_parameter: "return_to".to_owned(),
            api_timeout: Duration::from_secs(60),
            concurrent_refreshes: 32,
            longest_consent: None,
            variables: Vec::new(),
        }
    }

    /// The builder sets a setting, so that a variable does not count any more.
    pub(crate) fn set_here(&mut self, setting: &str) {
        self.variables
            .retain(|variable| variable.setting != setting);
    }
}
