//! Auth as one request sees it: lazy, so that a route that asks for nothing costs no store read
//! (docs/decisions/0004).
//!
//! A request has one credential (docs/decisions/0027), one session at most, and one app user at
//! most; each is looked up once and shared by extractors, guards and handlers of the request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use tokio::sync::{Mutex as Turns, OnceCell};

use crate::atlassian::ApiClient;
use crate::auth::connections::ConnectedAccounts;
use crate::auth::user::User;
use crate::error::{KnownScopes, MissingScope, Rejection, RejectionResponse, Render};
use crate::flow::ResolvedSubject;
use crate::grant::{self, GrantSet, Holder};
use crate::ids::{CloudId, Subject};
use crate::message::cookie::SetCookie;
use crate::ports::BoxError;
use crate::provider::site::Site;
use crate::refresh;
use crate::scope::Scopes;
use crate::secret::opaque_debug;
use crate::session;
use crate::sites::{self, SiteSelection};
use crate::store::SessionRecord;
use crate::web::{Context, Credential, RequestSnapshot, Visitor, Web};

/// Auth for one request. Clones share what was looked up.
///
/// Adapters put it among the request's extensions; extractors and guards are made of it. It is
/// bound to its request and is of no use after the reply.
///
/// ```no_run
/// use threelo::{AuthSession, Rejection};
///
/// async fn greeting(session: &AuthSession) -> Result<String, Rejection> {
///     Ok(match session.user().await? {
///         Some(user) => format!("Hello {}", user.name()),
///         None => "Hello stranger".to_owned(),
///     })
/// }
/// ```
#[derive(Clone)]
pub struct AuthSession(pub(crate) Arc<Inner>);

/// What all clones share.
pub(crate) struct Inner {
    /// The app's settings, ports and pages.
    pub(crate) web: Arc<Web>,
    /// What later questions need of the request, which the app has by then.
    pub(super) seen: RequestSnapshot,
    /// Whether the request proved that it may change something, or needs no proof.
    pub(super) same_origin: bool,
    /// The session, once it was looked up; `Some(None)` is the answer that there is none.
    looked_up: OnceLock<Option<Arc<SessionRecord>>>,
    /// Whether the reply depends on who is signed in: then no cache may keep it.
    pub(crate) was_asked: AtomicBool,
    /// Whether the reply depends on the site that the request names.
    pub(crate) site_was_asked: AtomicBool,
    /// Made by the first question that needs it.
    pub(crate) cold: OnceLock<Box<ColdState>>,
}

/// What few requests need. It is made when it is needed, so that the others are smaller to move and
/// make fewer allocations.
#[derive(Default)]
pub(crate) struct ColdState {
    /// What replies are made of: cookies of flows, the audience, the address.
    context: OnceLock<Arc<Context>>,
    /// Held while the store is asked, so that concurrent questions of one request are one look-up.
    turns: Turns<()>,
    /// The app's user, in connect mode, once the app was asked.
    subject: OnceLock<ResolvedSubject>,
    /// The accounts of the app's user, read once.
    linked: OnceCell<Vec<GrantSet>>,
    /// Cookies that the reply sets or removes, until `finish` takes them.
    pub(crate) cookies: Mutex<Vec<SetCookie>>,
}

impl Inner {
    /// What replies are made of; read from the snapshot when the first reply is made.
    pub(super) fn context(&self) -> &Arc<Context> {
        let read = || Arc::new(self.seen.context(&self.web.ports.config));
        self.cold().context.get_or_init(read)
    }

    /// The rarely needed part; makes it if this is the first time.
    pub(super) fn cold(&self) -> &ColdState {
        self.cold.get_or_init(Box::default)
    }

    /// Looks the session up, once: without waiting if the store can, else one caller asks and
    /// concurrent ones wait for its result. A failure is not remembered, so that a later question
    /// asks again.
    async fn look_up(&self) -> Result<&Option<Arc<SessionRecord>>, Rejection> {
        let ports = &self.web.ports;
        let shown = self.seen.session(&ports.config);
        let key = shown.as_ref().map(Credential::key);
        if let Some(found) = session::current_now(ports, key) {
            return Ok(self.looked_up.get_or_init(|| found));
        }
        let _turn = self.cold().turns.lock().await;
        if let Some(known) = self.looked_up.get() {
            return Ok(known);
        }
        let found = session::current(ports, key).await?;
        Ok(self.looked_up.get_or_init(|| found))
    }
}

opaque_debug!(AuthSession);

impl AuthSession {
    /// Takes the session that an outer layer had left in the request: two layers around one handler are a mistake, of which
    /// the log says so once. The inner one decides.
    pub fn warn_of_outer(&self, outer: Option<&Self>) {
        if outer.is_some() && !self.0.web.warned.of_stack.swap(true, Ordering::Relaxed) {
            tracing::warn!(target: "threelo", "two auth layers are around one handler, and the inner one decides: remove one of them");
        }
    }

