use std::sync::Arc;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;
use threelo::message::Reply;
use threelo::store::SessionRecord;
use threelo::{AccountId, ApiError, AuthSession, CloudId, Rejection, Site, without_layer};

use crate::convert;
use crate::guard::MISSING;

/// Why an extractor turned a request away, or a call to Atlassian failed, with the reply that fits the request.
#[derive(Debug)]
pub struct AuthRejection {
    rejection: Rejection,
    reply: Box<Reply>,
}

impl AuthRejection {
    /// The reason.
    pub fn rejection(&self) -> &Rejection {
        &self.rejection
    }
}

impl IntoResponse for AuthRejection {
    fn into_response(self) -> Response {
        convert::response(*self.reply, axum_core::body::Body::from)
    }
}

impl std::fmt::Display for AuthRejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.rejection.fmt(f)
    }
}

impl std::error::Error for AuthRejection {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.rejection.source()
    }
}

/// A call to Atlassian that failed, as the answer to the app's own visitor: `?` does this in handlers.
impl From<ApiError> for AuthRejection {
    fn from(error: ApiError) -> Self {
        let (rejection, reply) = error.into_rejection();
        Self {
            rejection,
            reply: Box::new(reply),
        }
    }
}

fn session(parts: &Parts) -> Result<&AuthSession, AuthRejection> {
    parts.extensions.get::<AuthSession>().ok_or_else(|| {
        let rejection = Rejection::MissingLayer(MISSING);
        let reply = Box::new(without_layer(&rejection));
        AuthRejection { rejection, reply }
    })
}

/// What an extractor takes from the session; its failure becomes the reply that fits the request.
macro_rules! extractor {
    ($name:ident, |$auth:ident| $take:expr) => {
        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = AuthRejection;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
                let $auth = session(parts)?;
                let taken: Result<Self, Rejection> = async { Ok($take) }.await;
                taken.map_err(|rejection| turned_away($auth, rejection))
            }
        }
    };
}

fn turned_away(session: &AuthSession, rejection: Rejection) -> AuthRejection {
    let reply = Box::new(session.reject(&rejection));
    AuthRejection { rejection, reply }
}

/// Whoever is signed in. Strangers are turned away: navigations to the login, scripts with 401.
#[derive(Clone, Debug)]
pub struct CurrentUser(Arc<SessionRecord>);

impl CurrentUser {
    /// The stable key of the account: the one to store.
    pub fn account_id(&self) -> &AccountId {
        self.0.account()
    }

    /// What to call this person.
    pub fn name(&self) -> &str {
        self.0.profile.display_name()
    }

    /// Everything that the account shows.
    pub fn profile(&self) -> &threelo::Profile {
        &self.0.profile
    }
}

extractor!(CurrentUser, |auth| Self(auth.require_user().await?));

/// `None` for strangers; a store that is down is still a 503.
impl<S: Send + Sync> OptionalFromRequestParts<S> for CurrentUser {
    type Rejection = AuthRejection;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, AuthRejection> {
        MaybeUser::from_request_parts(parts, state)
            .await
            .map(|user| user.0)
    }
}

/// Whoever is signed in, or nobody. When nobody can tell, it is a 503, never "nobody".
#[derive(Clone, Debug)]
pub struct MaybeUser(Option<CurrentUser>);

impl MaybeUser {
    /// Whoever is signed in.
    pub fn get(&self) -> Option<&CurrentUser> {
        self.0.as_ref()
    }
}

extractor!(MaybeUser, |auth| Self(auth.user().await?.map(CurrentUser)));

/// The profile of whoever is signed in, as the User Identity API gave it at the login.
#[derive(Clone, Debug)]
pub struct Profile(pub Arc<threelo::Profile>);

impl std::ops::Deref for Profile {
    type Target = threelo::Profile;

    fn deref(&self) -> &threelo::Profile {
        &self.0
    }
}

extractor!(Profile, |auth| Self(Arc::clone(
    &auth.require_user().await?.profile
)));

/// The site of this request: the one it names (`X-Threelo-Site`, `?site=`), else the session's
/// choice, else the only one. Visitors with several choose one first and come back.
#[derive(Clone, Debug)]
pub struct CurrentSite(pub Site);

impl std::ops::Deref for CurrentSite {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.0
    }
}

extractor!(CurrentSite, |auth| Self(auth.site().await?));

/// The session of whoever is signed in, to look at and to end. It holds no data of the app.
#[derive(Clone, Debug)]
pub struct CurrentSession {
    auth: AuthSession,
    record: Arc<SessionRecord>,
}

impl CurrentSession {
    /// When the login happened, the last activity, and the absolute end.
    pub fn record(&self) -> &SessionRecord {
        &self.record
    }

    /// The name of this session in the list of sessions; of no use as a cookie.
    pub fn handle(&self) -> String {
        self.record.key.handle()
    }

    /// Ends the session; the reply to this request removes the cookie.
    ///
    /// # Errors
    ///
    /// [`AuthRejection`] if the session may still be there.
    pub async fn sign_out(&self) -> Result<(), AuthRejection> {
        let ended = self.auth.sign_out().await;
        ended.map_err(|rejection| turned_away(&self.auth, rejection))
    }

    /// Lets the session work on a site from now on.
    ///
    /// # Errors
    ///
    /// [`AuthRejection`] if the grant does not reach the site, or a store failed.
    pub async fn choose_site(&self, site: &CloudId) -> Result<(), AuthRejection> {
        let chosen = self.auth.choose_site(site).await;
        chosen.map_err(|rejection| turned_away(&self.auth, rejection))
    }
}

extractor!(CurrentSession, |auth| Self {
    record: auth.require_user().await?,
    auth: auth.clone(),
});

/// Atlassian's APIs on behalf of whoever is signed in, with a token that works. Strangers are turned away as by
/// [`CurrentUser`]; who must consent again goes to Atlassian and comes back.
#[derive(Clone, Debug)]
pub struct Atlassian(pub threelo::Atlassian);

impl std::ops::Deref for Atlassian {
    type Target = threelo::Atlassian;

    fn deref(&self) -> &threelo::Atlassian {
        &self.0
    }
}

extractor!(Atlassian, |auth| Self(auth.atlassian().await?));
