//! Settings of sign-in mode.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::auth::Auth;
use crate::auth::builder::AuthBuilder;
use crate::auth::builder::settings::{BuildError, Common};
use crate::config::{Credentials, Remember};
use crate::ports::{BoxError, HookDecision, SignIn, boxed};
use crate::store::{FlowMarks, GrantStore, SessionStore};

impl Auth {
    /// Starts the settings of an app that is seen at `public_url`, an origin such as `https://app.example.com`.
    pub fn builder(credentials: Credentials, public_url: impl Into<String>) -> AuthBuilder {
        AuthBuilder::of(Common::new(credentials, public_url.into()))
    }

    /// Settings from the environment: `ATLASSIAN_CLIENT_ID`, `ATLASSIAN_CLIENT_SECRET`, `PUBLIC_URL`, `THREELO_KEYS`
    /// (optional), `ATLASSIAN_SCOPES` (optional, space-separated), `ATLASSIAN_AUTH_URL` and `ATLASSIAN_API_URL`
    /// (optional, together).
    ///
    /// # Errors
    ///
    /// [`BuildError`] that names every missing and every wrong variable.
    pub fn from_env() -> Result<Self, BuildError> {
        AuthBuilder::from_env().build()
    }
}

impl AuthBuilder {
    /// Leaves `offline_access` out: no refresh token, no work for the account once its hour is over.
    pub fn sign_in_only(mut self) -> Self {
        self.common.settings.sign_in_only = true;
        self
    }

    /// How long a session lives without use (5 minutes to 30 days) and at most (1 hour to 90 days); 8 hours and
    /// 7 days unless set.
    pub fn session_lifetimes(mut self, idle: Duration, absolute: Duration) -> Self {
        self.common.settings.lifetimes.idle = idle;
        self.common.settings.lifetimes.absolute = absolute;
        self
    }

    /// Offers visitors to stay signed in for longer: a login that asks for it (`LoginRequest::remember`, `?remember=true`) lives
    /// so long without use (5 minutes to 90 days) and at most (1 hour to 90 days). Without it nobody can ask.
    pub fn remember(mut self, idle: Duration, absolute: Duration) -> Self {
        self.common.settings.remember = Some(Remember { idle, absolute });
        self
    }

    /// A profile that is older is read again behind a request, 10 minutes to 30 days; 1 day unless set. The sessions of an
    /// account that is not active any more end then.
    pub fn profile_age(mut self, age: Duration) -> Self {
        self.common.settings.profile_age = age;
        self
    }

    /// Origins of the app's own code that are of *another site*: another domain, `chrome-extension://…`, a desktop app. The
    /// session cookie never reaches them; a login hands them a one-time ticket instead, which they redeem for a session of
    /// their own (`POST redeem`). A ticket goes to pages of its own origin, and `https://<id>.chromiumapp.org` is one of the
    /// extension's. See the guides to [extensions](crate::guide::chrome_extension) and
    /// [Electron](crate::guide::electron).
    pub fn cross_site_origins<S: Into<String>>(
        mut self,
        origins: impl IntoIterator<Item = S>,
    ) -> Self {
        let origins = origins.into_iter().map(Into::into);
        self.common.settings.cross_site_origins = origins.collect();
        self
    }

    /// Lets code of another site take a session as a bearer token, for extensions and desktop apps, where cookies do not
    /// last. Whoever has the token is signed in: keep it where no page can read it.
    pub fn bearer_sessions(mut self) -> Self {
        self.common.settings.bearer_sessions = true;
        self
    }

    /// How many sessions one account may have before the oldest ends; 20 unless set.
    pub fn sessions_per_account(mut self, most: usize) -> Self {
        self.common.settings.sessions_per_account = most;
        self
    }

    /// Where sessions, grants and spent states are kept as records, for tests and benchmarks. An app gives a [`store`](Self::store).
    #[doc(hidden)]
    pub fn record_stores(
        mut self,
        sessions: Arc<dyn SessionStore>,
        grants: Arc<dyn GrantStore>,
        marks: Arc<dyn FlowMarks>,
    ) -> Self {
        self.common.sessions = Some(sessions);
        self.common.grants = Some(grants);
        self.common.marks = Some(marks);
        self
    }

    /// What happens at the end of a login, before there is a session: make a local user, choose where the visitor goes
    /// ([`HookDecision::GoTo`]), or refuse. An error, and silence for 5 seconds, are refusals.
    pub fn on_login<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(SignIn) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<HookDecision, BoxError>> + Send + 'static,
    {
        self.common.hooks.on_login = boxed(hook);
        self
    }

    /// Checks everything and builds.
    ///
    /// # Errors
    ///
    /// [`BuildError::Config`] with all wrong settings at once.
    pub fn build(self) -> Result<Auth, BuildError> {
        Ok(Auth::new(Arc::new(self.common.build()?)))
    }
}
