//! Extractors: what a handler asks of the request it serves.
//!
//! Each is turned away by an [`AuthRejection`], whose reply fits the request: navigations are redirected to where a
//! visitor can mend it, scripts get JSON (`application/problem+json`, RFC 9457) with a stable `code`, htmx gets
//! `HX-Redirect`. Outside [`AuthMiddleware`](crate::AuthMiddleware) every extractor answers 500 and names the missing line.
//!
//! actix-web makes every error of an optional extractor `None`: `Option<CurrentUser>` hides a store that failed. Use
//! [`MaybeUser`].

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use threelo::{ApiClient, AuthSession, ConnectedAccounts, Profile, RejectionResponse, Site};
use threelo::{Rejection, User, UserSession};

use crate::guard::MISSING;
use crate::rejection::AuthRejection;
use crate::resolver;

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, AuthRejection>>>>;

/// Takes something from the session of a request, once the app was asked who its user is.
fn extract<T>(
    request: &HttpRequest,
    take: impl AsyncFnOnce(&AuthSession) -> Result<T, Rejection> + 'static,
) -> Extracted<T> {
    let session = request.extensions().get::<AuthSession>().cloned();
    let subject = session
        .as_ref()
        .and_then(|session| resolver::ask(session, request));
    Box::pin(async move {
        let session = session.ok_or_else(|| RejectionResponse::without_layer(MISSING))?;
        if let Some(subject) = subject {
            session.know_subject(subject.await);
        }
        let taken = take(&session).await;
        taken.map_err(|rejection| session.reject(rejection).into())
    })
}

/// The user who is signed in: a [`User`], by [`Deref`].
///
/// - No session, or one that ended: 401 (`not_signed_in`); a navigation goes to the login and comes back.
/// - The session store failed: 503 (`unavailable`). A user is never taken for a stranger.
/// - In connect mode: 500 (`wrong_mode`), because the app has users of its own.
///
/// `Option<CurrentUser>` hides every failure, because actix-web turns errors of optional extractors into `None`: use
/// [`MaybeUser`].
///
/// ```
/// use threelo_actix::CurrentUser;
///
/// async fn board(user: CurrentUser) -> String {
///     format!("The board of {} ({})", user.name(), user.account_id())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct CurrentUser(pub User);

impl Deref for CurrentUser {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0
    }
}

impl FromRequest for CurrentUser {
    type Error = AuthRejection;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        extract(request, async |auth| auth.require_user().await.map(Self))
    }
}

/// The user who is signed in, if there is one: an [`Option`], by [`Deref`].
///
/// - The session store failed: 503 (`unavailable`), never `None`.
/// - In connect mode: 500 (`wrong_mode`).
///
/// ```
/// use threelo_actix::MaybeUser;
///
/// async fn home(user: MaybeUser) -> String {
///     match user.as_ref() {
///         Some(user) => format!("Hello {}", user.name()),
///         None => "Hello stranger".to_owned(),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct MaybeUser(pub Option<CurrentUser>);

impl Deref for MaybeUser {
    type Target = Option<CurrentUser>;

    fn deref(&self) -> &Option<CurrentUser> {
        &self.0
    }
}

impl FromRequest for MaybeUser {
    type Error = AuthRejection;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        extract(request, async |auth| {
            Ok(Self(auth.user().await?.map(CurrentUser)))
        })
    }
}

/// The profile of the user who is signed in, as the User Identity API (`GET /me`) gave it: a [`Profile`], by [`Deref`].
///
/// Everything but the account id depends on the person's privacy settings and may be absent. It may be as old as
/// `AuthBuilder::profile_age`. Rejects the same requests as [`CurrentUser`].
///
/// ```
/// use threelo_actix::CurrentProfile;
///
/// async fn greeting(profile: CurrentProfile) -> String {
///     format!("Hello {}", profile.display_name())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct CurrentProfile(pub Arc<Profile>);

impl Deref for CurrentProfile {
    type Target = Profile;

    fn deref(&self) -> &Profile {
        &self.0
    }
}

impl FromRequest for CurrentProfile {
    type Error = AuthRejection;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        extract(request, async |auth| {
            Ok(Self(Arc::clone(auth.require_user().await?.profile())))
        })
    }
}

