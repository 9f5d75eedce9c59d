//! The front door: one [`Auth`] for an app, one [`AuthSession`] for a request.

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

/// Atlassian sign-in for one app. Cheap to clone; every clone is the same.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use threelo::{Auth, Credentials};
///
/// let auth = Auth::builder(Credentials::new("client id", "client secret"), "http://localhost:3000").build();
/// assert!(auth.is_err(), "a client id has no space");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Auth {
    web: Arc<Web>,
}

opaque_debug!(Auth);

/// What an adapter does with a request.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "adapters must obey every case")]
pub enum Action {
    /// Auth answers: read the body if it asks for one, then send its reply.
    Respond(Box<Responder>),
    /// Call the app, then [`finish`](AuthSession::finish) its reply.
    Forward(AuthSession),
}

impl Auth {
    pub(crate) fn new(web: Arc<Web>) -> Self {
        Self { web }
    }

    /// Decides what happens with a request. Awaits nothing, reads no store, never fails.
    pub fn handle(&self, head: &RequestHead<'_>) -> Action {
        match web::find(self.config(), head.path) {
            Found::Ours(route) => {
                Action::Respond(Box::new(Responder::new(Arc::clone(&self.web), route, head)))
            }
            Found::TheApps => {
                let changes = !matches!(head.method, "GET" | "HEAD" | "OPTIONS");
                let trusted = !changes || web::may_change(&self.web, head);
                Action::Forward(AuthSession::new(
                    Arc::clone(&self.web),
                    RequestSnapshot::of(self.config(), head),
                    trusted,
                ))
            }
        }
    }

    /// The checked settings, for adapters, tests and benchmarks.
    #[doc(hidden)]
    pub fn config(&self) -> &Config {
        &self.web.ports.config
    }

    /// The callback URL to register in the developer console, exactly like this.
    pub fn callback_url(&self) -> &str {
        &self.config().redirect_uri
    }

    /// The app's own origin, as browsers write it.
    pub fn public_url(&self) -> String {
        crate::environment::origin_text(&self.config().public_url)
    }

    /// Where a visitor goes who was sent with `candidate` as a return target: there, if it is a place of this app, else to
    /// the default target. For login pages of an app's own.
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

    /// The grants of the app, for work outside a request.
    pub fn grants(&self) -> Grants {
        Grants::new(Arc::clone(&self.web.ports))
    }

    /// Waits until work that outlives its request (exchanges, refreshes, activity writes) is done; `false` if `timeout` passed
    /// first. Call it at shutdown, after the server stopped taking requests.
    pub async fn drain(&self, timeout: Duration) -> bool {
        self.web.ports.tasks.drain(timeout).await
    }
}
