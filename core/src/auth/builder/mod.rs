//! The builders: one generic [`Builder`], with the setters that both modes have here and those of
//! one mode in a file of its own.
//!
//! A setter never fails; [`build`](AuthBuilder::build) checks everything and names every problem
//! together.

mod connect;
mod env;
mod limits;
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

/// Settings of an [`Auth`](crate::Auth) or a [`Connect`](crate::Connect). Everything has a default
/// except the credentials and the public URL; [`build`](AuthBuilder::build) checks everything and
/// reports all problems together.
///
/// The two kinds have names of their own: [`AuthBuilder`] and [`ConnectBuilder`].
///
/// ```
/// use threelo::{Auth, Builder, Connect, Credentials};
///
/// /// What both apps of a company have in common.
/// fn common<M>(builder: Builder<M>) -> Builder<M> {
///     builder.scopes(["read:jira-work"]).optional_scopes(["write:jira-work"]).prefix("/atlassian")
/// }
///
/// # fn main() -> Result<(), threelo::BuildError> {
/// let credentials = Credentials::new("my-client-id", "my-secret");
/// let auth = common(Auth::builder(credentials.clone(), "https://one.example.com")).build()?;
/// let connect = common(Connect::builder(credentials, "https://two.example.com")).build()?;
///
/// assert_eq!(auth.callback_url(), "https://one.example.com/atlassian/callback");
/// assert_eq!(connect.callback_url(), "https://two.example.com/atlassian/callback");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Builder<M> {
    /// What both modes have: settings, stores, hooks and the problems found so far.
    common: Common,
    /// What only this mode has.
    mode: M,
}

/// Settings of an [`Auth`](crate::Auth): the app signs people in with Atlassian.
///
/// ```
/// use std::time::Duration;
///
/// use threelo::{AuthBuilder, HookDecision};
///
/// # fn main() -> Result<(), threelo::BuildError> {
/// let variables = |name: &str| match name {
///     "ATLASSIAN_CLIENT_ID" => Some("my-client-id".to_owned()),
///     "ATLASSIAN_CLIENT_SECRET" => Some("my-secret".to_owned()),
///     "PUBLIC_URL" => Some("https://app.example.com".to_owned()),
///     _ => None,
/// };
/// let hours = |hours: u64| Duration::from_secs(hours * 3600);
///
/// let auth = AuthBuilder::from_variables(variables)
///     .scopes(["read:jira-work"])
///     .session_lifetimes(hours(1), hours(24))
///     .on_login(|sign_in| async move {
///         println!("{} signed in", sign_in.account_id());
///         Ok(HookDecision::Continue)
///     })
///     .build()?;
/// # let _ = auth;
/// # Ok(())
/// # }
/// ```
pub type AuthBuilder = Builder<SignInMode>;

/// Settings of a [`Connect`](crate::Connect): the app has users of its own, who connect Atlassian
/// accounts.
///
/// ```
/// use threelo::{Connect, ConnectBuilder, Credentials, HookDecision, LinkPolicy};
///
/// fn audited(builder: ConnectBuilder) -> ConnectBuilder {
///     builder.link_policy(LinkPolicy::Refuse).on_connected(|connected| async move {
///         println!("{} connects {}", connected.subject, connected.account_id());
///         Ok(HookDecision::Continue)
///     })
/// }
///
/// # fn main() -> Result<(), threelo::BuildError> {
/// let credentials = Credentials::new("my-client-id", "my-secret");
/// let connect = audited(Connect::builder(credentials, "https://app.example.com")).build()?;
/// # let _ = connect;
/// # Ok(())
/// # }
/// ```
pub type ConnectBuilder = Builder<ConnectMode>;

