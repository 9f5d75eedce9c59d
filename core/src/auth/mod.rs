//! The front doors of the crate: one [`Auth`] (or [`Connect`]) for an app, one [`AuthSession`] for
//! a request.
//!
//! Everything here is cheap to clone and shares one state. What adapters call is [`Auth::handle`];
//! what apps call are the builders, [`Grants`] for work outside requests, and the methods for
//! operators in `admin`.

mod admin;
mod builder;
mod connect;
mod connections;
mod current_session;
mod finish;
mod grants;
mod guard;
mod session;
mod session_details;
mod start_login;
mod user;

pub use self::builder::{
    AuthBuilder, BuildError, Builder, ConnectBuilder, ConnectMode, SignInMode,
};
pub use self::connect::Connect;
pub use self::connections::{ConnectedAccount, ConnectedAccounts};
pub use self::current_session::UserSession;
pub use self::grants::{Accounts, Grant, Grants};
pub use self::guard::Guard;
pub use self::session::AuthSession;
pub use self::session_details::SessionDetails;
pub use self::user::User;

use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use crate::message::RequestHead;
use crate::return_to::ReturnTo;
use crate::secret::opaque_debug;
use crate::web::{self, Found, RequestSnapshot, Responder, Web};

/// Atlassian sign-in for one app. Cheap to clone; all clones share their state.
///
/// Build it once at start-up and share it: cached grants and refreshes in progress belong to this
/// value, and so does everything that the in-memory store keeps.
///
/// ```
/// # fn main() -> Result<(), threelo::BuildError> {
/// use threelo::{Auth, Credentials};
///
/// let auth = Auth::builder(Credentials::new("my-client-id", "my-secret"), "http://localhost:3000")
///     .scopes(["read:jira-work"])
///     .build()?;
///
/// assert_eq!(auth.callback_url(), "http://localhost:3000/auth/callback");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Auth {
    /// Settings, ports and pages, shared by all clones and by every request.
    web: Arc<Web>,
}

opaque_debug!(Auth);

/// What an adapter does with a request. There is no third case and no error (docs/decisions/0003).
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "adapters must obey every case")]
pub enum Action {
    /// The path is an auth route: read as much of the body as [`Responder`] asks for, then send its
    /// reply. The app is not called.
    Respond(Box<Responder>),
    /// Call the app with this session among the request's extensions, then
    /// [`finish`](AuthSession::finish) what it answered.
    Forward(AuthSession),
}

impl Auth {
    /// The front door of settings that were checked.
    pub(crate) fn new(web: Arc<Web>) -> Self {
        Self { web }
    }

    /// Decides what happens with a request. Awaits nothing, reads no store and never fails
    /// (docs/decisions/0003).
    ///
    /// A path below the auth prefix is always answered here, unknown ones with 404, so that the
    /// app's router never sees it. For any other path the proof of a change is taken from the
    /// header fields now, because they are gone once the app has the request.
    pub fn handle(&self, head: &RequestHead<'_>) -> Action {
        match web::find(self.config(), head.path) {
            Found::Ours(route) => {
                let responder = Responder::new(Arc::clone(&self.web), route, head);
                Action::Respond(Box::new(responder))
            }
            Found::TheApps => {
                let seen = RequestSnapshot::of(self.config(), head);
                let trusted = !seen.can_change || web::may_change(&self.web, head);
                Action::Forward(AuthSession::new(Arc::clone(&self.web), seen, trusted))
            }
        }
    }

    /// The checked settings, for adapters, tests and benchmarks.
    #[doc(hidden)]
    pub fn config(&self) -> &Config {
        &self.web.ports.config
    }

    /// The callback URL to register in the developer console, exactly like this: Atlassian compares
    /// it character by character (docs/protocol.md, 1.2).
    pub fn callback_url(&self) -> &str {
        &self.config().redirect_uri
    }

    /// The app's own origin, as browsers write it: scheme, host, and a port that is not the default
    /// one.
    pub fn public_url(&self) -> String {
        crate::environment::origin_text(&self.config().public_url)
    }

    /// The place where a visitor goes who was sent with `candidate` as a return target: `candidate`
    /// itself if it is a place of this app or of a listed origin, else the default target. For
    /// login pages of the app's own; the rules are those of docs/attacks.md, "Rules for return
    /// targets".
    ///
    /// ```
    /// # fn main() -> Result<(), threelo::BuildError> {
    /// # let credentials = threelo::Credentials::new("my-client-id", "my-secret");
    /// let auth = threelo::Auth::builder(credentials, "https://app.example.com").build()?;
    ///
    /// assert_eq!(auth.return_target("/board?week=7").as_str(), "/board?week=7");
    /// assert_eq!(auth.return_target("https://evil.test/").as_str(), "/");
    /// # Ok(())
    /// # }
    /// ```
    pub fn return_target(&self, candidate: &str) -> ReturnTo {
        let config = self.config();
        let accepted = config.return_to.accept(candidate);
        accepted.unwrap_or_else(|| config.default_return_to.clone())
    }

    /// The grants of the app, for jobs, webhooks and admin pages: work for an account that is not
    /// there.
    pub fn grants(&self) -> Grants {
        Grants::new(Arc::clone(&self.web.ports))
    }

    /// Waits until the work that outlives its request (exchanges, refreshes, activity writes) is
    /// done; `false` if `timeout` passed first.
    ///
    /// Call it at shutdown, after the server has stopped accepting requests. Without it, a process
    /// that ends between Atlassian's answer and the write may leave a new refresh token unstored
    /// (docs/decisions/0009); within ten minutes another instance can still repeat the refresh.
    ///
    /// ```no_run
    /// # async fn shutdown(auth: threelo::Auth) {
    /// use std::time::Duration;
    ///
    /// if !auth.drain(Duration::from_secs(20)).await {
    ///     eprintln!("some background work was cut off");
    /// }
    /// # }
    /// ```
    pub async fn drain(&self, timeout: Duration) -> bool {
        self.web.ports.refresh.stop_watch();
        self.web.ports.tasks.drain(timeout).await
    }
}
