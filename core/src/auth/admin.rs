//! What operators do with what is stored.

use crate::auth::Auth;
use crate::auth::connect::Connect;
use crate::error::GrantError;
use crate::ids::AccountId;
use crate::sealed::{self, Rekeyed};
use crate::session::{self, Erased};

impl Auth {
    /// Deletes everything that is stored of an account, unreadable rows included: its sessions, and its grants for this app in
    /// this environment with their profiles, sites and links. Atlassian is asked to revoke the tokens, behind the call.
    /// For a person who wants to be forgotten, and for accounts that Atlassian's
    /// [personal data reporting](https://developer.atlassian.com/cloud/jira/platform/user-privacy-developer-guide/) calls
    /// closed.
    ///
    /// Another instance may use a token that it holds for up to five minutes; a login that is under way makes everything anew.
    ///
    /// # Errors
    ///
    /// [`GrantError::Store`] if something may still be there: call it again.
    pub async fn delete_account(&self, account: &AccountId) -> Result<Erased, GrantError> {
        Ok(session::erase(&self.web.ports, account).await?)
    }

    /// Seals with the first of the [`keys`](crate::AuthBuilder::keys) whatever is stored under another one: all grants of this
    /// app, and the sessions of the accounts that have one. `progress` is told after every hundred accounts. It may run
    /// while the app serves, on one instance, and be run again.
    ///
    /// Keys change in three steps: all instances get `old,new`; when they all run with it, all get `new,old`; then this, and
    /// `old` may go. Rows are also sealed with the first key whenever they are written. A session whose account has no grant
    /// is not found here; it ends by itself.
    ///
    /// Stores that are not [`rows`](crate::AuthBuilder::store), such as those in memory, have nothing to be sealed.
    ///
    /// # Errors
    ///
    /// [`GrantError::Store`]; what is done is done.
    pub async fn rekey(
        &self,
        mut progress: impl FnMut(Rekeyed) + Send,
    ) -> Result<Rekeyed, GrantError> {
        let ports = &self.web.ports;
        Ok(sealed::rekey(ports.sealed.as_ref(), &ports.app, &mut progress).await?)
    }
}

impl Connect {
    /// Deletes everything that is stored of an account, as [`Auth::delete_account`] does, for all users of the app who have
    /// connected it.
    ///
    /// # Errors
    ///
    /// [`GrantError::Store`] if something may still be there: call it again.
    pub async fn delete_account(&self, account: &AccountId) -> Result<Erased, GrantError> {
        self.as_auth().delete_account(account).await
    }

    /// Seals with the first key whatever is stored under another one, as [`Auth::rekey`] does.
    ///
    /// # Errors
    ///
    /// [`GrantError::Store`]; what is done is done.
    pub async fn rekey(&self, progress: impl FnMut(Rekeyed) + Send) -> Result<Rekeyed, GrantError> {
        self.as_auth().rekey(progress).await
    }
}
