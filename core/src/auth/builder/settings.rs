//! What both builders set: settings and ports, put together.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config, ConfigError, Credentials, Problem, Settings};
use crate::crypto::{KeyRing, random};
use crate::http_client::HttpClient;
use crate::pages::{Pages, PlainPages};
use crate::ports::{Dependencies, Hooks, Ports, Stores};
use crate::sealed::Sealed;
use crate::secret::{Keys, opaque_debug};
use crate::store::{
    FlowMarks, GrantStore, MemoryFlowMarks, MemoryGrants, MemorySessions, RowStore, SessionStore,
};
use crate::web::Web;

/// Why an [`Auth`](crate::Auth) cannot be built. Its `Debug` is its `Display`, because that is what `main` prints.
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

/// Atlassian advises to stay below this.
const MANY_SCOPES: usize = 50;

/// What is said in a builder.
#[derive(Debug)]
pub(crate) struct Common {
    pub(crate) settings: Settings,
    pub(crate) keys: Option<Keys>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) http: Option<Arc<dyn HttpClient>>,
    pub(crate) sessions: Option<Arc<dyn SessionStore>>,
    pub(crate) grants: Option<Arc<dyn GrantStore>>,
    pub(crate) marks: Option<Arc<dyn FlowMarks>>,
    pub(crate) rows: Option<Arc<dyn RowStore>>,
    pub(crate) hooks: Hooks,
    pub(crate) pages: Option<PagesBox>,
    pub(crate) runtime: Option<Handle>,
    pub(crate) lease: Option<Duration>,
    problems: Vec<Problem>,
}

pub(crate) struct PagesBox(pub(crate) Arc<dyn Pages>);

opaque_debug!(PagesBox);

impl Common {
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
            problems: Vec::new(),
        }
    }

    /// Checks everything and puts it together.
    pub(crate) fn build(mut self) -> Result<Web, BuildError> {
        let in_memory = self.grants.is_none() && self.rows.is_none();
        let keys = self.key_ring(in_memory)?;
        let stores = self.stores(&keys);
        let config = self.checked()?;
        if config.scopes.union(&config.optional_scopes).len() > MANY_SCOPES {
            tracing::warn!(
                target: "threelo",
                "more than {MANY_SCOPES} scopes: Atlassian advises fewer, and its consent screen and tokens grow with them"
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
        };
        let ports = Ports::new(config, stores, outside, self.hooks);
        let pages = self.pages.map_or_else(
            || Arc::new(PlainPages::new()) as Arc<dyn Pages>,
            |pages| pages.0,
        );
        Ok(Web::new(Arc::new(ports), pages))
    }

    /// The database of rows, sealed, if there is one; else the given stores; memory for what is left.
    fn stores(&mut self, keys: &KeyRing) -> Stores {
        let rows = self.rows.take();
        if let Some(sealed) = rows.map(|rows| Arc::new(Sealed::new(rows, keys.clone()))) {
            return Stores {
                sessions: sealed.clone(),
                grants: sealed.clone(),
                marks: sealed.clone(),
                sealed: Some(sealed),
            };
        }
        let (sessions, grants) = (self.sessions.take(), self.grants.take());
        let marks = self.marks.take();
        Stores {
            sessions: sessions.unwrap_or_else(|| Arc::new(MemorySessions::new())),
            grants: grants.unwrap_or_else(|| Arc::new(MemoryGrants::new())),
            marks: marks.unwrap_or_else(|| Arc::new(MemoryFlowMarks::new())),
            sealed: None,
        }
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

    pub(crate) fn problem(&mut self, setting: &'static str, value: String, remedy: &str) {
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
