//! Auth as one request sees it: lazy, so that a route that asks for nothing costs no store read.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::{Mutex as Turns, OnceCell};

use crate::atlassian::ApiClient;
use crate::auth::connections::ConnectedAccounts;
use crate::auth::user::User;
use crate::error::{KnownScopes, MissingScope, Rejection, RejectionResponse, Render};
use crate::flow::{LoginRequest, ResolvedSubject};
use crate::grant::{self, GrantSet, Holder};
use crate::ids::{AccountId, CloudId, Subject};
use crate::message::Reply;
use crate::message::cookie::SetCookie;
use crate::ports::BoxError;
use crate::provider::site::Site;
use crate::refresh;
use crate::scope::Scopes;
use crate::secret::opaque_debug;
use crate::session;
use crate::sites::{self, Choice, SiteSelection};
use crate::store::SessionRecord;
use crate::web::{self, Context, Credential, RequestSnapshot, Visitor, Web};

/// Auth for one request. Clones share what was looked up.
#[derive(Clone)]
pub struct AuthSession(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) web: Arc<Web>,
    seen: RequestSnapshot,
    same_origin: bool,
    looked_up: OnceLock<Option<Arc<SessionRecord>>>,
    pub(crate) was_asked: AtomicBool,
    /// Whether the reply depends on the site that the request names.
    pub(crate) site_was_asked: AtomicBool,
    pub(crate) cold: OnceLock<Box<ColdState>>,
}

/// What few requests need; made when it is needed, so that the others move less.
#[derive(Default)]
pub(crate) struct ColdState {
    context: OnceLock<Arc<Context>>,
    /// Held by who waits for the store, so that two who ask at once are one look-up.
    turns: Turns<()>,
    /// The app's user, in connect mode, once the app was asked.
    subject: OnceLock<ResolvedSubject>,
    /// The accounts of the app's user, read once.
    linked: OnceCell<Vec<GrantSet>>,
    pub(crate) cookies: Mutex<Vec<SetCookie>>,
}

impl Inner {
    /// What answers are made of; read when the first is made.
    fn context(&self) -> &Arc<Context> {
        let read = || Arc::new(self.seen.context(&self.web.ports.config));
        self.cold().context.get_or_init(read)
    }

    fn cold(&self) -> &ColdState {
        self.cold.get_or_init(Box::default)
    }

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

    /// Whoever is signed in, or nobody; looked up once per request.
    ///
    /// # Errors
    ///
    /// [`Rejection::Store`] if nobody can tell: never "nobody" instead.
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

    /// Whoever is signed in.
    ///
    /// # Errors
    ///
    /// [`Rejection::NotSignedIn`], [`Rejection::Store`].
    pub async fn require_user(&self) -> Result<User, Rejection> {
        self.user().await?.ok_or(Rejection::NotSignedIn)
    }

    fn is_connect(&self) -> bool {
        self.0.web.ports.config.mode.is_connect()
    }

    /// Whether the app should say who its user is before anything is asked that depends on it: connect mode, once per
    /// request.
    pub fn wants_subject(&self) -> bool {
        self.is_connect() && self.0.cold().subject.get().is_none()
    }

    /// Takes what the app says: its user, nobody, or that it cannot tell.
    pub fn know_subject(&self, subject: Result<Option<Subject>, BoxError>) {
        let _first_counts = self.0.cold().subject.set(ResolvedSubject::from(subject));
    }

    /// The app's user, in connect mode.
    ///
    /// # Errors
    ///
    /// [`Rejection::NotSignedIn`], [`Rejection::Subject`] if the app cannot tell, [`Rejection::WrongMode`].
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

    /// The Atlassian accounts that the app's user has connected, in connect mode.
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

    fn visitor(&self) -> Visitor {
        Visitor {
            web: Arc::clone(&self.0.web),
            context: Arc::clone(self.0.context()),
            account: None,
        }
    }

    /// Whether anybody is there: signed in here, or in connect mode to the app.
    pub(crate) async fn require_somebody(&self) -> Result<(), Rejection> {
        if self.is_connect() {
            return self.subject().map(|_subject| ());
        }
        self.require_user().await.map(|_user| ())
    }

    /// On whose behalf a request works: whoever is signed in, or in connect mode the one account that is connected.
    async fn holder(&self) -> Result<(Holder, Option<CloudId>), Rejection> {
        if !self.is_connect() {
            let user = self.require_user().await?;
            return Ok((Holder::of(user.account_id()), user.record().site.clone()));
        }
        let holder = self.connections().await?.only()?.holder().clone();
        Ok((holder, None))
    }

    /// The site of this request: the one it names (`X-Threelo-Site`, `?site=`), else the session's, else the only one.
    ///
    /// # Errors
    ///
    /// [`Rejection::ChooseSite`], [`Rejection::NoSite`], [`Rejection::UnknownSite`], [`Rejection::SiteGone`],
    /// [`Rejection::SitesUnknown`], and those of [`atlassian`](Self::atlassian).
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

