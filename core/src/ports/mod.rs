//! What every decision works with.

mod circuit_breaker;
mod details;
mod grant_cache;
mod hooks;
mod provider_client;
mod single_flight;
mod tasks;
mod throttle;

pub use self::details::FlowDetails;
pub use self::hooks::{BoxError, Cancelled, Connected, HookDecision, SignIn};
pub(crate) use self::hooks::{Hooks, boxed};
pub(crate) use self::provider_client::{RefreshError, SitesUnread};
pub(crate) use self::single_flight::{Entry, Failure, Outcome, Phase};

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::config::Config;
use crate::crypto::KeyRing;
use crate::http_client::HttpClient;
use crate::ids::{AccountId, FlowStateHash};
use crate::ports::circuit_breaker::CircuitBreaker;
use crate::ports::grant_cache::Cache;
use crate::ports::provider_client::ProviderClient;
use crate::ports::single_flight::SingleFlight;
use crate::ports::tasks::Tasks;
use crate::ports::throttle::Throttle;
use crate::sealed::Sealed;
use crate::secret::opaque_debug;
use crate::store::{AppKey, FlowMarks, GrantKey, GrantStore, SessionStore};

/// Exchanges at once, and how many more may wait for their turn.
const EXCHANGES: usize = 32;
const WAITING: usize = 128;

/// Configuration, ports and hooks of one [`Auth`](crate::Auth).
pub(crate) struct Ports {
    /// The checked settings.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The way to Atlassian.
    pub http: Arc<dyn HttpClient>,
    /// What asks Atlassian for tokens, profiles and sites.
    pub provider: ProviderClient,
    /// Where sessions are.
    pub sessions: Arc<dyn SessionStore>,
    /// Where grants are.
    pub grants: Arc<dyn GrantStore>,
    /// Which states are spent.
    pub marks: Arc<dyn FlowMarks>,
    /// The three above, if they are one database of rows.
    pub sealed: Option<Arc<Sealed>>,
    /// What seals.
    pub keys: KeyRing,
    /// What the app wants to know and decide.
    pub hooks: Hooks,
    /// Work that outlives its request.
    pub(crate) tasks: Tasks,
    /// What grants are kept under.
    pub(crate) app: AppKey,
    pub(crate) refresh: Refresh,
    pub(crate) profile_throttle: Throttle<AccountId>,
    pub(crate) site_throttle: Throttle<GrantKey>,
    pub(crate) cleanup_throttle: Throttle<()>,
    pub(crate) exchanges: Arc<Semaphore>,
    pub(crate) queue: Arc<Semaphore>,
    at_work: Mutex<HashSet<FlowStateHash>>,
}

opaque_debug!(Ports);

/// The ports that have no default.
#[derive(Debug)]
pub(crate) struct Stores {
    /// Where sessions are.
    pub sessions: Arc<dyn SessionStore>,
    /// Where grants are.
    pub grants: Arc<dyn GrantStore>,
    /// Which states are spent.
    pub marks: Arc<dyn FlowMarks>,
    /// The three above, if they are one database of rows.
    pub sealed: Option<Arc<Sealed>>,
}

/// The outside world.
#[derive(Debug)]
pub(crate) struct Dependencies {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The way to Atlassian.
    pub http: Arc<dyn HttpClient>,
    /// What seals.
    pub keys: KeyRing,
    /// Where work runs that outlives its request.
    pub runtime: Option<Handle>,
    /// How long the right to refresh lives, in tests.
    pub lease: Option<Duration>,
}

impl Ports {
    /// Puts the parts together.
    pub(crate) fn new(config: Config, stores: Stores, outside: Dependencies, hooks: Hooks) -> Self {
        let config = Arc::new(config);
        let provider = ProviderClient::new(
            Arc::clone(&config),
            Arc::clone(&outside.clock),
            Arc::clone(&outside.http),
        );
        Self {
            provider,
            app: AppKey {
                environment: config.environment.key().into(),
                client_id: config.credentials.client_id.as_str().into(),
            },
            refresh: Refresh::new(outside.lease),
            profile_throttle: Throttle::default(),
            site_throttle: Throttle::default(),
            cleanup_throttle: Throttle::default(),
            clock: outside.clock,
            http: outside.http,
            keys: outside.keys,
            sessions: stores.sessions,
            grants: stores.grants,
            marks: stores.marks,
            sealed: stores.sealed,
            hooks,
            tasks: Tasks::new(outside.runtime),
            exchanges: Arc::new(Semaphore::new(EXCHANGES)),
            queue: Arc::new(Semaphore::new(EXCHANGES + WAITING)),
            at_work: Mutex::default(),
            config,
        }
    }

    /// The time now.
    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// The key of an account's grant.
    pub(crate) fn grant_key(&self, account: &AccountId) -> GrantKey {
        GrantKey {
            app: self.app.clone(),
            account: account.clone(),
            consent: None,
        }
    }

    /// Notes that this process is exchanging a flow's code; ends when the mark is dropped.
    pub(crate) fn mark_at_work(self: &Arc<Self>, state: FlowStateHash) -> AtWork {
        self.at_work
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(state);
        AtWork {
            ports: Arc::clone(self),
            state,
        }
    }

    /// Whether this process is exchanging this flow's code.
    pub(crate) fn is_at_work(&self, state: &FlowStateHash) -> bool {
        self.at_work
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(state)
    }
}

/// A flow whose code is being exchanged.
pub(crate) struct AtWork {
    ports: Arc<Ports>,
    state: FlowStateHash,
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.ports
            .at_work
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.state);
    }
}

/// What refreshing keeps in this process.
#[derive(Debug)]
pub(crate) struct Refresh {
    pub(crate) cache: Cache,
    pub(crate) single_flight: SingleFlight,
    pub(crate) circuit_breaker: CircuitBreaker,
    /// How long a lease lives.
    pub(crate) lease: Duration,
}

impl Refresh {
    /// With leases that live 30 seconds unless set.
    pub(crate) fn new(lease: Option<Duration>) -> Self {
        Self {
            cache: Cache::default(),
            single_flight: SingleFlight::default(),
            circuit_breaker: CircuitBreaker::default(),
            lease: lease.unwrap_or(LEASE),
        }
    }

    /// An answer takes at most a third of a lease.
    pub(crate) fn deadline(&self) -> Duration {
        self.lease / 3
    }
}

/// Three times what an answer may take.
const LEASE: Duration = Duration::from_secs(30);
