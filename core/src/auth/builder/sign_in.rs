//! Settings of sign-in mode: sessions, their lifetimes, and who else may have one.

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
    /// Begins the settings of an app that browsers see at `public_url`, an origin such as
    /// `https://app.example.com`. Plain `http` is accepted for loopback hosts only, because
    /// browsers would send cookies in clear (docs/attacks.md, T092).
    pub fn builder(credentials: Credentials, public_url: impl Into<String>) -> AuthBuilder {
        AuthBuilder::of(Common::new(credentials, public_url.into()))
    }

    /// Builds from the environment: `ATLASSIAN_CLIENT_ID`, `ATLASSIAN_CLIENT_SECRET`, `PUBLIC_URL`,
    /// `THREELO_KEYS` (optional), `ATLASSIAN_SCOPES` and `ATLASSIAN_OPTIONAL_SCOPES` (optional, separated by spaces),
    /// `THREELO_PREFIX`, `THREELO_MOUNTED_AT` and `COOKIE_SUFFIX` (optional, as the methods of the builder),
    /// `ATLASSIAN_AUTH_URL` and `ATLASSIAN_API_URL` (optional, together).
    ///
    /// # Errors
    ///
    /// [`BuildError`] that names every missing and every wrong variable.
    pub fn from_env() -> Result<Self, BuildError> {
        AuthBuilder::from_env().build()
    }
}

impl AuthBuilder {
    /// Leaves `offline_access` out: there is no refresh token (docs/protocol.md, 3.1), so no work
    /// for the account once the hour of its access token is over. For apps that only need to know
    /// who a visitor is.
    pub fn sign_in_only(mut self) -> Self {
        self.common.settings.sign_in_only = true;
        self
    }

    /// How long a session lives without use (5 minutes to 30 days) and at most (1 hour to 90 days);
    /// 8 hours and 7 days unless set.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), threelo::BuildError> {
    /// # let credentials = threelo::Credentials::new("my-client-id", "my-secret");
    /// let hour = Duration::from_secs(3600);
    /// let auth = threelo::Auth::builder(credentials, "https://app.example.com")
    ///     .session_lifetimes(hour, 24 * hour)
    ///     .remember(14 * 24 * hour, 90 * 24 * hour)
    ///     .build()?;
    /// # let _ = auth;
    /// # Ok(())
    /// # }
    /// ```
    pub fn session_lifetimes(mut self, idle: Duration, absolute: Duration) -> Self {
        self.common.settings.lifetimes.idle = idle;
        self.common.settings.lifetimes.absolute = absolute;
        self
    }

    /// Lets visitors stay signed in for longer: the session of a login that asks for it
    /// (`LoginRequest::remember`, `?remember=true`) lives so long without use (5 minutes to 90
    /// days) and at most (1 hour to 90 days). Unless set, asking for it changes nothing.
    pub fn remember(mut self, idle: Duration, absolute: Duration) -> Self {
        self.common.settings.remember = Some(Remember { idle, absolute });
        self
    }

    /// A profile that is older than this is read again in the background of a request: 10 minutes
    /// to 30 days; 1 day unless set. If the account is not active any more, its sessions end then
    /// (docs/attacks.md, T023).
    pub fn profile_age(mut self, age: Duration) -> Self {
        self.common.settings.profile_age = age;
        self
    }

    /// Origins of the app's own code that are of *another site*: another domain,
    /// `chrome-extension://…`, a desktop app. The session cookie never reaches them; a login hands
    /// them a one-time ticket instead, which they redeem for a session of their own (`POST redeem`;
    /// docs/decisions/0064). The ticket comes by `postMessage` to a window that opened the login, or to
    /// one of the [`handoff_pages`](Self::handoff_pages). See the guides to
    /// [extensions](crate::guide::chrome_extension) and [Electron](crate::guide::electron).
    pub fn cross_site_origins<S: Into<String>>(
        mut self,
        origins: impl IntoIterator<Item = S>,
    ) -> Self {
        let origins = origins.into_iter().map(Into::into);
        self.common.settings.cross_site_origins = origins.collect();
        self
    }

    /// The pages to which a handoff ticket may come in the fragment of the address, for logins
    /// that are navigations and not popups: whole addresses, compared exactly as redirect URIs
    /// are; only the fragment of a return target may differ. Each belongs to one of the
    /// [`cross_site_origins`](Self::cross_site_origins), or is
    /// `https://<id>.chromiumapp.org/` for a listed extension. None unless set.
    ///
    /// A page must not redirect, because browsers pass the fragment on (docs/decisions/0084).
    ///
    /// ```
    /// # fn build() -> Result<(), threelo::BuildError> {
    /// # use threelo::{Auth, Credentials};
    /// let auth = Auth::builder(Credentials::new("my-client-id", "my-secret"), "https://api.example.com")
    ///     .cross_site_origins(["https://app.example.org"])
    ///     .handoff_pages(["https://app.example.org/signed-in"])
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn handoff_pages<S: Into<String>>(mut self, pages: impl IntoIterator<Item = S>) -> Self {
        let pages = pages.into_iter().map(Into::into);
        self.common.settings.handoff_pages = pages.collect();
        self
    }

    /// Lets code of another site have its session as a bearer token, for extensions and desktop
    /// apps, where cookies do not last. The token alone signs its bearer in: keep it where no page
    /// can read it. Web sites get a cookie all the same.
    pub fn bearer_sessions(mut self) -> Self {
        self.common.settings.bearer_sessions = true;
        self
    }

    /// How many sessions one account may have before the oldest one ends: 1 to 1000; 20 unless set
    /// (docs/attacks.md, T104).
    pub fn sessions_per_account(mut self, most: usize) -> Self {
        self.common.settings.sessions_per_account = most;
        self
    }

    /// Keeps sessions, grants and spent states as records, for tests and benchmarks. An app sets a
    /// [`store`](Self::store).
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

    /// Called at the end of a login, after Atlassian's profile was read and before anything new is
    /// stored (a grant that the account has already got its new tokens): create a local user, choose where the visitor goes ([`HookDecision::GoTo`]), or
    /// refuse. An error, and no answer within 5 seconds, are refusals (docs/attacks.md, T230).
    ///
    /// ```
    /// use threelo::{Auth, Credentials, HookDecision};
    ///
    /// # fn main() -> Result<(), threelo::BuildError> {
    /// let auth = Auth::builder(Credentials::new("my-client-id", "my-secret"), "https://app.example.com")
    ///     .on_login(|sign_in| async move {
    ///         let colleague = sign_in.profile.email_verified == Some(true)
    ///             && sign_in.profile.email.as_deref().is_some_and(|email| email.ends_with("@example.com"));
    ///         Ok(if colleague { HookDecision::Continue } else { HookDecision::Refuse })
    ///     })
    ///     .build()?;
    /// # let _ = auth;
    /// # Ok(())
    /// # }
    /// ```
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
    /// [`BuildError::Config`] with all wrong settings together; [`BuildError::NoRandomness`],
    /// [`BuildError::HttpClient`].
    pub fn build(self) -> Result<Auth, BuildError> {
        Ok(Auth::new(Arc::new(self.common.build()?)))
    }
}
