//! Settings of connect mode: how accounts are linked, and where the app's own login is.

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
    /// Begins the settings of an app that browsers see at `public_url`, an origin such as
    /// `https://app.example.com`. Who the app's user is, the adapter learns from the resolver that
    /// it is given beside the built [`Connect`].
    pub fn builder(credentials: Credentials, public_url: impl Into<String>) -> ConnectBuilder {
        ConnectBuilder::of(Common::new(credentials, public_url.into()))
    }

    /// Builds from the variables of [`Auth::from_env`].
    ///
    /// # Errors
    ///
    /// [`BuildError`] that names every missing and every wrong variable.
    pub fn from_env() -> Result<Self, BuildError> {
        ConnectBuilder::from_env().build()
    }
}

impl ConnectBuilder {
    /// What happens when a user connects an account that another user of the app has connected;
    /// [`LinkPolicy::Refuse`] unless set. A link is never moved from one user to another
    /// (docs/decisions/0035; docs/attacks.md, T016).
    pub fn link_policy(mut self, policy: LinkPolicy) -> Self {
        self.mode.links = policy;
        self
    }

    /// The path of the app's own login page, such as `/login`. Visitors who are signed out of the
    /// app are sent there with a parameter (`return_to` unless
    /// [`app_login_parameter`](Self::app_login_parameter) says otherwise), whose value the app should pass through
    /// [`Connect::return_target`]; unless set, they get a page that says so.
    pub fn app_login(mut self, path: impl Into<String>) -> Self {
        self.common.settings.set_here("app_login");
        self.common.settings.app_login = Some(path.into());
        self
    }

    /// The parameter in which the app's own login page takes the place to come back to, such as
    /// `next`; `return_to` unless set.
    pub fn app_login_parameter(mut self, name: impl Into<String>) -> Self {
        self.common.settings.set_here("app_login_parameter");
        self.common.settings.app_login_parameter = name.into();
        self
    }

    /// Keeps grants and spent states as records, for tests and benchmarks. An app sets a
    /// [`store`](Self::store).
    #[doc(hidden)]
    pub fn record_stores(mut self, grants: Arc<dyn GrantStore>, marks: Arc<dyn FlowMarks>) -> Self {
        self.common.grants = Some(grants);
        self.common.marks = Some(marks);
        self
    }

    /// Called before an account is linked to the app's user: take note of it, choose where the
    /// visitor goes ([`HookDecision::GoTo`]), or refuse. An error, and no answer within 5 seconds,
    /// are refusals.
    ///
    /// A hook that leads the visitor elsewhere should show there which account was connected: the
    /// browser may have been signed in at Atlassian with an account that is not the visitor's
    /// (docs/attacks.md, T014).
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
    /// [`BuildError::Config`] with all wrong settings together; [`BuildError::NoRandomness`],
    /// [`BuildError::HttpClient`].
    pub fn build(mut self) -> Result<Connect, BuildError> {
        if self.common.settings.app_login.is_none() {
            tracing::warn!(
                target: "threelo",
                "no app_login: a visitor who is signed out of the app sees a page that leads nowhere; set app_login(\"/login\")"
            );
        }
        let common = &mut self.common.settings;
        common.mode = Mode::Connect {
            links: self.mode.links,
            login: common.app_login.take(),
            login_parameter: std::mem::take(&mut common.app_login_parameter),
        };
        Ok(Connect::new(Auth::new(Arc::new(self.common.build()?))))
    }
}
