//! Settings of connect mode.

use std::future::Future;
use std::sync::Arc;

use crate::auth::Auth;
use crate::auth::builder::ConnectBuilder;
use crate::auth::builder::settings::{BuildError, Common};
use crate::auth::connect::Connect;
use crate::config::{Credentials, LinkPolicy, Mode};
use crate::ports::{BoxError, Connected, HookDecision, boxed};
use crate::store::{FlowMarks, GrantStore};

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
}

impl ConnectBuilder {
    /// What happens when somebody connects an account that another user of the app has connected;
    /// [`LinkPolicy::Refuse`] unless set. It is never moved.
    pub fn link_policy(mut self, policy: LinkPolicy) -> Self {
        self.mode.links = policy;
        self
    }

    /// The path of the app's own login page, such as `/login`. Visitors who are signed out are sent there with a
    /// `return_to` parameter; without it they get a page that says so.
    pub fn app_login(mut self, path: impl Into<String>) -> Self {
        self.mode.login = Some(path.into());
        self
    }

    /// Where grants and spent states are kept as records, for tests and benchmarks. An app gives a [`store`](Self::store).
    #[doc(hidden)]
    pub fn record_stores(mut self, grants: Arc<dyn GrantStore>, marks: Arc<dyn FlowMarks>) -> Self {
        self.common.grants = Some(grants);
        self.common.marks = Some(marks);
        self
    }

    /// What happens before an account is linked to the app's user: note it, choose where the visitor goes
    /// ([`HookDecision::GoTo`]; then show there which account it is), or refuse. An error, and silence for 5 seconds, are
    /// refusals.
    pub fn on_connected<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(Connected) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<HookDecision, BoxError>> + Send + 'static,
    {
        self.common.hooks.on_connected = boxed(hook);
        self
    }

    /// Checks everything and builds.
    ///
    /// # Errors
    ///
    /// [`BuildError::Config`] with all wrong settings at once.
    pub fn build(mut self) -> Result<Connect, BuildError> {
        self.common.settings.mode = Mode::Connect {
            links: self.mode.links,
            login: self.mode.login,
        };
        Ok(Connect::new(Auth::new(Arc::new(self.common.build()?))))
    }
}
