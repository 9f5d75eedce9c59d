//! The handle of a running sandbox.

use std::fmt;

use tokio::task::AbortHandle;

use crate::state::clock::SandboxClock;
use crate::state::fault::{Endpoint, Fault};
use crate::state::journal::JournalEntry;
use crate::state::knobs::Knobs;
use crate::state::seed::Seed;
use crate::state::{Shared, lock};

/// A running sandbox.
///
/// Its methods take effect immediately, also between two requests of a client; every method can be
/// called while requests are being served. Dropping the sandbox closes the port; connections that
/// are already open are served until the client closes them or the runtime ends.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use threelo_sandbox::Sandbox;
///
/// let sandbox = Sandbox::builder().start().await?;
/// let authorize = format!(
///     "{}/authorize?client_id={}&scope=read:me&redirect_uri=http://localhost:3000/callback\
///      &response_type=code&state=xyz",
///     sandbox.url(),
///     sandbox.client_id(),
/// );
///
/// let callback = sandbox.approve(&authorize, "mia", None).await?;
/// assert!(callback.starts_with("http://localhost:3000/callback?code="));
/// assert!(callback.ends_with("&state=xyz"));
///
/// let callback = sandbox.cancel(&authorize, "mia").await?;
/// assert!(callback.contains("error=access_denied"));
/// # Ok(())
/// # }
/// ```
pub struct Sandbox {
    url: String,
    client_id: String,
    client_secret: String,
    /// Shared with the connections of the server.
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
    /// A handle for a server that is already running; the credentials are those of the seed's first
    /// app, or empty without one.
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

    /// The base address of both hosts, such as `http://127.0.0.1:49152`, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The client id of the seed's first app.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The client secret of the seed's first app.
    pub fn client_secret(&self) -> &str {
        &self.client_secret
    }

    /// The clock by which codes and tokens expire. All clones share one offset, so that advancing
    /// any of them advances the sandbox.
    pub fn clock(&self) -> SandboxClock {
        lock(&self.state).clock.clone()
    }

    /// Changes how the sandbox behaves from the next request on.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = threelo_sandbox::Sandbox::builder().start().await?;
    /// sandbox.knobs(|knobs| knobs.documented_errors = true);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// `turn` must not call a method of the sandbox: its state is locked meanwhile, and the call
    /// would deadlock.
    pub fn knobs(&self, turn: impl FnOnce(&mut Knobs)) {
        turn(&mut lock(&self.state).knobs);
    }

    /// Makes the next `times` requests to an endpoint fail; 0 counts as 1.
    ///
    /// Faults of one endpoint apply in the order in which they were added, each until it is used
    /// up. A request takes its fault as soon as it has been read, so that exactly `times` of
    /// several concurrent requests fail.
    pub fn fault(&self, endpoint: Endpoint, fault: Fault, times: usize) {
        lock(&self.state).faults.add(endpoint, fault, times);
    }

    /// Removes the remaining faults of every endpoint. A delay that has begun still runs.
    pub fn mend(&self) {
        lock(&self.state).faults.clear();
    }

    /// How many TCP connections are open now, whether they are in use or idle.
    pub fn connections(&self) -> usize {
        lock(&self.state).connections
    }

    /// Every request so far, in the order in which they were read.
    ///
    /// [`approve`](Self::approve) and [`cancel`](Self::cancel) send no request and leave no entry.
    /// A request with a body larger than 256 KiB leaves none either: its connection is closed.
    pub fn journal(&self) -> Vec<JournalEntry> {
        lock(&self.state).journal.clone()
    }

    /// How many requests with exactly this method and path (without the query) have come so far,
    /// failed ones included.
    pub fn count(&self, method: &str, path: &str) -> usize {
        lock(&self.state)
            .journal
            .iter()
            .filter(|entry| entry.method == method && entry.path == path)
            .count()
    }

    /// The client secrets of all apps, then every code, access token and refresh token in the order
    /// in which they were made.
    ///
    /// This includes tokens whose response was lost to a [`Fault`]. A test can search logs and
    /// pages for these texts.
    pub fn issued_secrets(&self) -> Vec<String> {
        lock(&self.state).issued.clone()
    }
}
