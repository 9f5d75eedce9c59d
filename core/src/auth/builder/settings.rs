//! What both builders set: settings and ports, checked and put together once, by `build`.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config, ConfigError, Credentials, Problem, Settings};
use crate::crypto::{KeyRing, random};
use crate::http_client::HttpClient;
use crate::pages::{Pages, PlainPages};
use crate::ports::{Dependencies, Hooks, Ports, Stores};
use crate::refresh;
use crate::sealed::Sealed;
use crate::secret::{Keys, opaque_debug};
use crate::store::{
    FlowMarks, GrantStore, MemoryFlowMarks, MemoryGrants, MemorySessions, RowStore, SessionStore,
};
use crate::web::Web;

/// Why an [`Auth`](crate::Auth) or a [`Connect`](crate::Connect) cannot be built. Its `Debug` is
/// its `Display`, because `main` prints that when it returns the error. It never contains a secret.
///
/// ```
/// use threelo::{Auth, BuildError, Credentials};
///
/// let built = Auth::builder(Credentials::new("my-client-id", "my-secret"), "app.example.com").build();
///
/// match built {
///     Err(BuildError::Config(error)) => assert_eq!(error.problems()[0].setting, "PUBLIC_URL"),
///     other => panic!("an origin has a scheme: {other:?}"),
/// }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Settings are wrong; the text names each of them, together with its remedy.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The operating system provides no random numbers, so no key can be drawn
    /// (docs/decisions/0010).
    #[error("the operating system provides no random numbers")]
    NoRandomness,
    /// The HTTP client cannot be created on this machine, or the feature `reqwest` is off and no
    /// client was given.
    #[error("the HTTP client cannot be created: {0}")]
    HttpClient(&'static str),
}

impl std::fmt::Debug for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// Atlassian recommends fewer scopes than this (docs/protocol.md, 8).
const MANY_SCOPES: usize = 50;

/// What a builder was told, unchecked. `None` means the default.
#[derive(Debug)]
pub(crate) struct Common {
    /// The settings that `config` checks.
    pub(crate) settings: Settings,
    /// The sealing keys as text.
    pub(crate) keys: Option<Keys>,
    /// The clock that all times come from.
    pub(crate) clock: Arc<dyn Clock>,
    /// The HTTP client; reqwest if there is none.
    pub(crate) http: Option<Arc<dyn HttpClient>>,
    /// Session records, for tests; ignored beside `rows`.
    pub(crate) sessions: Option<Arc<dyn SessionStore>>,
    /// Grant records, for tests; ignored beside `rows`.
    pub(crate) grants: Option<Arc<dyn GrantStore>>,
    /// Spent states, for tests; ignored beside `rows`.
    pub(crate) marks: Option<Arc<dyn FlowMarks>>,
    /// The database.
    pub(crate) rows: Option<Arc<dyn RowStore>>,
    /// The app's hooks.
    pub(crate) hooks: Hooks,
    /// The look of our pages.
    pub(crate) pages: Option<PagesBox>,
    /// The runtime for work that outlives its request.
    pub(crate) runtime: Option<Handle>,
    /// The life of a refresh lease, in tests.
    pub(crate) lease: Option<Duration>,
    /// How many pairs of tokens may wait for a profile, in tests.
    pub(crate) unowned: Option<usize>,
    /// Whether there is a variable that names a database, which threelo itself does not read.
    pub(crate) has_database_url: bool,
    /// Problems that were found before `config` checks, such as missing variables.
    problems: Vec<Problem>,
}

/// The app's pages, in a type that has a `Debug`.
pub(crate) struct PagesBox(pub(crate) Arc<dyn Pages>);

opaque_debug!(PagesBox);

impl Common {
    /// Defaults around the two settings that have none.
    pub(crate) fn new(credentials: Credentials, public_url: String) -> Self {
        Self {
            settings: Settings::new(credentials, public_url),
            keys: None,
            clock: Arc::new(SystemClock),
            http: None,
            sessions: None,
            grants: None,
            marks: None,
            rows: None,
            hooks: Hooks::default(),
            pages: None,
            runtime: None,
            lease: None,
            unowned: None,
            has_database_url: false,
            problems: Vec::new(),
        }
    }

