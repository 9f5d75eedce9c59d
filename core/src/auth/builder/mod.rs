//! The settings of an app: what both modes have alike, and what each has of its own.

mod connect;
mod env;
mod mode;
mod settings;
mod sign_in;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

pub use self::mode::{ConnectMode, SignInMode};
pub use self::settings::BuildError;

use self::settings::{Common, PagesBox};
use crate::clock::Clock;
use crate::config::{AccessType, Forward, TokenEncoding};
use crate::environment::Environment;
use crate::http_client::HttpClient;
use crate::pages::Pages;
use crate::ports::{BoxError, Cancelled, HookDecision, boxed};
use crate::secret::Keys;
use crate::store::RowStore;

/// Settings of an [`Auth`](crate::Auth) or a [`Connect`](crate::Connect). Everything has a default but the credentials and
/// the public URL; [`build`](AuthBuilder::build) checks everything and reports all that is wrong together.
///
/// Its two kinds have names of their own: [`AuthBuilder`] and [`ConnectBuilder`].
#[derive(Debug)]
#[must_use]
pub struct Builder<M> {
    common: Common,
    mode: M,
}

/// Settings of an [`Auth`](crate::Auth): the app signs people in with Atlassian.
pub type AuthBuilder = Builder<SignInMode>;

/// Settings of a [`Connect`](crate::Connect): the app has users of its own, who connect Atlassian accounts.
pub type ConnectBuilder = Builder<ConnectMode>;

