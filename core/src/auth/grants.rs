//! Grants outside a request: for jobs, webhooks and admin pages.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::atlassian::Atlassian;
use crate::error::{ConsentNeeded, GrantError, Rejection};
use crate::flow::{self, Need, Ports};
use crate::ids::AccountId;
use crate::scope::Scopes;
use crate::secret::AccessToken;
use crate::site::Site;
use crate::store::{GrantRecord, Page};

/// The grants of an app. Cheap to clone.
///
/// ```no_run
/// # async fn job(auth: threelo::Auth, account: threelo::AccountId) -> Result<(), Box<dyn std::error::Error>> {
/// let grant = auth.grants().of(&account).await?;
/// for site in grant.sites().await?.iter() {
///     let me: serde_json::Value = grant.client().jira(site).get("/rest/api/3/myself").json().await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Grants(Arc<Ports>);

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grants").finish_non_exhaustive()
    }
}

impl Grants {
    pub(super) fn new(ports: Arc<Ports>) -> Self {
        Self(ports)
    }

    /// The grant of an account, as it is stored now.
    ///
    /// # Errors
    ///
    /// [`GrantError::ConsentNeeded`] if there is none, [`GrantError::Store`].
    pub async fn of(&self, account: &AccountId) -> Result<Grant, GrantError> {
        let ports = Arc::clone(&self.0);
        let record = flow::load(&ports, &ports.grant_key(account)).await?;
        Ok(Grant { ports, record })
    }

    /// A part of all accounts that have a grant, in an order that stays the same.
    ///
    /// # Errors
    ///
    /// [`GrantError::Store`].
    pub async fn list(&self, page: &Page) -> Result<Accounts, GrantError> {
        let ids = self.0.grants.accounts(&self.0.app, page).await?;
        let is_full = ids.len() >= page.limit;
        let next = ids.last().filter(|_| is_full).map(|last| Page {
            after: Some(last.clone()),
            limit: page.limit,
        });
        Ok(Accounts { ids, next })
    }
}

/// A part of the accounts that have a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accounts {
    /// The accounts.
    pub ids: Vec<AccountId>,
    /// The next part, if there may be one.
    pub next: Option<Page>,
}

/// The grant of one account, as it was read.
#[derive(Clone)]
pub struct Grant {
    ports: Arc<Ports>,
    record: Arc<GrantRecord>,
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant").finish_non_exhaustive()
    }
}

impl Grant {
    /// Whose grant it is.
    pub fn account_id(&self) -> &AccountId {
        &self.record.key.account
    }

    /// What was granted.
    pub fn scopes(&self) -> &Scopes {
        &self.record.tokens.scopes
    }

    /// When the access token ends that was stored when the grant was read. Nobody has to look:
    /// [`access_token`](Self::access_token) gives one that works.
    pub fn expires(&self) -> SystemTime {
        self.record.tokens.expires_at
    }

    /// When the account must consent again at the latest if nobody uses the grant: 90 days after the last exchange, or
    /// earlier if the app reckons with it ([`AuthBuilder::longest_consent`](super::AuthBuilder::longest_consent)).
    pub fn consent_by(&self) -> SystemTime {
        flow::consent_by(&self.ports.config, &self.record)
    }

    /// Why and since when the account must consent again, if it must.
    pub fn consent_needed(&self) -> Option<ConsentNeeded> {
        self.record.consent_needed.map(|mark| ConsentNeeded {
            reason: mark.reason,
            since: Some(mark.since),
        })
    }

    /// An access token that works. Use it at once: it is not renewed in your hands.
    ///
    /// # Errors
    ///
    /// [`GrantError`]; whatever it is, nothing is lost.
    pub async fn access_token(&self) -> Result<AccessToken, GrantError> {
        let fresh = flow::fresh(&self.ports, &self.record.key, Need::Working).await?;
        Ok(fresh.tokens.access_token.clone())
    }

    /// The sites that the grant reaches; read at Atlassian if nobody could read them at the consent.
    ///
    /// # Errors
    ///
    /// [`Rejection::SitesUnknown`], [`Rejection::ConsentNeeded`], [`Rejection::Store`], [`Rejection::Api`].
    pub async fn sites(&self) -> Result<Arc<[Site]>, Rejection> {
        let stored = flow::load(&self.ports, &self.record.key).await?;
        flow::known_sites(&self.ports, &stored).await
    }

    /// Atlassian's APIs on behalf of the account.
    pub fn client(&self) -> Atlassian {
        Atlassian::new(Arc::clone(&self.ports), self.record.key.clone(), None)
    }

    /// Deletes the grant here. At Atlassian it stays until the user removes the app at
    /// <https://id.atlassian.com/manage-profile/apps>.
    ///
    /// # Errors
    ///
    /// [`GrantError::Store`] if it may still be there.
    pub async fn forget(&self) -> Result<(), GrantError> {
        Ok(flow::forget(&self.ports, &self.record.key).await?)
    }
}