impl<M> Builder<M> {
    /// The scopes that every login asks for, for example `["read:jira-work"]`. `read:me` is always
    /// added, and `offline_access` unless `sign_in_only` is set. Each of them must be added to the
    /// app in the developer console, except `offline_access`; otherwise Atlassian shows its own
    /// error page, and the visitor does not come back (docs/protocol.md, 1.6). A second call
    /// replaces the first.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.common.settings.set_here("scopes");
        self.common.settings.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// The scopes that a login may additionally ask for, through the `scope` parameter of the login
    /// route. A visitor can ask for no others (docs/attacks.md, T058).
    pub fn optional_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.common.settings.set_here("optional_scopes");
        self.common.settings.optional_scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Another Atlassian: [`Environment::us_gov`], or [`Environment::custom`] for the sandbox.
    /// Sessions and grants of different environments never mix, even over one store.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.common.settings.environment = environment;
        self
    }

    /// The path below which the auth routes are; `/auth` unless set. It is part of the callback
    /// URL, and every path below it is answered by threelo, never by the app.
    pub fn prefix(mut self, path: impl Into<String>) -> Self {
        self.common.settings.set_here("prefix");
        self.common.settings.prefix = path.into();
        self
    }

    /// The path under which browsers see the app if it is not at the root of the public URL, for
    /// example `/tool`.
    ///
    /// ```
    /// # fn main() -> Result<(), threelo::BuildError> {
    /// # let credentials = threelo::Credentials::new("my-client-id", "my-secret");
    /// let auth = threelo::Auth::builder(credentials, "https://example.com").mounted_at("/tool").build()?;
    ///
    /// assert_eq!(auth.callback_url(), "https://example.com/tool/auth/callback");
    /// assert_eq!(auth.return_target("").as_str(), "/tool/");
    /// # Ok(())
    /// # }
    /// ```
    pub fn mounted_at(mut self, path: impl Into<String>) -> Self {
        self.common.settings.set_here("mounted_at");
        self.common.settings.mount = path.into();
        self
    }

    /// The place where visitors go when no other is known or allowed; `/` unless set (below the
    /// mount path, if there is one).
    pub fn default_return_to(mut self, path: impl Into<String>) -> Self {
        self.common.settings.default_return_to = path.into();
        self
    }

    /// Origins besides the app's own to which a login may return, exactly as browsers write them:
    /// https (or loopback), without path or wildcard (docs/attacks.md, T076). Their pages get no
    /// other rights.
    pub fn return_origins<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        self.common.settings.return_origins = origins.into_iter().map(Into::into).collect();
        self
    }

    /// Origins of the app's own code that are of the *same site* as the public URL, such as
    /// `https://app.example.com` beside `https://api.example.com`: browsers send them the session
    /// cookie. Their scripts may read the JSON routes and, with the field `X-Threelo`, change
    /// things; visitors may return to them. Write them exactly as browsers do; see the
    /// [guide](crate::guide::single_page_app).
    pub fn same_site_origins<S: Into<String>>(
        mut self,
        origins: impl IntoIterator<Item = S>,
    ) -> Self {
        let origins = origins.into_iter().map(Into::into);
        self.common.settings.same_site_origins = origins.collect();
        self
    }

    /// Hands access tokens to code in browsers: `POST token`, for pages of this app and of listed
    /// origins. A refresh token is never handed out (docs/attacks.md, T190).
    pub fn access_tokens(mut self) -> Self {
        self.common.settings.access_tokens = true;
        self
    }

    /// Forwards these calls to Atlassian with the user's own token: `{prefix}/api/{product}/{cloud
    /// id}/…`, for scripts of this app and of listed origins (docs/decisions/0068). Nothing is
    /// forwarded unless set.
    ///
    /// A call has a body of at most 1 MiB, an answer one of at most 256 MiB. An answer takes at
    /// most 10 minutes, and breaks off when its reader takes nothing for a minute.
    ///
    /// ```
    /// use threelo::Forward;
    ///
    /// # let credentials = threelo::Credentials::new("my-client-id", "my-secret");
    /// let builder = threelo::Auth::builder(credentials, "https://app.example.com")
    ///     .forward([Forward::to("jira", "/rest/api/3/").methods(["GET", "POST"])]);
    /// # let _ = builder;
    /// ```
    pub fn forward(mut self, calls: impl IntoIterator<Item = Forward>) -> Self {
        self.common.settings.forwards = calls.into_iter().collect();
        self
    }

    /// 1 to 32 letters and digits at the end of our cookies' names, for two apps on one host:
    /// without it each would overwrite the other's cookies (docs/attacks.md, T059). On loopback, such
    /// as `http://localhost:3000`, it is the port unless set.
    pub fn cookie_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.common.settings.set_here("cookie_suffix");
        self.common.settings.cookie_suffix = Some(suffix.into());
        self
    }

    /// How requests to the token endpoint are encoded; JSON unless set, the form that Atlassian
    /// documents (docs/protocol.md, 2.1).
    pub fn token_encoding(mut self, encoding: TokenEncoding) -> Self {
        self.common.settings.token_encoding = encoding;
        self
    }

    /// How long a visitor may stay at Atlassian: 1 to 30 minutes; 10 minutes unless set. A callback
    /// that comes later is refused (docs/attacks.md, T027).
    pub fn flow_lifetime(mut self, lifetime: Duration) -> Self {
        self.common.settings.lifetimes.flow = lifetime;
        self
    }

    /// How long a request waits for a refresh of its token before it is answered with 503: 1 to 30
    /// seconds; 12 seconds unless set. The refresh continues in the background, so that a later
    /// request finds its result.
    pub fn refresh_wait(mut self, longest: Duration) -> Self {
        self.common.settings.refresh_wait = longest;
        self
    }

    /// How long an API of Atlassian may take to begin its answer to a call, from the last byte of the request on: 1 second to
    /// 10 minutes; 60 seconds unless set. A search in Jira may take 40. One call can have
    /// [another limit](crate::atlassian::ApiRequest::timeout). Logins and refreshes have 10 seconds, whatever is set here.
    pub fn api_timeout(mut self, longest: Duration) -> Self {
        self.common.settings.api_timeout = longest;
        self
    }

    /// Assumes that consents end after this time, however often they are used: 1 day to 10 years.
    /// Atlassian's documentation once said 365 days and does not any more (docs/protocol.md, 3.1).
    /// No grant ends here because of it; [`Grant::consent_by`](crate::Grant::consent_by) tells the
    /// earlier date.
    pub fn longest_consent(mut self, longest: Duration) -> Self {
        self.common.settings.longest_consent = Some(longest);
        self
    }

    /// The sealing keys: `id:base64`, separated by commas, each of at least 32 random bytes; the
    /// first one seals, all open (docs/decisions/0058). `openssl rand -base64 32` makes one. They
    /// are required with a [`store`](Self::store); with the in-memory store a random key is drawn
    /// at start-up, so that flows in progress do not survive a restart.
    pub fn keys(mut self, keys: impl Into<String>) -> Self {
        self.common.keys = Some(Keys::new(keys));
        self
    }

    /// The database in which everything is kept: sessions, grants and spent states, sealed with the
    /// [`keys`](Self::keys), which must be set then. Unless set, everything is kept in the memory
    /// of this process and lost at a restart.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use threelo::store::RowStore;
    /// use threelo::{AuthBuilder, BuildError};
    ///
    /// fn durable(builder: AuthBuilder, rows: Arc<dyn RowStore>, keys: String) -> Result<threelo::Auth, BuildError> {
    ///     builder.store(rows).keys(keys).build()
    /// }
    /// ```
    pub fn store(mut self, rows: Arc<dyn RowStore>) -> Self {
        self.common.rows = Some(rows);
        self
    }

    /// The HTTP client for all calls to Atlassian; reqwest unless set. It must follow no redirects
    /// (docs/attacks.md, T145).
    pub fn http_client(mut self, client: Arc<dyn HttpClient>) -> Self {
        self.common.http = Some(client);
        self
    }

    /// The clock that all times come from; the machine's unless set. Tests move a
    /// [`ManualClock`](crate::clock::ManualClock).
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.common.clock = clock;
        self
    }

    /// The look of our pages; plain HTML and CSS unless set. Pages of your own must escape the
    /// values that they are given: some of them are chosen by visitors.
    pub fn pages(mut self, pages: impl Pages) -> Self {
        self.common.pages = Some(PagesBox(Arc::new(pages)));
        self
    }

    /// The runtime for work that outlives its request: exchanges, refreshes, activity writes
    /// (docs/decisions/0009). Unless set, it is the runtime of the request that begins the work;
    /// with actix-web that is the runtime of one worker, and ends with the worker. The runtime must
    /// run as long as requests are served, and until [`Auth::drain`](crate::Auth::drain) has
    /// returned: `.runtime(tokio::runtime::Handle::current())` in an async `main`.
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.common.runtime = Some(runtime);
        self
    }

    /// How long the lease of a refresh lives, for tests of instances that die; 30 seconds unless
    /// set. An answer must come within a third of it.
    #[cfg(feature = "testing")]
    pub fn refresh_lease(mut self, life: Duration) -> Self {
        self.common.lease = Some(life);
        self
    }

    /// Called when the visitor pressed Cancel at Atlassian, in the browser that started the flow:
    /// clean up, or choose where the visitor goes. An error, and no answer within 5 seconds, count
    /// as [`HookDecision::Continue`]: the visitor sees the page with the way back. It may be called
    /// again for one flow, if the visitor reloads before the browser has dropped the flow's cookie.
    pub fn on_cancel<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(Cancelled) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<HookDecision, BoxError>> + Send + 'static,
    {
        self.common.hooks.on_cancel = boxed(hook);
        self
    }

    /// The access type that was chosen when the app was created in the developer console;
    /// account-level unless set. It decides whether an account has one grant or one per consent
    /// (docs/decisions/0037), so a wrong value makes sites seem unreachable.
    pub fn access_type(mut self, access: AccessType) -> Self {
        self.common.settings.access = access;
        self
    }
}
