//! What one app holds while it runs: its settings, its ports to the outside, its hooks, and what
//! this process remembers.
//!
//! Rooms above get all of it as one [`Ports`]. What is remembered here (caches, throttles,
//! refreshes in progress) belongs to this process and may be lost at any time; what must not be
//! lost is in the stores.

mod circuit_breaker;
mod details;
mod grant_cache;
mod hooks;
mod provider_client;
mod shares;
mod single_flight;
mod tasks;
mod throttle;

pub use self::details::FlowDetails;
pub use self::hooks::{
    BoxError, Cancelled, CodeExchange, Connected, HookDecision, LimitDecision, SignIn,
};
pub(crate) use self::hooks::{HookFailed, Hooks, boxed};
pub(crate) use self::provider_client::{ProfileUnread, RefreshError, SitesUnread};
pub(crate) use self::shares::Place;
pub(crate) use self::single_flight::{Entry, Failure, Outcome, Phase};

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::clock::{Clock, from_unix_seconds, unix_seconds};
use crate::config::Config;
use crate::crypto::KeyRing;
use crate::http_client::HttpClient;
use crate::ids::{AccountId, FlowStateHash};
use crate::ports::circuit_breaker::CircuitBreaker;
use crate::ports::grant_cache::Cache;
use crate::ports::provider_client::ProviderClient;
use crate::ports::shares::Shares;
use crate::ports::single_flight::SingleFlight;
use crate::ports::tasks::Tasks;
use crate::ports::throttle::Throttle;
use crate::sealed::Sealed;
use crate::secret::opaque_debug;
use crate::store::{AppKey, FlowMarks, GrantKey, GrantStore, SessionStore};

/// Logins of this process that wait for Atlassian concurrently (docs/attacks.md, T165). Refreshes are
/// counted apart, so that neither can stop the other.
const LOGINS: usize = 32;
/// Callbacks that may wait for their turn; beyond that, and after five seconds, a callback is answered with "busy", and
/// its state is not spent.
const WAITING: usize = 128;

/// Pairs of tokens that wait for the name of their account, while `/me` is down: each has a task, and asks once a minute.
const UNOWNED: usize = 1000;

/// Settings, ports and hooks of one [`Auth`](crate::Auth), shared by all its requests and tasks.
pub(crate) struct Ports {
    /// The checked settings.
    pub config: Arc<Config>,
    /// The only source of time.
    pub clock: Arc<dyn Clock>,
    /// The HTTP client, for API calls of the app; logins and refreshes use `provider`.
    pub http: Arc<dyn HttpClient>,
    /// Asks Atlassian for tokens, profiles and sites.
    pub provider: ProviderClient,
    /// The session store.
    pub sessions: Arc<dyn SessionStore>,
    /// The grant store, which also keeps the leases of refreshes.
    pub grants: Arc<dyn GrantStore>,
    /// Which states and tickets are spent.
    pub marks: Arc<dyn FlowMarks>,
    /// When `marks` began to remember, if it began empty with this app; `None` for a database.
    marks_began: Option<Began>,
    /// The three stores above, if they are one database of rows; for changing keys.
    pub sealed: Option<Arc<Sealed>>,
    /// The keys that seal what browsers carry.
    pub keys: KeyRing,
    /// The app's hooks.
    pub hooks: Hooks,
    /// Work that outlives its request.
    pub(crate) tasks: Tasks,
    /// The app in its environment: grants of others over the same store are never seen.
    pub(crate) app: AppKey,
    /// What refreshing remembers in this process.
    pub(crate) refresh: Refresh,
    /// When the profile of an account was read last.
    pub(crate) profile_throttle: Throttle<AccountId>,
    /// When the sites of a grant were read last.
    pub(crate) site_throttle: Throttle<GrantKey>,
    /// When this process asked whether a young token has ended.
    pub(crate) ended_throttle: Throttle<GrantKey>,
    /// When this process tried to clean up last.
    pub(crate) cleanup_throttle: Throttle<()>,
    /// The turns of logins that wait for Atlassian.
    pub(crate) logins: Arc<Semaphore>,
    /// The turns of refreshes that wait for Atlassian.
    pub(crate) refreshes: Semaphore,
    /// The places of callbacks that exchange or wait; taken before a state is spent.
    pub(crate) queue: Arc<Semaphore>,
    /// The places of new tokens of which nobody can say whose they are.
    pub(crate) unowned: Arc<Semaphore>,
    /// What each client has of the places of callbacks.
    pub(crate) shares: Shares,
    /// The flows whose codes this process is exchanging at the moment.
    at_work: Mutex<HashSet<FlowStateHash>>,
}

opaque_debug!(Ports);

/// The stores of an app; the builder makes them of what it was given.
#[derive(Debug)]
pub(crate) struct Stores {
    /// The session store.
    pub sessions: Arc<dyn SessionStore>,
    /// The grant store.
    pub grants: Arc<dyn GrantStore>,
    /// Which states and tickets are spent.
    pub marks: Arc<dyn FlowMarks>,
    /// Whether `marks` began empty with this process.
    pub marks_are_new: bool,
    /// The three above, if they are one database of rows.
    pub sealed: Option<Arc<Sealed>>,
}