    /// Auth for a request; looks nothing up. `same_origin` is the proof that was taken from the
    /// header fields.
    pub(crate) fn new(web: Arc<Web>, seen: RequestSnapshot, same_origin: bool) -> Self {
        Self(Arc::new(Inner {
            web,
            seen,
            same_origin,
            looked_up: OnceLock::new(),
            was_asked: AtomicBool::new(false),
            site_was_asked: AtomicBool::new(false),
            cold: OnceLock::new(),
        }))
    }

    /// The user who is signed in, or `None`; looked up once per request.
    ///
    /// Asking marks the reply as private: `finish` then keeps it out of caches.
    ///
    /// # Errors
    ///
    /// [`Rejection::Store`] if the store fails: never `None` instead, because a failing store would
    /// then look like a signed-out visitor. [`Rejection::WrongMode`] in connect mode.
    pub async fn user(&self) -> Result<Option<User>, Rejection> {
        let inner = &*self.0;
        if self.is_connect() {
            return Err(Rejection::WrongMode(NO_USERS));
        }
        inner.was_asked.store(true, Ordering::Relaxed);
        let known = match inner.looked_up.get() {
            Some(known) => known,
            None => inner.look_up().await?,
        };
        Ok(known.clone().map(User::new))
    }

    /// The user who is signed in.
    ///
    /// # Errors
    ///
    /// [`Rejection::NotSignedIn`] without a session, or if it ended; [`Rejection::Store`],
    /// [`Rejection::WrongMode`].
    pub async fn require_user(&self) -> Result<User, Rejection> {
        self.user().await?.ok_or(Rejection::NotSignedIn)
    }

    /// Whether the app has users of its own.
    pub(super) fn is_connect(&self) -> bool {
        self.0.web.ports.config.mode.is_connect()
    }

    /// Whether the adapter should ask the app for its user before a question that depends on it: in
    /// connect mode, until the app was asked once in this request.
    pub fn wants_subject(&self) -> bool {
        self.is_connect() && self.0.cold().subject.get().is_none()
    }

    /// Takes the app's answer: its user, `None` for a signed-out visitor, or an error if the app
    /// cannot tell. The first answer of a request counts; later ones are ignored, so that one
    /// request never acts for two users. An error is logged here.
    pub fn know_subject(&self, subject: Result<Option<Subject>, BoxError>) {
        let _first_counts = self.0.cold().subject.set(ResolvedSubject::from(subject));
    }

    /// The app's user, in connect mode.
    ///
    /// # Errors
    ///
    /// [`Rejection::NotSignedIn`] if the visitor is signed out of the app; [`Rejection::Subject`]
    /// if the app could not tell, or was not asked; [`Rejection::WrongMode`] in sign-in mode.
    pub fn subject(&self) -> Result<&Subject, Rejection> {
        self.0.was_asked.store(true, Ordering::Relaxed);
        if !self.is_connect() {
            return Err(Rejection::WrongMode(NO_CONNECTIONS));
        }
        self.0
            .cold()
            .subject
            .get()
            .unwrap_or(&ResolvedSubject::NotAsked)
            .required()
    }

    /// The Atlassian accounts that the app's user has connected, in connect mode; read once per
    /// request. A user without any gets an empty list.
    ///
    /// # Errors
    ///
    /// Those of [`subject`](Self::subject), [`Rejection::Store`].
    pub async fn connections(&self) -> Result<ConnectedAccounts, Rejection> {
        let subject = self.subject()?.clone();
        let read = || grant::of_subject(&self.0.web.ports, &subject);
        let linked = self.0.cold().linked.get_or_try_init(read).await?;
        let linked = linked.clone();
        Ok(ConnectedAccounts::new(subject, linked, &self.visitor()))
    }

    /// Who waits for the reply: what errors of calls are rendered for.
    fn visitor(&self) -> Visitor {
        Visitor {
            web: Arc::clone(&self.0.web),
            context: Arc::clone(self.0.context()),
            account: None,
        }
    }

    /// Succeeds if a visitor is signed in: here, or in connect mode to the app.
    ///
    /// # Errors
    ///
    /// Those of [`require_user`](Self::require_user), or of [`subject`](Self::subject).
    pub(crate) async fn require_visitor(&self) -> Result<(), Rejection> {
        if self.is_connect() {
            return self.subject().map(|_subject| ());
        }
        self.require_user().await.map(|_user| ())
    }

    /// On whose behalf a request works, and the site that its session chose: the user who is signed
    /// in, or in connect mode the one account that is connected. With several connected accounts,
    /// the handler must choose one and call it itself.
    pub(super) async fn holder(&self) -> Result<(Holder, Option<CloudId>), Rejection> {
        if !self.is_connect() {
            let user = self.require_user().await?;
            return Ok((Holder::of(user.account_id()), user.record().site.clone()));
        }
        let holder = self.connections().await?.only()?.holder().clone();
        Ok((holder, None))
    }

