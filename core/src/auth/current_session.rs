//! The session of a request, as handlers see it: to look at, to end, and to move to another site.

use std::sync::{Arc, PoisonError};

use crate::auth::session::AuthSession;
use crate::auth::session_details::SessionDetails;
use crate::auth::user::User;
use crate::error::{Rejection, RejectionResponse};
use crate::ids::{AccountId, CloudId};
use crate::message::cookie::SetCookie;
use crate::session;
use crate::sites::{self, Choice};
use crate::store::SessionRecord;

/// The session of the user who is signed in. It holds no data of the app.
///
/// Every method that fails returns a [`RejectionResponse`]: the reason together with a reply that
/// fits this request, so that a handler can return it with `?`.
///
/// ```no_run
/// use threelo::{RejectionResponse, UserSession};
///
/// async fn sign_out_other_devices(session: &UserSession) -> Result<(), RejectionResponse> {
///     for other in session.all().await? {
///         if other.handle() != session.handle() {
///             session.end(&other.handle()).await?;
///         }
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct UserSession {
    auth: AuthSession,
    user: User,
}

impl UserSession {
    /// The user whose session it is.
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

    /// Ends the session on every instance immediately; the reply to this request removes the
    /// cookie.
    ///
    /// The deletion is finished even if the visitor hangs up in the meantime (docs/decisions/0009).
    ///
    /// # Errors
    ///
    /// [`Rejection::Store`] if the session may still exist. The cookie is kept then, so that the
    /// visitor can try again (docs/decisions/0029).
    pub async fn sign_out(&self) -> Result<(), RejectionResponse> {
        let ended = self.auth.sign_out().await;
        ended.map_err(|rejection| self.auth.reject(rejection))
    }

    /// All sessions of the account that have not ended, the newest first, this one included;
    /// [`SessionDetails::handle`] names one for [`end`](Self::end).
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

    /// Ends the account's session with this handle, on any device; `false` if the account has none.
    /// A handle of another account's session is as unknown as an invented one. To end the session
    /// of this request, use [`sign_out`](Self::sign_out), which also removes the cookie.
    ///
    /// # Errors
    ///
    /// [`Rejection::Store`] if the session may still exist.
    pub async fn end(&self, handle: &str) -> Result<bool, RejectionResponse> {
        let ended = self.auth.end_session(self.user.account_id(), handle).await;
        ended.map_err(|rejection| self.auth.reject(rejection))
    }

    /// Ends all sessions of the account, also one that is being made from a handoff ticket at this
    /// moment (docs/attacks.md, T097); the reply to this request removes the cookie.
    ///
    /// # Errors
    ///
    /// [`Rejection::Store`] if some may still exist. The cookie is kept then.
    pub async fn sign_out_everywhere(&self) -> Result<(), RejectionResponse> {
        let ended = self.auth.sign_out_everywhere(self.user.account_id()).await;
        ended.map_err(|rejection| self.auth.reject(rejection))
    }

    /// Makes the session work on a site from now on. Other sessions of the account that have chosen
    /// no site use it, too.
    ///
    /// # Errors
    ///
    /// [`Rejection::UnknownSite`] if the grant does not reach the site, even after the list of
    /// sites was read again, and those of [`AuthSession::site`].
    pub async fn choose_site(&self, site: &CloudId) -> Result<(), RejectionResponse> {
        let chosen = self.auth.choose_site(site).await;
        chosen.map_err(|rejection| self.auth.reject(rejection))
    }
}

impl AuthSession {
    /// The session of the user who is signed in.
    ///
    /// # Errors
    ///
    /// [`Rejection::NotSignedIn`], [`Rejection::Store`]; in connect mode [`Rejection::WrongMode`].
    pub async fn current_session(&self) -> Result<UserSession, Rejection> {
        Ok(UserSession {
            user: self.require_user().await?,
            auth: self.clone(),
        })
    }

    /// Makes the session work on a site from now on; in connect mode, the app's user with the one
    /// account that is connected.
    ///
    /// # Errors
    ///
    /// [`Rejection::UnknownSite`] if the grant does not reach it, and those of
    /// [`site`](Self::site).
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

    /// Ends the session of this request on every instance; the reply of this request removes the
    /// cookie. Without a session it does nothing.
    ///
    /// The session is deleted even if the visitor hangs up (docs/decisions/0009). The user of this
    /// request stays known to handlers that asked before.
    ///
    /// # Errors
    ///
    /// [`Rejection::Store`] if the session may still exist; the cookie is kept then
    /// (docs/decisions/0029).
    pub async fn sign_out(&self) -> Result<(), Rejection> {
        if let Some(shown) = self.0.seen.session(&self.0.web.ports.config) {
            let ending = session::end(&self.0.web.ports, shown.key()).await?;
            self.add_cookies(shown.removal(ending));
        }
        Ok(())
    }

    /// Ends all sessions of an account. The cookie that this request showed is removed in the way
    /// in which it was set; without one, the ordinary session cookie is.
    ///
    /// # Errors
    ///
    /// [`Rejection::Store`] if some may still exist; the cookie is kept then.
    pub(crate) async fn sign_out_everywhere(&self, account: &AccountId) -> Result<(), Rejection> {
        let ending = session::end_all(&self.0.web.ports, account).await?;
        let shown = self.0.seen.session(&self.0.web.ports.config);
        self.add_cookies(match shown {
            Some(shown) => shown.removal(ending),
            None => ending,
        });
        Ok(())
    }

    /// The sessions of an account that have not ended, newest first; of interest to its own user
    /// only.
    pub(crate) async fn sessions_of(
        &self,
        account: &AccountId,
    ) -> Result<Vec<Arc<SessionRecord>>, Rejection> {
        session::sessions_of(&self.0.web.ports, account).await
    }

    /// Ends the session of an account with this handle; `false` if that account has none.
    pub(crate) async fn end_session(
        &self,
        account: &AccountId,
        handle: &str,
    ) -> Result<bool, Rejection> {
        session::end_by_handle(&self.0.web.ports, account, handle).await
    }

    /// Leaves cookies for [`finish`](Self::finish).
    fn add_cookies(&self, cookies: Vec<SetCookie>) {
        self.0
            .cold()
            .cookies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(cookies);
    }
}
