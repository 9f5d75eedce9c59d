//! Connect mode: the app has users of its own, and they connect Atlassian accounts.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::common::{BuildError, Common, PagesBox};
use super::shared::shared_settings;
use super::{Action, Auth, Grants};
use crate::clock::Clock;
use crate::config::{Config, Credentials, LinkPolicy, Mode, TokenEncoding};
use crate::environment::Environment;
use crate::flow::{BoxError, Cancelled, Connected, Next};
use crate::http_client::HttpClient;
use crate::message::RequestHead;
use crate::secret::Keys;
use crate::store::{FlowMarks, GrantStore};
use crate::web::pages::Pages;

/// "Connect my Atlassian account" for an app that has users and sessions of its own. Cheap to clone; every clone is the
/// same.
///
/// A flow is bound to the browser *and* to the app's user, the [`Subject`](crate::Subject): a callback that somebody else
/// kept, and an authorize address that somebody else made, connect nothing (the FAQ's second answer). Adapters ask the
/// app who its user is, where it matters and nowhere else. No cookie of ours stays but that of a flow on its way.
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

impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect")
            .field("redirect_uri", &self.config().redirect_uri)
            .finish_non_exhaustive()
    }
}

impl Connect {
    /// Starts the settings of an app that is seen at `public_url`, an origin such as `https://app.example.com`.
    pub fn builder(credentials: Credentials, public_url: impl Into<String>) -> ConnectBuilder {
        ConnectBuilder::of(Common::new(credentials, public_url.into()))
    }

    /// Settings from the variables of [`Auth::from_env`].
    ///
    /// # Errors
    ///
    /// [`BuildError`] that names every missing and every wrong variable.
    pub fn from_env() -> Result<Self, BuildError> {
        ConnectBuilder::from_env().build()
    }

    /// Decides what happens with a request, as [`Auth::handle`] does.
    pub fn handle(&self, head: &RequestHead<'_>) -> Action {
        self.0.handle(head)
    }

    /// The checked settings.
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

    /// The grants of the app, for work outside a request: [`Grants::of_subject`].
    pub fn grants(&self) -> Grants {
        self.0.grants()
    }

    /// Waits for work that outlives its request, as [`Auth::drain`] does.
    pub async fn drain(&self, timeout: Duration) -> bool {
        self.0.drain(timeout).await
    }

    /// The same front door, as adapters hold it.
    pub fn as_auth(&self) -> &Auth {
        &self.0
    }
}

/// Settings of a [`Connect`]. Everything has a default but the credentials and the public URL.
#[derive(Debug)]
#[must_use]
pub struct ConnectBuilder {
    common: Common,
    links: LinkPolicy,
    login: Option<String>,
}

shared_settings!(ConnectBuilder);

impl ConnectBuilder {
    pub(super) fn of(common: Common) -> Self {
        Self {
            common,
            links: LinkPolicy::default(),
            login: None,
        }
    }

    /// What happens when somebody connects an account that another user of the app has connected;
    /// [`LinkPolicy::Refuse`] unless set. It is never moved.
    pub fn link_policy(mut self, policy: LinkPolicy) -> Self {
        self.links = policy;
        self
    }

    /// The path of the app's own login page, such as `/login`. Visitors who are signed out are sent there with a
    /// `return_to` parameter; without it they get a page that says so.
    pub fn app_login(mut self, path: impl Into<String>) -> Self {
        self.login = Some(path.into());
        self
    }

    /// Where grants and spent states are kept; in memory unless set.
    pub fn stores(mut self, grants: Arc<dyn GrantStore>, marks: Arc<dyn FlowMarks>) -> Self {
        self.common.grants = Some(grants);
        self.common.marks = Some(marks);
        self
    }

    /// What happens before an account is linked to the app's user: note it, choose where the visitor goes
    /// ([`Next::GoTo`]; then show there which account it is), or refuse. An error, and silence for 5 seconds, are
    /// refusals.
    pub fn on_connected<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(Connected) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Next, BoxError>> + Send + 'static,
    {
        self.common.hooks.set_on_connected(hook);
        self
    }

    /// Checks everything and builds.
    ///
    /// # Errors
    ///
    /// [`BuildError::Config`] with all wrong settings at once.
    pub fn build(mut self) -> Result<Connect, BuildError> {
        self.common.settings.mode = Mode::Connect {
            links: self.links,
            login: self.login,
        };
        Ok(Connect(Auth::new(Arc::new(self.common.build()?))))
    }
}
