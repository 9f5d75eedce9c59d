use std::fmt;

use tokio::task::AbortHandle;

use crate::state::clock::Clock;
use crate::state::fault::{Endpoint, Fault};
use crate::state::journal::JournalEntry;
use crate::state::knobs::Knobs;
use crate::state::seed::Seed;
use crate::state::{Shared, lock};

/// A running sandbox; it stops when dropped.
pub struct Sandbox {
    url: String,
    client_id: String,
    client_secret: String,
    pub(crate) state: Shared,
    server: AbortHandle,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Sandbox {
    pub(crate) fn new(url: String, seed: &Seed, state: Shared, server: AbortHandle) -> Self {
        let (client_id, client_secret) = seed
            .apps
            .first()
            .map(|app| (app.client_id.clone(), app.client_secret.clone()))
            .unwrap_or_default();
        Self {
            url,
            client_id,
            client_secret,
            state,
            server,
        }
    }

    /// The address of both hosts, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The first app's client id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The first app's client secret.
    pub fn client_secret(&self) -> &str {
        &self.client_secret
    }

    /// The sandbox's time.
    pub fn clock(&self) -> Clock {
        lock(&self.state).clock.clone()
    }

    /// Turns the knobs while it runs.
    pub fn knobs(&self, turn: impl FnOnce(&mut Knobs)) {
        turn(&mut lock(&self.state).knobs);
    }

    /// Lets the next `times` requests to an endpoint fail.
    pub fn fault(&self, endpoint: Endpoint, fault: Fault, times: usize) {
        lock(&self.state).faults.add(endpoint, fault, times);
    }

    /// Takes all faults back that have not happened yet.
    pub fn mend(&self) {
        lock(&self.state).faults.clear();
    }

    /// How many connections are open, used or idle.
    pub fn connections(&self) -> usize {
        lock(&self.state).connections
    }

    /// Every request so far.
    pub fn journal(&self) -> Vec<JournalEntry> {
        lock(&self.state).journal.clone()
    }

    /// How many requests of this method and path came so far.
    pub fn count(&self, method: &str, path: &str) -> usize {
        lock(&self.state)
            .journal
            .iter()
            .filter(|entry| entry.method == method && entry.path == path)
            .count()
    }

    /// Every code and token that was ever given out, and the client secrets.
    pub fn issued_secrets(&self) -> Vec<String> {
        lock(&self.state).issued.clone()
    }
}
