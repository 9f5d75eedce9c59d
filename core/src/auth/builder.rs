//! Settings and ports, put together.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::Auth;
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config, ConfigError, Credentials, Problem, Settings, TokenEncoding};
use crate::environment::Environment;
use crate::flow::{BoxError, Cancelled, Hooks, Next, Outside, Ports, SignIn, Stores};
use crate::http_client::HttpClient;
use crate::random::random;
use crate::seal::KeyRing;
use crate::secret::Keys;
use crate::store::{
    FlowMarks, GrantStore, MemoryFlowMarks, MemoryGrants, MemorySessions, SessionStore,
};
use crate::web::Web;
use crate::web::pages::{Pages, PlainPages};

/// Why an [`Auth`] cannot be built. Its `Debug` is its `Display`, because that is what `main` prints.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Settings are wrong; the text names each, with its remedy.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The system gives no random numbers, so no keys.
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// The HTTP client cannot be made on this machine.
    #[error("the http client cannot be made: {0}")]
    HttpClient(&'static str),
}

impl std::fmt::Debug for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// Settings of an [`Auth`]. Everything has a default but the credentials and the public URL.
#[derive(Debug)]
#[must_use]
pub struct AuthBuilder {
    settings: Settings,
    keys: Option<Keys>,
    clock: Arc<dyn Clock>,
    http: Option<Arc<dyn HttpClient>>,
    sessions: Option<Arc<dyn SessionStore>>,
    grants: Option<Arc<dyn GrantStore>>,
    marks: Option<Arc<dyn FlowMarks>>,
    hooks: Hooks,
    pages: Option<PagesBox>,
    runtime: Option<Handle>,
    pub(super) problems: Vec<Problem>,
}

struct PagesBox(Arc<dyn Pages>);

impl std::fmt::Debug for PagesBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pages")
    }
}

impl AuthBuilder {
    pub(super) fn new(credentials: Credentials, public_url: String) -> Self {
        Self {
            settings: Settings::new(credentials, public_url),
            keys: None,
            clock: Arc::new(SystemClock),
            http: None,
            sessions: None,
            grants: None,
            marks: None,
            hooks: Hooks::default(),
            pages: None,
            runtime: None,
            problems: Vec::new(),
        }
    }

    /// What every login asks for, e.g. `["read:jira-work"]`. `read:me` is always added, and `offline_access` unless
    /// [`sign_in_only`](Self::sign_in_only). Each scope must be added to the app in the developer console.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.settings.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// What a login may ask for besides, through the `scope` parameter of the login route.
    pub fn optional_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.settings.optional_scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Leaves `offline_access` out: no refresh token, no work for the account once its hour is over.
    pub fn sign_in_only(mut self) -> Self {
        self.settings.sign_in_only = true;
        self
    }

