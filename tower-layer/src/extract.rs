//! Extractors for axum: what a handler asks of the request it serves.
//!
//! Each is turned away by an [`AuthRejection`], whose reply fits the request: navigations are redirected to where a
//! visitor can mend it, scripts get JSON (`application/problem+json`, RFC 9457) with a stable `code`, htmx gets
//! `HX-Redirect`. Outside [`AuthLayer`](crate::AuthLayer) every extractor answers 500 and names the missing line.

use std::ops::Deref;
use std::sync::Arc;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use threelo::{ApiClient, AuthSession, ConnectedAccounts, Profile, RejectionResponse, Site};
use threelo::{Rejection, User, UserSession};

use crate::guard::MISSING;
use crate::rejection::AuthRejection;
use crate::resolver;

/// The session of the request, once the app was asked who its user is.
async fn session(parts: &Parts) -> Result<&AuthSession, AuthRejection> {
    let session = parts.extensions.get::<AuthSession>();
    let session = session.ok_or_else(|| RejectionResponse::without_layer(MISSING))?;
    resolver::resolve(session, parts).await;
    Ok(session)
}

/// A rejection with the reply that fits the request.
fn reject(session: &AuthSession, rejection: Rejection) -> AuthRejection {
    session.reject(rejection).into()
}

/// The user who is signed in: a [`User`], by [`Deref`].
///
/// - No session, or one that ended: 401 (`not_signed_in`); a navigation goes to the login and comes back.
/// - The session store failed: 503 (`unavailable`). A user is never taken for a stranger.
/// - In connect mode: 500 (`wrong_mode`), because the app has users of its own.
///
/// `Option<CurrentUser>` is `None` for strangers, and still 503 when the store failed.
///
/// ```
/// use threelo_tower::CurrentUser;
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

impl<S: Send + Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
        let session = session(parts).await?;
        match session.require_user().await {
            Ok(user) => Ok(Self(user)),
            Err(rejection) => Err(reject(session, rejection)),
        }
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for CurrentUser {
    type Rejection = AuthRejection;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, AuthRejection> {
        Ok(MaybeUser::from_request_parts(parts, state).await?.0)
    }
}

/// The user who is signed in, if there is one: an [`Option`], by [`Deref`].
///
/// - The session store failed: 503 (`unavailable`), never `None`.
/// - In connect mode: 500 (`wrong_mode`).
///
/// ```
/// use threelo_tower::MaybeUser;
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

impl<S: Send + Sync> FromRequestParts<S> for MaybeUser {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
        let session = session(parts).await?;
        match session.user().await {
            Ok(user) => Ok(Self(user.map(CurrentUser))),
            Err(rejection) => Err(reject(session, rejection)),
        }
    }
}

/// The profile of the user who is signed in, as the User Identity API (`GET /me`) gave it: a [`Profile`], by [`Deref`].
///
/// Everything but the account id depends on the person's privacy settings and may be absent. It may be as old as
/// `AuthBuilder::profile_age`. Rejects the same requests as [`CurrentUser`].
///
/// ```
/// use threelo_tower::CurrentProfile;
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

impl<S: Send + Sync> FromRequestParts<S> for CurrentProfile {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
        let session = session(parts).await?;
        match session.require_user().await {
            Ok(user) => Ok(Self(Arc::clone(user.profile()))),
            Err(rejection) => Err(reject(session, rejection)),
        }
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
/// use threelo_tower::CurrentSite;
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

impl<S: Send + Sync> FromRequestParts<S> for CurrentSite {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
        let session = session(parts).await?;
        match session.site().await {
            Ok(site) => Ok(Self(site)),
            Err(rejection) => Err(reject(session, rejection)),
        }
    }
}

/// The session of the user who is signed in, to inspect or end: a [`UserSession`], by [`Deref`]. It holds no data of
/// the app. Rejects the same requests as [`CurrentUser`].
///
/// ```
/// use threelo_tower::{AuthRejection, CurrentSession};
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

impl<S: Send + Sync> FromRequestParts<S> for CurrentSession {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
        let session = session(parts).await?;
        match session.current_session().await {
            Ok(current) => Ok(Self(current)),
            Err(rejection) => Err(reject(session, rejection)),
        }
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
/// use threelo_tower::{Atlassian, AuthRejection, CurrentSite};
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

impl<S: Send + Sync> FromRequestParts<S> for Atlassian {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
        let session = session(parts).await?;
        match session.atlassian().await {
            Ok(client) => Ok(Self(client)),
            Err(rejection) => Err(reject(session, rejection)),
        }
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
/// use threelo_tower::Connections;
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

impl<S: Send + Sync> FromRequestParts<S> for Connections {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
        let session = session(parts).await?;
        match session.connections().await {
            Ok(accounts) => Ok(Self(accounts)),
            Err(rejection) => Err(reject(session, rejection)),
        }
    }
}