/// What an app needs from the outside, except its stores.
#[derive(Debug)]
pub(crate) struct Dependencies {
    /// The only source of time.
    pub clock: Arc<dyn Clock>,
    /// The HTTP client.
    pub http: Arc<dyn HttpClient>,
    /// The keys that seal what browsers carry.
    pub keys: KeyRing,
    /// The runtime for work that outlives its request; that of the request unless set.
    pub runtime: Option<Handle>,
    /// How long the lease of a refresh lives; 30 seconds unless a test sets it.
    pub lease: Option<Duration>,
    /// How many pairs of tokens may wait for the name of their account; [`UNOWNED`] unless a test sets it.
    pub unowned: Option<usize>,
}

impl Ports {
    /// Puts the parts together; nothing is asked or read yet.
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
            ended_throttle: Throttle::default(),
            cleanup_throttle: Throttle::default(),
            marks_began: stores.marks_are_new.then(|| Began {
                at: outside.clock.now(),
                steady: Instant::now(),
            }),
            clock: outside.clock,
            http: outside.http,
            keys: outside.keys,
            sessions: stores.sessions,
            grants: stores.grants,
            marks: stores.marks,
            sealed: stores.sealed,
            hooks,
            tasks: Tasks::new(outside.runtime),
            logins: Arc::new(Semaphore::new(LOGINS)),
            refreshes: Semaphore::new(config.concurrent_refreshes),
            queue: Arc::new(Semaphore::new(LOGINS + WAITING)),
            unowned: Arc::new(Semaphore::new(outside.unowned.unwrap_or(UNOWNED))),
            shares: Shares::default(),
            at_work: Mutex::default(),
            config,
        }
    }

    /// The time now. The one way in which rooms above learn it.
    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// Since when spent states are remembered, in whole seconds, as flows tell their beginning; `None` if always. A state
    /// that is older may have been spent before a restart.
    pub(crate) fn marks_since(&self) -> Option<SystemTime> {
        let began = self.marks_began.as_ref()?;
        // A clock that was ahead at the start and was set back must not make every flow look old.
        let by_now = self.now().checked_sub(began.steady.elapsed());
        let since = began.at.min(by_now.unwrap_or(began.at));
        Some(from_unix_seconds(unix_seconds(since)))
    }

    /// The key of an account's grant at an account-level app. At a resource-level app no grant has
    /// it (docs/decisions/0037).
    pub(crate) fn grant_key(&self, account: &AccountId) -> GrantKey {
        GrantKey {
            app: self.app.clone(),
            account: account.clone(),
            consent: None,
        }
    }

    /// Notes that this process is exchanging a flow's code, until the mark is dropped: at the end,
    /// after a panic, or with the runtime. A second arrival is asked to wait meanwhile
    /// (docs/decisions/0016).
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

    /// Whether this process is exchanging this flow's code. Another process may be, which is not
    /// known here.
    pub(crate) fn is_at_work(&self, state: &FlowStateHash) -> bool {
        self.at_work
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(state)
    }
}

/// A moment by the app's clock, and by one that is never set.
struct Began {
    at: SystemTime,
    steady: Instant,
}

/// A flow whose code is being exchanged; dropping it ends the note.
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

/// What refreshing remembers in this process.
#[derive(Debug)]
pub(crate) struct Refresh {
    /// Grants that were read or written lately.
    pub(crate) cache: Cache,
    /// Refreshes in progress, and the rests after failures.
    pub(crate) single_flight: SingleFlight,
    /// Refusals of different accounts in a row.
    pub(crate) circuit_breaker: CircuitBreaker,
    /// How long a lease lives in the store, by the store's own clock.
    pub(crate) lease: Duration,
    /// The task that looks for unfinished refreshes; it ends with the runtime that it runs on.
    watch: Mutex<Option<JoinHandle<()>>>,
}

impl Refresh {
    /// Nothing remembered, and leases that live 30 seconds unless set.
    pub(crate) fn new(lease: Option<Duration>) -> Self {
        Self {
            cache: Cache::default(),
            single_flight: SingleFlight::default(),
            circuit_breaker: CircuitBreaker::default(),
            lease: lease.unwrap_or(LEASE),
            watch: Mutex::default(),
        }
    }

    /// Starts the task that looks for unfinished refreshes, unless one is running. `None` is no task.
    pub(crate) fn start_watch(&self, start: impl FnOnce() -> Option<JoinHandle<()>>) {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let is_running = watch.as_ref().is_some_and(|watch| !watch.is_finished());
        if !is_running {
            *watch = start();
        }
    }

    /// Stops the task that looks for unfinished refreshes. What it began goes on.
    pub(crate) fn stop_watch(&self) {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watch) = watch.take() {
            watch.abort();
        }
    }

    /// How long an answer may take: a third of a lease, so that the owner still has the lease when
    /// it arrives.
    pub(crate) fn deadline(&self) -> Duration {
        self.lease / 3
    }
}

/// Three times what an answer may take: one call, a late start, and room for the write.
const LEASE: Duration = Duration::from_secs(30);