    /// Another Atlassian: [`Environment::us_gov`], or [`Environment::custom`] for the sandbox.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.settings.environment = environment;
        self
    }

    /// Where the auth routes are; `/auth` unless set.
    pub fn prefix(mut self, path: impl Into<String>) -> Self {
        self.settings.prefix = path.into();
        self
    }

    /// The path under which browsers see the app, when it is not at the root of the public URL, e.g. `/tool`.
    pub fn mounted_at(mut self, path: impl Into<String>) -> Self {
        self.settings.mount = path.into();
        self
    }

    /// Where visitors go when no other place is known; `/` unless set (the mount path counts).
    pub fn default_return_to(mut self, path: impl Into<String>) -> Self {
        self.settings.default_return_to = path.into();
        self
    }

    /// Origins besides the app's own that a login may return to, exactly as browsers write them.
    pub fn return_origins<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        self.settings.return_origins = origins.into_iter().map(Into::into).collect();
        self
    }

    /// Letters and digits at the end of our cookies' names, for two apps on one host.
    pub fn cookie_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.settings.cookie_suffix = Some(suffix.into());
        self
    }

    /// How the token endpoint is spoken to; JSON unless set.
    pub fn token_encoding(mut self, encoding: TokenEncoding) -> Self {
        self.settings.token_encoding = encoding;
        self
    }

    /// How long a visitor may stay at Atlassian: 1 to 30 minutes; 10 minutes unless set.
    pub fn flow_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.lifetimes.flow = lifetime;
        self
    }

    /// How long a session lives without use (5 minutes to 30 days) and at most (1 hour to 90 days); 8 hours and
    /// 7 days unless set.
    pub fn session_lifetimes(mut self, idle: Duration, absolute: Duration) -> Self {
        self.settings.lifetimes.idle = idle;
        self.settings.lifetimes.absolute = absolute;
        self
    }

    /// How many sessions one account may have before the oldest ends; 20 unless set.
    pub fn sessions_per_account(mut self, most: usize) -> Self {
        self.settings.sessions_per_account = most;
        self
    }

    /// How long a request waits for a refresh of its token before it is a 503: 1 to 30 seconds; 12 seconds unless set.
    /// The refresh goes on behind it.
    pub fn refresh_wait(mut self, longest: Duration) -> Self {
        self.settings.refresh_wait = longest;
        self
    }

    /// Reckons with consents that end after this long, however often they are used: 1 day to 10 years. Atlassian's
    /// pages once said 365 days and do not any more, so nothing ends by itself here;
    /// [`Grant::consent_by`](super::Grant::consent_by) tells the earlier date.
    pub fn longest_consent(mut self, longest: Duration) -> Self {
        self.settings.longest_consent = Some(longest);
        self
    }

    /// The sealing keys, `id:base64` separated by commas, each of at least 32 random bytes; the first seals, all open.
    /// `openssl rand -base64 32` makes one.
    pub fn keys(mut self, keys: impl Into<String>) -> Self {
        self.keys = Some(Keys::new(keys));
        self
    }

    /// Where sessions, grants and spent states are kept; in memory unless set.
    pub fn stores(
        mut self,
        sessions: Arc<dyn SessionStore>,
        grants: Arc<dyn GrantStore>,
        marks: Arc<dyn FlowMarks>,
    ) -> Self {
        (self.sessions, self.grants, self.marks) = (Some(sessions), Some(grants), Some(marks));
        self
    }

    /// The way to Atlassian; reqwest unless set.
    pub fn http_client(mut self, client: Arc<dyn HttpClient>) -> Self {
        self.http = Some(client);
        self
    }

    /// The clock; the machine's unless set.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The look of our pages; plain HTML and CSS unless set.
    pub fn pages(mut self, pages: impl Pages) -> Self {
        self.pages = Some(PagesBox(Arc::new(pages)));
        self
    }

    /// Where work runs that outlives its request: exchanges, refreshes, activity writes. Unless set, that is the runtime
    /// of the request that begins it, which with actix-web is that of one worker, and ends with the worker. The runtime
    /// must run as long as requests are served and until [`Auth::drain`] returned:
    /// `.runtime(tokio::runtime::Handle::current())` in an async `main`.
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// What happens at the end of a login, before there is a session: make a local user, choose where the visitor goes
    /// ([`Next::GoTo`]), or refuse. An error, and silence for 5 seconds, are refusals.
    pub fn on_login<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(SignIn) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Next, BoxError>> + Send + 'static,
    {
        self.hooks.set_on_login(hook);
        self
    }

    /// What happens when the visitor pressed Cancel: clean up, or choose where they go.
    pub fn on_cancel<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(Cancelled) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Next, BoxError>> + Send + 'static,
    {
        self.hooks.set_on_cancel(hook);
        self
    }

    /// Checks everything and builds.
    ///
    /// # Errors
    ///
    /// [`BuildError::Config`] with all wrong settings at once.
    pub fn build(mut self) -> Result<Auth, BuildError> {
        let in_memory = self.sessions.is_none();
        let keys = self.key_ring(in_memory)?;
        let config = self.checked()?;
        let http = match self.http {
            Some(client) => client,
            None => default_client()?,
        };
        let stores = Stores {
            sessions: self
                .sessions
                .unwrap_or_else(|| Arc::new(MemorySessions::new())),
            grants: self.grants.unwrap_or_else(|| Arc::new(MemoryGrants::new())),
            marks: self
                .marks
                .unwrap_or_else(|| Arc::new(MemoryFlowMarks::new())),
        };
        let ports = Ports::new(
            config,
            stores,
            Outside {
                clock: self.clock,
                http,
                keys,
                runtime: self.runtime,
            },
            self.hooks,
        );
        let pages = self.pages.map_or_else(
            || Arc::new(PlainPages::new()) as Arc<dyn Pages>,
            |pages| pages.0,
        );
        Ok(Auth::new(Arc::new(Web::new(Arc::new(ports), pages))))
    }

    fn checked(&mut self) -> Result<Config, ConfigError> {
        let settings = self.settings.clone();
        let mut problems = std::mem::take(&mut self.problems);
        match config::check(settings) {
            Ok(config) if problems.is_empty() => Ok(config),
            Ok(_) => Err(ConfigError::new(problems)),
            Err(error) => {
                let named: Vec<&str> = problems.iter().map(|problem| problem.setting).collect();
                let more: Vec<Problem> = error
                    .problems()
                    .iter()
                    .filter(|problem| !named.contains(&problem.setting))
                    .cloned()
                    .collect();
                problems.extend(more);
                Err(ConfigError::new(problems))
            }
        }
    }

    /// The given keys; or, with the in-memory stores only, a random one.
    fn key_ring(&mut self, in_memory: bool) -> Result<KeyRing, BuildError> {
        const REMEDY: &str =
            "give id:base64 of at least 32 random bytes, e.g. k1:$(openssl rand -base64 32)";
        let random_ring = || -> Result<KeyRing, BuildError> {
            let secret = random::<32>().map_err(|_rejection| BuildError::NoRandomness)?;
            KeyRing::from_secret("random", &secret).map_err(|_weak| BuildError::NoRandomness)
        };
        match self.keys.as_ref().map(|keys| KeyRing::parse(keys.expose())) {
            Some(Ok(ring)) => return Ok(ring),
            Some(Err(error)) => self.problem("THREELO_KEYS", error.to_string(), REMEDY),
            None if in_memory => tracing::warn!(
                target: "threelo",
                "no THREELO_KEYS: a random key is used, so sign-ins in progress are lost at restart, \
                 as are all sessions and grants of the in-memory store"
            ),
            None => self.problem("THREELO_KEYS", "(not set)".to_owned(), REMEDY),
        }
        random_ring()
    }

    pub(super) fn problem(&mut self, setting: &'static str, value: String, remedy: &str) {
        self.problems.push(Problem {
            setting,
            value,
            remedy: remedy.to_owned(),
        });
    }
}

#[cfg(feature = "reqwest")]
fn default_client() -> Result<Arc<dyn HttpClient>, BuildError> {
    let client = crate::http_client::ReqwestClient::new();
    let client = client
        .map_err(|_tls| BuildError::HttpClient("the TLS set-up of this machine cannot be used"))?;
    Ok(Arc::new(client))
}

#[cfg(not(feature = "reqwest"))]
fn default_client() -> Result<Arc<dyn HttpClient>, BuildError> {
    Err(BuildError::HttpClient(
        "the feature `reqwest` is off: give one with http_client(..)",
    ))
}