    /// The site of this request: the one that it names (`X-Threelo-Site`, `?site=`), else the
    /// session's choice, else the account's last choice, else the only one that the grant reaches.
    /// Never one of several by default (docs/protocol.md, 4.6).
    ///
    /// Before a site is refused, the list is read again at Atlassian if it is older than 10 seconds
    /// (docs/decisions/0041).
    ///
    /// # Errors
    ///
    /// [`Rejection::ChooseSite`] if there are several and none is chosen, [`Rejection::NoSite`] if
    /// there is none, [`Rejection::UnknownSite`] if the named one is not reachable,
    /// [`Rejection::SiteGone`] if the chosen one is not reachable any more,
    /// [`Rejection::SitesUnknown`] if Atlassian did not answer, and those of
    /// [`atlassian`](Self::atlassian).
    pub async fn site(&self) -> Result<Site, Rejection> {
        self.0.site_was_asked.store(true, Ordering::Relaxed);
        let (holder, chosen) = self.holder().await?;
        let wish = self.0.context().wished_site();
        let selection = SiteSelection {
            chosen: chosen.as_ref(),
            named: wish.as_deref(),
        };
        sites::site_for(&self.0.web.ports, &holder, selection).await
    }

    /// Atlassian's APIs on behalf of the user who is signed in, or in connect mode of the one
    /// account that is connected.
    ///
    /// Asks Atlassian nothing: a token is refreshed only when a call needs one.
    ///
    /// # Errors
    ///
    /// [`Rejection::NotSignedIn`]; [`Rejection::ConsentNeeded`] if it is already known that the
    /// grant gives no token; in connect mode [`Rejection::NotConnected`] and
    /// [`Rejection::ChooseConnection`] unless exactly one account is connected;
    /// [`Rejection::Store`].
    pub async fn atlassian(&self) -> Result<ApiClient, Rejection> {
        let (holder, _) = self.holder().await?;
        let ports = &self.0.web.ports;
        // A resource-level app may have several grants, and the site of a call decides which one
        // is used. Here it is enough that the best of them gives tokens.
        if let Some(key) = grant::key_for(ports, &holder, None).await? {
            refresh::check_usable(ports, &key).await?;
        }
        let visitor = Visitor {
            account: Some(holder.account.clone()),
            ..self.visitor()
        };
        Ok(ApiClient::new(
            Arc::clone(ports),
            holder,
            Some(Arc::new(visitor)),
        ))
    }

    /// Succeeds if the grant has these scopes. It is read from the store and not from the cache, so
    /// that a consent on another instance counts immediately (docs/decisions/0043). Scopes that the
    /// app never asks for are an error of the app, which is logged.
    ///
    /// # Errors
    ///
    /// [`Rejection::MissingScope`] with what is missing and why (docs/decisions/0040),
    /// [`Rejection::ConsentNeeded`] without a grant, and those of [`atlassian`](Self::atlassian).
    pub async fn require_scopes(&self, needed: &Scopes) -> Result<(), Rejection> {
        let (holder, _) = self.holder().await?;
        let set = GrantSet::load(&self.0.web.ports, &holder).await?;
        let askable = self.0.web.ports.config.askable();
        match MissingScope::of(
            needed,
            &KnownScopes {
                granted: &set.scopes(),
                asked: &set.asked(),
                wanted: &set.wanted(),
                askable: &askable,
            },
        ) {
            Some(missing) => Err(missing.into()),
            None => Ok(()),
        }
    }

    /// Succeeds if a change comes from a page of this app, from a page of a listed origin with the
    /// field `X-Threelo`, or with a bearer session (docs/decisions/0063); reading needs no proof.
    ///
    /// A change is every method but GET, HEAD, OPTIONS and TRACE, and every WebSocket handshake
    /// (docs/decisions/0078).
    ///
    /// # Errors
    ///
    /// [`Rejection::Forbidden`].
    pub fn require_same_origin(&self) -> Result<(), Rejection> {
        if self.0.same_origin {
            Ok(())
        } else {
            Err(Rejection::Forbidden)
        }
    }

    /// A rejection together with the reply that fits this request: a redirect to the login or a
    /// page for navigations, JSON for scripts, `HX-Redirect` for htmx.
    pub fn reject(&self, rejection: Rejection) -> RejectionResponse {
        self.visitor().render(rejection)
    }
}

/// What the developer reads who asks for a user in connect mode.
const NO_USERS: &str =
    "in connect mode the app has users of its own: ask for `Connections` or `Atlassian`";
/// What the developer reads who asks for connections in sign-in mode.
const NO_CONNECTIONS: &str =
    "connections exist in connect mode only: build a `Connect`, or ask for `CurrentUser`";