impl<M> Builder<M> {
    /// What every login asks for, e.g. `["read:jira-work"]`. `read:me` is always added, and `offline_access` unless
    /// `sign_in_only`. Each scope must be added to the app in the developer console.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.common.settings.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// What a login may ask for besides, through the `scope` parameter of the login route.
    pub fn optional_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.common.settings.optional_scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Another Atlassian: [`Environment::us_gov`], or [`Environment::custom`] for the sandbox.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.common.settings.environment = environment;
        self
    }

    /// Where the auth routes are; `/auth` unless set.
    pub fn prefix(mut self, path: impl Into<String>) -> Self {
        self.common.settings.prefix = path.into();
        self
    }

    /// The path under which browsers see the app, when it is not at the root of the public URL, e.g. `/tool`.
    pub fn mounted_at(mut self, path: impl Into<String>) -> Self {
        self.common.settings.mount = path.into();
        self
    }

    /// Where visitors go when no other place is known; `/` unless set (the mount path counts).
    pub fn default_return_to(mut self, path: impl Into<String>) -> Self {
        self.common.settings.default_return_to = path.into();
        self
    }

    /// Origins besides the app's own that a login may return to, exactly as browsers write them.
    pub fn return_origins<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        self.common.settings.return_origins = origins.into_iter().map(Into::into).collect();
        self
    }

    /// Origins of the app's own code that are of the *same site* as the public URL, such as
    /// `https://app.example.com` beside `https://api.example.com`: browsers send them the session cookie. Their
    /// scripts may read the JSON routes and, with the field `X-Threelo`, change things; visitors may return to them.
    /// Exactly as browsers write them; see the [guide](crate::guide::single_page_app).
    pub fn same_site_origins<S: Into<String>>(
        mut self,
        origins: impl IntoIterator<Item = S>,
    ) -> Self {
        let origins = origins.into_iter().map(Into::into);
        self.common.settings.same_site_origins = origins.collect();
        self
    }

    /// Hands access tokens to code in browsers: `POST token`, for pages of this app and of listed origins. Never the
    /// refresh token.
    pub fn access_tokens(mut self) -> Self {
        self.common.settings.access_tokens = true;
        self
    }

    /// Passes these calls on to Atlassian, with the user's own token: `{prefix}/api/{product}/{cloud id}/…`, for
    /// scripts of this app and of listed origins. Nothing unless set.
    ///
    /// A call has a body of 1 MiB at most, an answer one of 256 MiB. An answer takes 10 minutes at most and breaks off
    /// when its reader takes nothing for a minute.
    pub fn forward(mut self, calls: impl IntoIterator<Item = Forward>) -> Self {
        self.common.settings.forwards = calls.into_iter().collect();
        self
    }

    /// Letters and digits at the end of our cookies' names, for two apps on one host.
    pub fn cookie_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.common.settings.cookie_suffix = Some(suffix.into());
        self
    }

    /// How the token endpoint is spoken to; JSON unless set.
    pub fn token_encoding(mut self, encoding: TokenEncoding) -> Self {
        self.common.settings.token_encoding = encoding;
        self
    }

    /// How long a visitor may stay at Atlassian: 1 to 30 minutes; 10 minutes unless set.
    pub fn flow_lifetime(mut self, lifetime: Duration) -> Self {
        self.common.settings.lifetimes.flow = lifetime;
        self
    }

    /// How long a request waits for a refresh of its token before it is a 503: 1 to 30 seconds; 12 seconds unless set.
    /// The refresh goes on behind it.
    pub fn refresh_wait(mut self, longest: Duration) -> Self {
        self.common.settings.refresh_wait = longest;
        self
    }

    /// Reckons with consents that end after this long, however often they are used: 1 day to 10 years. Atlassian's
    /// pages once said 365 days and do not any more, so nothing ends by itself here;
    /// [`Grant::consent_by`](crate::Grant::consent_by) tells the earlier date.
    pub fn longest_consent(mut self, longest: Duration) -> Self {
        self.common.settings.longest_consent = Some(longest);
        self
    }

    /// The sealing keys, `id:base64` separated by commas, each of at least 32 random bytes; the first seals, all open.
    /// `openssl rand -base64 32` makes one.
    pub fn keys(mut self, keys: impl Into<String>) -> Self {
        self.common.keys = Some(Keys::new(keys));
        self
    }

    /// The database in which everything is kept: sessions, grants and spent states, sealed with the
    /// [`keys`](Self::keys), which must be set then. Unless set, it is this process's memory.
    pub fn store(mut self, rows: Arc<dyn RowStore>) -> Self {
        self.common.rows = Some(rows);
        self
    }

    /// The way to Atlassian; reqwest unless set.
    pub fn http_client(mut self, client: Arc<dyn HttpClient>) -> Self {
        self.common.http = Some(client);
        self
    }

    /// The clock; the machine's unless set.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.common.clock = clock;
        self
    }

    /// The look of our pages; plain HTML and CSS unless set.
    pub fn pages(mut self, pages: impl Pages) -> Self {
        self.common.pages = Some(PagesBox(Arc::new(pages)));
        self
    }

    /// Where work runs that outlives its request: exchanges, refreshes, activity writes. Unless set, that is the runtime
    /// of the request that begins it, which with actix-web is that of one worker, and ends with the worker. The runtime
    /// must run as long as requests are served and until [`Auth::drain`](crate::Auth::drain) returned:
    /// `.runtime(tokio::runtime::Handle::current())` in an async `main`.
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.common.runtime = Some(runtime);
        self
    }

    /// How long the right to refresh lives, for tests of instances that die; 30 seconds unless set. An answer must
    /// come within a third of it.
    #[cfg(feature = "testing")]
    pub fn refresh_lease(mut self, life: Duration) -> Self {
        self.common.lease = Some(life);
        self
    }

    /// What happens when the visitor pressed Cancel: clean up, or choose where they go.
    pub fn on_cancel<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(Cancelled) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<HookDecision, BoxError>> + Send + 'static,
    {
        self.common.hooks.on_cancel = boxed(hook);
        self
    }

    /// What a consent reaches, as it was chosen when the app was created in the developer console; account-level
    /// unless set.
    pub fn access_type(mut self, access: AccessType) -> Self {
        self.common.settings.access = access;
        self
    }
}