    /// Atlassian's APIs on behalf of whoever is signed in.
    ///
    /// # Errors
    ///
    /// [`Rejection::NotSignedIn`]; [`Rejection::ConsentNeeded`] if it is known already that the grant gives no token;
    /// in connect mode [`Rejection::NotConnected`] and [`Rejection::ChooseConnection`] unless exactly one account is
    /// connected; [`Rejection::Store`].
    pub async fn atlassian(&self) -> Result<ApiClient, Rejection> {
        let (holder, _) = self.holder().await?;
        let ports = &self.0.web.ports;
        // For a resource-level app that is the best of several grants: which one is used, the site decides.
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

    /// Lets the session work on a site from now on.
    ///
    /// # Errors
    ///
    /// [`Rejection::UnknownSite`] if the grant does not reach it, and those of [`site`](Self::site).
    pub async fn choose_site(&self, id: &CloudId) -> Result<(), Rejection> {
        let ports = &self.0.web.ports;
        let choice = if self.is_connect() {
            sites::choose_linked(ports, &self.holder().await?.0, id).await?
        } else {
            sites::choose(ports, self.require_user().await?.record(), id).await?
        };
        match choice {
            Choice::Made => Ok(()),
            Choice::NotReachable => Err(Rejection::UnknownSite),
        }
    }

    /// Ends the session; the reply of this request removes the cookie.
    ///
    /// # Errors
    ///
    /// [`Rejection::Store`] if the session may still be there.
    pub async fn sign_out(&self) -> Result<(), Rejection> {
        if let Some(shown) = self.0.seen.session(&self.0.web.ports.config) {
            let ending = session::end(&self.0.web.ports, shown.key()).await?;
            self.add_cookies(shown.removal(ending));
        }
        Ok(())
    }

    pub(crate) async fn sign_out_everywhere(&self, account: &AccountId) -> Result<(), Rejection> {
        let ending = session::end_all(&self.0.web.ports, account).await?;
        let shown = self.0.seen.session(&self.0.web.ports.config);
        self.add_cookies(match shown {
            Some(shown) => shown.removal(ending),
            None => ending,
        });
        Ok(())
    }

    pub(crate) async fn sessions_of(
        &self,
        account: &AccountId,
    ) -> Result<Vec<Arc<SessionRecord>>, Rejection> {
        session::sessions_of(&self.0.web.ports, account).await
    }

    pub(crate) async fn end_session(
        &self,
        account: &AccountId,
        handle: &str,
    ) -> Result<bool, Rejection> {
        session::end_by_handle(&self.0.web.ports, account, handle).await
    }

    fn add_cookies(&self, cookies: Vec<SetCookie>) {
        self.0
            .cold()
            .cookies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(cookies);
    }

    /// Whether the grant has these scopes.
    ///
    /// # Errors
    ///
    /// [`Rejection::MissingScope`] with what is missing and why, and those of [`atlassian`](Self::atlassian).
    pub async fn require_scopes(&self, needed: &Scopes) -> Result<(), Rejection> {
        let (holder, _) = self.holder().await?;
        let set = GrantSet::load(&self.0.web.ports, &holder).await?;
        let askable = self.0.web.ports.config.askable();
        if !askable.covers(needed) {
            tracing::error!(target: "threelo", scopes = %needed.minus(&askable), "a route requires scopes that the app \
                never asks for: add them to scopes or optional_scopes");
        }

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

    /// Whether a change comes from a page of this app, of a listed origin with the field `X-Threelo`, or with a bearer session;
    /// reading needs no proof. A WebSocket begins with a `GET`: compare its `Origin` yourself, as no browser asks first there.
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

    /// A rejection with the reply that fits this request.
    pub fn reject(&self, rejection: Rejection) -> RejectionResponse {
        self.visitor().render(rejection)
    }

    /// Starts a login in the form that fits this request. In connect mode it must be a change that a page of this app asks
    /// for, and the handler must have asked for [`connections`](Self::connections); any other request gets the page with
    /// the button, which starts a flow for the same place, scopes, site and account, and has no details.
    pub fn start_login(&self, login: &LoginRequest) -> Reply {
        let context = self.0.context();
        let subject = match self.subject() {
            Err(Rejection::WrongMode(_)) => None,
            Ok(subject) if !context.is_safe && self.0.same_origin => Some(subject),
            Ok(_) => return web::to_button(&self.0.web, login, context),
            Err(_) if self.wants_subject() => {
                return web::to_button(&self.0.web, login, context);
            }
            Err(other) => return self.reject(other).into_reply(),
        };
        let started = web::start_login(&self.0.web, login, context, subject);
        started.unwrap_or_else(|rejection| self.reject(rejection).into_reply())
    }
}

const NO_USERS: &str =
    "in connect mode the app has users of its own: ask for `Connections` or `Atlassian`";
const NO_CONNECTIONS: &str =
    "connections are of connect mode: build a `Connect`, or ask for `CurrentUser`";