    /// Checks everything and puts it together: keys first, because the stores need them; then the
    /// settings, whose problems are reported together with those of the keys; then the HTTP client,
    /// which may fail on this machine.
    pub(crate) fn build(mut self) -> Result<Web, BuildError> {
        let in_memory = self.grants.is_none() && self.rows.is_none();
        if in_memory {
            self.warn_of_memory();
        }
        let keys = self.key_ring(in_memory)?;
        let stores = self.stores(&keys);
        let config = self.checked()?;
        if config.scopes.union(&config.optional_scopes).len() > MANY_SCOPES {
            tracing::warn!(
                target: "threelo",
                "more than {MANY_SCOPES} scopes: Atlassian recommends fewer, because its consent screen and its \
                 tokens grow with them"
            );
        }
        let http = match self.http {
            Some(client) => client,
            None => default_client()?,
        };
        let outside = Dependencies {
            clock: self.clock,
            http,
            keys,
            runtime: self.runtime,
            lease: self.lease,
            unowned: self.unowned,
        };
        let ports = Arc::new(Ports::new(config, stores, outside, self.hooks));
        refresh::keep_looking(&ports);
        let pages = self.pages.map_or_else(
            || Arc::new(PlainPages::new()) as Arc<dyn Pages>,
            |pages| pages.0,
        );
        Ok(Web::new(ports, pages))
    }

    /// The database of rows, sealed, if there is one; else the given record stores; memory for what
    /// is missing.
    fn stores(&mut self, keys: &KeyRing) -> Stores {
        let rows = self.rows.take();
        if let Some(sealed) = rows.map(|rows| Arc::new(Sealed::new(rows, keys.clone()))) {
            return Stores {
                sessions: sealed.clone(),
                grants: sealed.clone(),
                marks: sealed.clone(),
                marks_are_new: false,
                sealed: Some(sealed),
            };
        }
        let (sessions, grants) = (self.sessions.take(), self.grants.take());
        let marks = self.marks.take();
        Stores {
            sessions: sessions.unwrap_or_else(|| Arc::new(MemorySessions::new())),
            grants: grants.unwrap_or_else(|| Arc::new(MemoryGrants::new())),
            marks_are_new: marks.is_none(),
            marks: marks.unwrap_or_else(|| Arc::new(MemoryFlowMarks::new())),
            sealed: None,
        }
    }

    /// Checks the settings. A setting that has a problem already is not reported twice: a variable
    /// that is missing is also an empty value.
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

    /// Memory is a choice for development: what it loses is said at every start.
    fn warn_of_memory(&self) {
        let database = match self.has_database_url {
            true => {
                "DATABASE_URL is set, and threelo does not read it: pass the database to store(..)"
            }
            false => "for a database, pass one to store(..)",
        };
        tracing::warn!(
            target: "threelo",
            database,
            "no store: sessions and grants are kept in memory, so that a restart signs everybody out and loses every consent, \
             and a second instance knows nothing of the first"
        );
    }

    /// The given keys; or, with the in-memory stores only, a random one. With a database a random
    /// key would make everything unreadable at the next restart, so missing keys are a problem
    /// then. After a problem, a random ring stands in, so that all other settings are checked too;
    /// `build` fails all the same.
    fn key_ring(&mut self, in_memory: bool) -> Result<KeyRing, BuildError> {
        const REMEDY: &str =
            "give id:base64 of at least 32 random bytes, e.g. k1:$(openssl rand -base64 32)";
        let random_ring = || -> Result<KeyRing, BuildError> {
            let secret = random::<32>().map_err(|_rejection| BuildError::NoRandomness)?;
            KeyRing::from_secret("random", &secret).map_err(|_weak| BuildError::NoRandomness)
        };
        match self.keys.as_ref().map(|keys| KeyRing::parse(keys.expose())) {
            Some(Ok(ring)) => return Ok(ring),
            Some(Err(_)) if self.keys.as_ref().is_some_and(is_command) => self.problem(
                "THREELO_KEYS",
                "(a command)".to_owned(),
                "what reads this variable runs no commands: run `openssl rand -base64 32` yourself, and write k1: and its output",
            ),
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

    /// Notes a problem for `build` to report.
    pub(crate) fn problem(&mut self, setting: &'static str, value: String, remedy: &str) {
        self.problems.push(Problem {
            setting,
            value,
            remedy: remedy.to_owned(),
        });
    }
}

/// Whether keys are a command that a shell would have run, as copied into a file of variables.
fn is_command(keys: &Keys) -> bool {
    keys.expose().contains("$(") || keys.expose().contains('`')
}

/// The client of the feature `reqwest`.
///
/// # Errors
///
/// [`BuildError::HttpClient`] if TLS cannot be set up.
#[cfg(feature = "reqwest")]
fn default_client() -> Result<Arc<dyn HttpClient>, BuildError> {
    let client = crate::http_client::ReqwestClient::new();
    let client =
        client.map_err(|_tls| BuildError::HttpClient("TLS cannot be set up on this machine"))?;
    Ok(Arc::new(client))
}

/// Without the feature `reqwest` there is no default: the app must give a client.
#[cfg(not(feature = "reqwest"))]
fn default_client() -> Result<Arc<dyn HttpClient>, BuildError> {
    Err(BuildError::HttpClient(
        "the feature `reqwest` is off: pass a client to http_client(..)",
    ))
}
