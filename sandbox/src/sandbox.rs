use std::fmt;

use tokio::task::AbortHandle;
use url::Url;

use crate::builder::SandboxBuilder;
use crate::clock::Clock;
use crate::consent::{self, Answer, Request};
use crate::fault::{Endpoint, Fault};
use crate::journal::JournalEntry;
use crate::knobs::Knobs;
use crate::seed::Seed;
use crate::server::{Shared, lock};

/// A running sandbox; it stops when dropped.
pub struct Sandbox {
    url: String,
    client_id: String,
    client_secret: String,
    state: Shared,
    server: AbortHandle,
}

/// The text of the page on which a visitor is stranded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranded(pub String);

impl fmt::Display for Stranded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Stranded {}

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
    /// A sandbox with the default seed, on a free port, unless told otherwise.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::new()
    }

    pub(crate) fn new(url: String, (seed, state): (Seed, Shared), server: AbortHandle) -> Self {
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

    /// Does what a visitor does at the authorize address: logs in as `user`, accepts, and chooses `site` (name, url or
    /// cloud id) or the first one. Gives the callback's address.
    ///
    /// # Errors
    ///
    /// [`Stranded`] with the text of the error page.
    pub async fn approve(
        &self,
        authorize: &str,
        user: &str,
        site: Option<&str>,
    ) -> Result<String, Stranded> {
        let mut state = lock(&self.state);
        let request = Request::check(&state, &query_of(authorize)?).map_err(Stranded)?;
        consent::accept(&mut state, &request, Answer { user, site }).map_err(Stranded)
    }

    /// Does what a visitor does who presses Cancel. Gives the callback's address.
    ///
    /// # Errors
    ///
    /// [`Stranded`] with the text of the error page.
    pub async fn cancel(&self, authorize: &str, user: &str) -> Result<String, Stranded> {
        let state = lock(&self.state);
        let request = Request::check(&state, &query_of(authorize)?).map_err(Stranded)?;
        state
            .seed
            .user(user)
            .ok_or_else(|| Stranded("no such user".to_owned()))?;
        Ok(consent::cancel(&state, &request))
    }

    /// Every access token of a user ends now, before its time; the refresh tokens stay good.
    pub fn expire_tokens(&self, user: &str) {
        lock(&self.state).expire_tokens(user);
    }

    /// The user removes the app in their Atlassian account: the grant and all tokens are gone.
    pub fn revoke_user(&self, user: &str) {
        lock(&self.state).revoke_user(user);
    }
}

fn query_of(authorize: &str) -> Result<String, Stranded> {
    let url = Url::parse(authorize).map_err(|error| Stranded(format!("no address: {error}")))?;
    Ok(url.query().unwrap_or_default().to_owned())
}
