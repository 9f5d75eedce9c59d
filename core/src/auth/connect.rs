//! Connect mode: the app has users of its own, and they connect Atlassian accounts.

use std::time::Duration;

use crate::auth::grants::Grants;
use crate::auth::{Action, Auth};
use crate::config::Config;
use crate::message::RequestHead;
use crate::return_to::ReturnTo;
use crate::secret::opaque_debug;

/// "Connect my Atlassian account" for an app that has users and sessions of its own. Cheap to
/// clone; all clones share their state.
///
/// A flow is bound to the browser *and* to the app's user, the [`Subject`](crate::Subject): a
/// callback that an attacker recorded, and an authorization address that an attacker made, connect
/// nothing (docs/attacks.md, T001 and T002). Adapters ask the app who its user is on routes and
/// extractors that depend on it, and nowhere else. threelo keeps no session here: the only cookies
/// are those of a flow in progress and of the message for the next page.
///
/// ```
/// use threelo::{Connect, Credentials};
///
/// # fn main() -> Result<(), threelo::BuildError> {
/// let connect = Connect::builder(Credentials::new("my-client-id", "my-secret"), "https://app.example.com")
///     .scopes(["read:jira-work", "write:jira-work"])
///     .app_login("/login")
///     .build()?;
///
/// assert_eq!(connect.callback_url(), "https://app.example.com/auth/callback");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Connect(Auth);

opaque_debug!(Connect);

impl Connect {
    /// The front door of settings whose mode is connect; the builder is the only caller.
    pub(crate) fn new(auth: Auth) -> Self {
        Self(auth)
    }

    /// Decides what happens with a request, as [`Auth::handle`] does: it awaits nothing, reads no
    /// store and never fails.
    pub fn handle(&self, head: &RequestHead<'_>) -> Action {
        self.0.handle(head)
    }

    /// The checked settings, for adapters, tests and benchmarks.
    #[doc(hidden)]
    pub fn config(&self) -> &Config {
        self.0.config()
    }

    /// The callback URL to register in the developer console, exactly like this.
    pub fn callback_url(&self) -> &str {
        self.0.callback_url()
    }

    /// The app's own origin, as browsers write it.
    pub fn public_url(&self) -> String {
        self.0.public_url()
    }

    /// The place where a visitor goes who was sent with `candidate` as a return target, as for
    /// [`Auth::return_target`].
    pub fn return_target(&self, candidate: &str) -> ReturnTo {
        self.0.return_target(candidate)
    }

    /// The grants of the app, for work outside a request; [`Grants::of_subject`] gives those of one
    /// user.
    pub fn grants(&self) -> Grants {
        self.0.grants()
    }

    /// Waits for work that outlives its request, as [`Auth::drain`] does; `false` if `timeout`
    /// passed first.
    pub async fn drain(&self, timeout: Duration) -> bool {
        self.0.drain(timeout).await
    }

    /// The same front door as an [`Auth`], the one type that adapters work with.
    pub fn as_auth(&self) -> &Auth {
        &self.0
    }
}