/// The site of this request: a [`Site`], by [`Deref`]. It is the one that the request names (`X-Threelo-Site`, `?site=`),
/// else the one that the visitor chose, else the only one. Among several it is never chosen silently.
///
/// - Several sites and no choice: 409 (`choose_site`); a navigation goes to the picker and comes back.
/// - The chosen site is not reachable any more: 409 (`site_gone`); no other takes its place.
/// - The named site is not reachable with this grant: 403 (`unknown_site`).
/// - The grant reaches no site: 403 (`no_site`).
/// - The sites could not be read at Atlassian: 503 (`sites_unknown`).
/// - It also fails whenever [`Atlassian`] does.
///
/// ```
/// use threelo_actix::CurrentSite;
///
/// async fn heading(site: CurrentSite) -> String {
///     format!("Issues of {}", site.name)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct CurrentSite(pub Site);

impl Deref for CurrentSite {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.0
    }
}

impl FromRequest for CurrentSite {
    type Error = AuthRejection;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        extract(request, async |auth| auth.site().await.map(Self))
    }
}

/// The session of the user who is signed in, to inspect or end: a [`UserSession`], by [`Deref`]. It holds no data of
/// the app. Rejects the same requests as [`CurrentUser`].
///
/// ```
/// use threelo_actix::{AuthRejection, CurrentSession};
///
/// async fn leave(session: CurrentSession) -> Result<&'static str, AuthRejection> {
///     session.sign_out().await?;
///     Ok("Goodbye")
/// }
/// ```
#[derive(Clone, Debug)]
pub struct CurrentSession(pub UserSession);

impl Deref for CurrentSession {
    type Target = UserSession;

    fn deref(&self) -> &UserSession {
        &self.0
    }
}

impl FromRequest for CurrentSession {
    type Error = AuthRejection;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        extract(request, async |auth| auth.current_session().await.map(Self))
    }
}

/// Atlassian's APIs on behalf of the user who is signed in, or in connect mode of the one account that the app's user has
/// connected: an [`ApiClient`], by [`Deref`]. Its access token is refreshed before it expires.
///
/// - Not signed in: 401 (`not_signed_in`), as [`CurrentUser`].
/// - The account must consent again: 401 (`consent_needed`); a navigation goes to Atlassian and comes back.
/// - Connect mode, no account or several: 409 (`not_connected`, `choose_connection`); a navigation goes to the page of
///   connections. [`Connections`] has them all.
/// - A store failed, or the app could not tell who its user is: 503 (`unavailable`).
///
/// ```
/// use threelo_actix::{Atlassian, AuthRejection, CurrentSite};
///
/// async fn myself(atlassian: Atlassian, site: CurrentSite) -> Result<String, AuthRejection> {
///     let me: serde_json::Value = atlassian.jira(&site).get("/rest/api/3/myself").json().await?;
///     Ok(me["displayName"].to_string())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Atlassian(pub ApiClient);

impl Deref for Atlassian {
    type Target = ApiClient;

    fn deref(&self) -> &ApiClient {
        &self.0
    }
}

impl FromRequest for Atlassian {
    type Error = AuthRejection;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        extract(request, async |auth| auth.atlassian().await.map(Self))
    }
}

/// The Atlassian accounts that the app's user has connected, in connect mode: [`ConnectedAccounts`], by [`Deref`]. There
/// may be none.
///
/// - Not signed in to the app: 401 (`not_signed_in`); a navigation goes to the app's own login page.
/// - The app could not tell who its user is, or the grant store failed: 503 (`unavailable`).
/// - In sign-in mode: 500 (`wrong_mode`).
///
/// ```
/// use threelo_actix::Connections;
///
/// async fn accounts(connections: Connections) -> String {
///     let names: Vec<&str> = connections.iter().map(|account| account.name()).collect();
///     names.join(", ")
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Connections(pub ConnectedAccounts);

impl Deref for Connections {
    type Target = ConnectedAccounts;

    fn deref(&self) -> &ConnectedAccounts {
        &self.0
    }
}

impl FromRequest for Connections {
    type Error = AuthRejection;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        extract(request, async |auth| auth.connections().await.map(Self))
    }
}
