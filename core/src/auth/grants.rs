//! Grants outside a request: for jobs, webhooks and admin pages.

use std::sync::Arc;
use std::time::SystemTime;

use crate::atlassian::ApiClient;
use crate::error::{ConsentNeeded, GrantError, Rejection};
use crate::grant::{self, GrantSet, Holder};
use crate::ids::{AccountId, Subject};
use crate::ports::Ports;
use crate::provider::profile::Profile;
use crate::provider::site::Site;
use crate::refresh::{self, Need};
use crate::scope::Scopes;
use crate::secret::{AccessToken, opaque_debug};
use crate::sites;
use crate::store::{GrantKey, GrantRecord, PageRequest};

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

opaque_debug!(Grants);

impl Grants {
    pub(crate) fn new(ports: Arc<Ports>) -> Self {
        Self(ports)
    }

    /// The grant of an account, as it is stored now; for a resource-level app all of the account's grants as one.
    ///
    /// # Errors
    ///
    /// [`GrantError::ConsentNeeded`] if there is none, [`GrantError::Store`].
    pub async fn of(&self, account: &AccountId) -> Result<Grant, GrantError> {
        let ports = Arc::clone(&self.0);
        let set = GrantSet::load(&ports, &Holder::of(account)).await?;
        Ok(Grant::new(ports, set))
    }

    /// The grants of the accounts that a user of the app has connected, the earliest link first; connect mode.
    ///
    /// # Errors
    ///
    /// [`GrantError::Store`].
    pub async fn of_subject(&self, subject: &Subject) -> Result<Vec<Grant>, GrantError> {
        let linked = grant::of_subject(&self.0, subject).await?;
        let grant = |set| Grant::new(Arc::clone(&self.0), set);
        Ok(linked.into_iter().map(grant).collect())
    }

    /// A part of all accounts that have a grant, in an order that stays the same.
    ///
    /// # Errors
    ///
    /// [`GrantError::Store`].
    pub async fn list(&self, page: &PageRequest) -> Result<Accounts, GrantError> {
        let ids = self.0.grants.accounts(&self.0.app, page).await?;
        let is_full = ids.len() >= page.limit;
        let next = ids.last().filter(|_| is_full).map(|last| PageRequest {
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
    pub next: Option<PageRequest>,
}

/// What one account allowed this app, as it was read.
#[derive(Clone)]
pub struct Grant {
    ports: Arc<Ports>,
    set: GrantSet,
}

opaque_debug!(Grant);

impl Grant {
    pub(crate) fn new(ports: Arc<Ports>, set: GrantSet) -> Self {
        Self { ports, set }
    }

    pub(crate) fn holder(&self) -> &Holder {
        self.set.holder()
    }

    fn newest(&self) -> &GrantRecord {
        self.set.newest()
    }

    /// Whose grant it is.
    pub fn account_id(&self) -> &AccountId {
        self.set.account()
    }

    /// Who consented, as the account showed itself then; in connect mode only.
    pub fn profile(&self) -> Option<&Arc<Profile>> {
        self.newest().profile.as_ref()
    }

    /// The users of the app to whom it is linked, in connect mode.
    pub fn subjects(&self) -> Vec<Subject> {
        let links = self.set.grants().flat_map(|grant| grant.links.iter());
        let mut subjects: Vec<Subject> = links.map(|link| link.subject.clone()).collect();
        subjects.sort();
        subjects.dedup();
        subjects
    }

    /// What was granted.
    pub fn scopes(&self) -> Scopes {
        self.set.scopes()
    }

    /// When the access token ends that was stored when the grant was read. Nobody has to look:
    /// [`access_token`](Self::access_token) gives one that works.
    pub fn expires(&self) -> SystemTime {
        self.newest().tokens.expires_at
    }

    /// When the account must consent again at the latest if nobody uses the grant: 90 days after the last exchange, or
    /// earlier if the app reckons with it ([`AuthBuilder::longest_consent`](crate::AuthBuilder::longest_consent)).
    pub fn consent_by(&self) -> SystemTime {
        grant::consent_by(&self.ports.config, self.newest())
    }

    /// Why and since when the account must consent again, if it must.
    pub fn consent_needed(&self) -> Option<ConsentNeeded> {
        self.newest().consent_needed.map(|mark| ConsentNeeded {
            reason: mark.reason,
            since: Some(mark.since),
        })
    }

    /// An access token that works. Use it at once: it is not renewed in your hands. A resource-level app has a token for
    /// each consent: this is the newest one's, [`access_token_for`](Self::access_token_for) that of a site.
    ///
    /// # Errors
    ///
    /// [`GrantError`]; whatever it is, nothing is lost.
    pub async fn access_token(&self) -> Result<AccessToken, GrantError> {
        self.token_of(&self.set.best().key).await
    }

    /// An access token that works and reaches a site; `None` if no consent does.
    ///
    /// # Errors
    ///
    /// [`GrantError`]; whatever it is, nothing is lost.
    pub async fn access_token_for(&self, site: &Site) -> Result<Option<AccessToken>, GrantError> {
        match grant::key_for(&self.ports, self.holder(), Some(&site.id)).await? {
            Some(key) => Ok(Some(self.token_of(&key).await?)),
            None => Ok(None),
        }
    }

    async fn token_of(&self, key: &GrantKey) -> Result<AccessToken, GrantError> {
        let fresh = refresh::fresh(&self.ports, key, Need::Working).await?;
        // The user may have disconnected meanwhile.
        if !self.holder().holds(&fresh) {
            return Err(ConsentNeeded::NO_GRANT.into());
        }
        Ok(fresh.tokens.access_token.clone())
    }

    /// The sites that the grant reaches; read at Atlassian if nobody could read them at the consent.
    ///
    /// # Errors
    ///
    /// [`Rejection::SitesUnknown`], [`Rejection::ConsentNeeded`], [`Rejection::Store`], [`Rejection::Api`].
    pub async fn sites(&self) -> Result<Arc<[Site]>, Rejection> {
        let stored = GrantSet::load(&self.ports, self.holder()).await?;
        sites::sites_of(&self.ports, &stored).await
    }

    /// Atlassian's APIs on behalf of the account.
    pub fn client(&self) -> ApiClient {
        ApiClient::new(Arc::clone(&self.ports), self.holder().clone(), None)
    }

    /// Deletes the grant here; in connect mode, read by [`Grants::of_subject`], only the user's link to it, and the grant
    /// with the last link. Atlassian is asked to revoke it, behind the call, but nobody outside knows whether it does:
    /// for sure the user removes the app at <https://id.atlassian.com/manage-profile/apps>.
    ///
    /// # Errors
    ///
    /// [`GrantError::Store`] if it may still be there.
    pub async fn forget(&self) -> Result<(), GrantError> {
        match grant::disconnect(&self.ports, self.holder()).await {
            Ok(_) | Err(GrantError::ConsentNeeded(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
