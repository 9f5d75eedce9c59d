//! The session of a request, as handlers see it.

use crate::auth::session::AuthSession;
use crate::auth::session_details::SessionDetails;
use crate::auth::user::User;
use crate::error::{Rejection, RejectionResponse};
use crate::ids::CloudId;

/// The session of whoever is signed in, to look at and to end. It holds no data of the app.
#[derive(Clone, Debug)]
pub struct UserSession {
    auth: AuthSession,
    user: User,
}

impl UserSession {
    /// Whose session it is.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// When the login happened, the last activity, and the end.
    pub fn details(&self) -> SessionDetails {
        self.user.session()
    }

    /// The name of this session in the list of sessions; of no use as a cookie.
    pub fn handle(&self) -> String {
        self.user.record().handle()
    }

    /// Ends the session; the reply to this request removes the cookie.
    ///
    /// # Errors
    ///
    /// [`Rejection::Store`] if the session may still be there.
    pub async fn sign_out(&self) -> Result<(), RejectionResponse> {
        let ended = self.auth.sign_out().await;
        ended.map_err(|rejection| self.auth.reject(rejection))
    }

    /// All sessions of the account that live, the newest first; [`SessionDetails::handle`] names one for
    /// [`end`](Self::end).
    ///
    /// # Errors
    ///
    /// [`Rejection::Store`].
    pub async fn all(&self) -> Result<Vec<SessionDetails>, RejectionResponse> {
        let sessions = self.auth.sessions_of(self.user.account_id()).await;
        let details = |sessions: Vec<_>| sessions.into_iter().map(SessionDetails::new).collect();
        sessions
            .map(details)
            .map_err(|rejection| self.auth.reject(rejection))
    }

    /// Ends the account's session with this handle, on whatever device; `false` if the account has none. The own session is
    /// ended by [`sign_out`](Self::sign_out), which takes the cookie along.
    ///
    /// # Errors
    ///
    /// [`Rejection::Store`] if the session may still be there.
    pub async fn end(&self, handle: &str) -> Result<bool, RejectionResponse> {
        let ended = self.auth.end_session(self.user.account_id(), handle).await;
        ended.map_err(|rejection| self.auth.reject(rejection))
    }

    /// Ends all sessions of the account; the reply to this request removes the cookie.
    ///
    /// # Errors
    ///
    /// [`Rejection::Store`] if some may still be there.
    pub async fn sign_out_everywhere(&self) -> Result<(), RejectionResponse> {
        let ended = self.auth.sign_out_everywhere(self.user.account_id()).await;
        ended.map_err(|rejection| self.auth.reject(rejection))
    }

    /// Lets the session work on a site from now on.
    ///
    /// # Errors
    ///
    /// [`Rejection::UnknownSite`] if the grant does not reach the site, and those of [`AuthSession::site`].
    pub async fn choose_site(&self, site: &CloudId) -> Result<(), RejectionResponse> {
        let chosen = self.auth.choose_site(site).await;
        chosen.map_err(|rejection| self.auth.reject(rejection))
    }
}

impl AuthSession {
    /// The session of whoever is signed in.
    ///
    /// # Errors
    ///
    /// [`Rejection::NotSignedIn`], [`Rejection::Store`].
    pub async fn current_session(&self) -> Result<UserSession, Rejection> {
        Ok(UserSession {
            user: self.require_user().await?,
            auth: self.clone(),
        })
    }
}
