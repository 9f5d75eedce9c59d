//! What operators do with what is stored: delete an account, and change keys.

use crate::auth::Auth;
use crate::auth::connect::Connect;
use crate::error::GrantError;
use crate::ids::AccountId;
use crate::refresh;
use crate::sealed::{self, Rekeyed};
use crate::session::{self, Erased};

impl Auth {
    /// Deletes everything that is stored of an account, unreadable rows included: its sessions, and
    /// its grants for this app in this environment with their profiles, sites and links. Atlassian
    /// is asked in the background to revoke the tokens.
    ///
    /// It is for people who want to be forgotten, and for accounts that Atlassian's [personal data
    /// reporting](https://developer.atlassian.com/cloud/jira/platform/user-privacy-developer-guide/)
    /// calls closed (docs/protocol.md, 10). The deletion is finished even if the caller is dropped.
    ///
    /// Another instance may use a token that it holds for up to five minutes (docs/decisions/0044).
    /// A login that is in progress stores everything anew.
    ///
    /// ```no_run
    /// # async fn forget(auth: threelo::Auth) -> Result<(), Box<dyn std::error::Error>> {
    /// use threelo::AccountId;
    ///
    /// let account = AccountId::parse("5be24ba3f91c106033269289")?;
    /// let erased = auth.delete_account(&account).await?;
    /// println!("{} sessions, {} grants", erased.sessions, erased.grants);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`GrantError::Store`] if something may still be there: call it again.
    pub async fn delete_account(&self, account: &AccountId) -> Result<Erased, GrantError> {
        Ok(session::erase(&self.web.ports, account).await?)
    }

    /// Finishes refreshes that an instance began and did not finish, because it crashed or got no answer, and returns how
    /// many it took up.
    ///
    /// Every instance of an app with a database does this by itself, in turn: ten seconds after its start, and then about
    /// once a minute. Atlassian accepts a refresh token again for ten minutes, so a grant is lost only if no instance runs
    /// for that long. Call it if your app runs for moments only, as a function or a job does: at its start.
    ///
    /// ```no_run
    /// # async fn start(auth: threelo::Auth) -> Result<(), threelo::GrantError> {
    /// let taken_up = auth.finish_refreshes().await?;
    /// println!("{taken_up} refreshes were unfinished");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`GrantError::Store`] if they could not be listed.
    pub async fn finish_refreshes(&self) -> Result<u64, GrantError> {
        Ok(refresh::finish_all(&self.web.ports).await?)
    }

    /// Seals with the first of the [`keys`](crate::AuthBuilder::keys) whatever is stored under
    /// another one: all grants of this app, and the sessions of the accounts that have one.
    /// `progress` is called after every hundred accounts. It may run on one instance while the app
    /// serves requests, and it may be run again.
    ///
    /// Keys change in three steps, so that every instance can read what the others write
    /// (docs/decisions/0058): all instances get `old,new`; when all of them run with it, all get
    /// `new,old`; then this is run, and `old` may be removed. Rows are also sealed with the first
    /// key whenever they are written. A session whose account has no grant is not found here; it
    /// ends by itself.
    ///
    /// Stores that are not a database of rows ([`store`](crate::AuthBuilder::store)), such as those
    /// in memory, hold nothing sealed.
    ///
    /// ```no_run
    /// # async fn rotate(auth: threelo::Auth) -> Result<(), threelo::GrantError> {
    /// auth.rekey(|so_far| println!("{so_far:?}")).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`GrantError::Store`]; rows that were sealed before the failure stay sealed with the new
    /// key.
    pub async fn rekey(
        &self,
        mut progress: impl FnMut(Rekeyed) + Send,
    ) -> Result<Rekeyed, GrantError> {
        let ports = &self.web.ports;
        Ok(sealed::rekey(ports.sealed.as_ref(), &ports.app, &mut progress).await?)
    }
}

impl Connect {
    /// Finishes refreshes that an instance began and did not finish, as [`Auth::finish_refreshes`] does.
    ///
    /// # Errors
    ///
    /// [`GrantError::Store`] if they could not be listed.
    pub async fn finish_refreshes(&self) -> Result<u64, GrantError> {
        self.as_auth().finish_refreshes().await
    }

    /// Deletes everything that is stored of an account, as [`Auth::delete_account`] does, for all
    /// users of the app who have connected it. To remove it for one user only, use
    /// [`Grant::forget`](crate::Grant::forget).
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
    /// [`GrantError::Store`]; rows that were sealed before the failure stay sealed with the new
    /// key.
    pub async fn rekey(&self, progress: impl FnMut(Rekeyed) + Send) -> Result<Rekeyed, GrantError> {
        self.as_auth().rekey(progress).await
    }
}
