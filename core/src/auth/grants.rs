//! Grants outside a request: for jobs, webhooks and admin pages.
//!
//! There is no visitor here, so errors are values for the caller and not replies.

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
    /// The grants that these ports keep.
    pub(crate) fn new(ports: Arc<Ports>) -> Self {
        Self(ports)
    }

    /// The grant of an account, as it is stored now; for a resource-level app all grants of the
    /// account as one.
    ///
    /// # Errors
    ///
    /// [`GrantError::ConsentNeeded`] if there is none, [`GrantError::Store`].
    pub async fn of(&self, account: &AccountId) -> Result<Grant, GrantError> {
        let ports = Arc::clone(&self.0);
        let set = GrantSet::load(&ports, &Holder::of(account)).await?;
        Ok(Grant::new(ports, set))
    }

    /// The grants of the accounts that a user of the app has connected, the earliest link first;
    /// connect mode. Each of them acts for this user only: [`Grant::forget`] removes this user's
    /// link.
    ///
    /// # Errors
    ///
    /// [`GrantError::Store`].
    pub async fn of_subject(&self, subject: &Subject) -> Result<Vec<Grant>, GrantError> {
        let linked = grant::of_subject(&self.0, subject).await?;
        let grant = |set| Grant::new(Arc::clone(&self.0), set);
        Ok(linked.into_iter().map(grant).collect())
    }

    /// A page of all accounts that have a grant, in an order that stays the same. Accounts that get
    /// or lose a grant between two pages may or may not be listed; none of the others is listed
    /// twice or left out.
    ///
    /// ```no_run
    /// # async fn all(auth: threelo::Auth) -> Result<(), threelo::GrantError> {
    /// use threelo::PageRequest;
    ///
    /// let grants = auth.grants();
    /// let mut page = Some(PageRequest::first(100));
    /// while let Some(request) = page {
    ///     let accounts = grants.list(&request).await?;
    ///     for account in &accounts.ids {
    ///         println!("{account}");
    ///     }
    ///     page = accounts.next;
    /// }
    /// # Ok(())
    /// # }
    /// ```
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

/// A page of the accounts that have a grant.
///
/// ```
/// use threelo::Accounts;
///
/// fn is_last(page: &Accounts) -> bool {
///     page.next.is_none()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accounts {
    /// The accounts, at most as many as the request's limit.
    pub ids: Vec<AccountId>,
    /// The request for the next page; it may turn out to be empty. `None` after the last page.
    pub next: Option<PageRequest>,
}

/// What one account allowed this app, as it was when it was read.
///
/// Scopes, sites and times are those of that moment. Tokens are not: every call for one gives a
/// token that works now.
///
/// ```no_run
/// # async fn report(grant: threelo::Grant) -> Result<(), threelo::GrantError> {
/// if let Some(needed) = grant.consent_needed() {
///     println!("{} must consent again: {needed}", grant.account_id());
///     return Ok(());
/// }
/// let token = grant.access_token().await?;
/// // Send it in `Authorization: Bearer`; it is of no use for longer than its hour.
/// # let _ = token;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Grant {
    /// Where grants are read and tokens refreshed.
    ports: Arc<Ports>,
    /// The grants that were read, and on whose behalf: an account, or a user of the app and an
    /// account.
    set: GrantSet,
}

opaque_debug!(Grant);

impl Grant {
    /// A grant for a holder whose grants were just read.
    pub(crate) fn new(ports: Arc<Ports>, set: GrantSet) -> Self {
        Self { ports, set }
    }

    /// On whose behalf this grant acts; decides what [`forget`](Self::forget) removes.
    pub(crate) fn holder(&self) -> &Holder {
        self.set.holder()
    }

    /// The record of the newest consent, the only one at an account-level app.
    fn newest(&self) -> &GrantRecord {
        self.set.newest()
    }

    /// The account that consented.
    pub fn account_id(&self) -> &AccountId {
        self.set.account()
    }

    /// The account's profile as it was at the newest consent; in connect mode only. In sign-in mode
    /// sessions have it.
    pub fn profile(&self) -> Option<&Arc<Profile>> {
        self.newest().profile.as_ref()
    }

    /// The users of the app to whom the account is linked, each once, in connect mode. In sign-in
    /// mode there are none.
    pub fn subjects(&self) -> Vec<Subject> {
        let links = self.set.grants().flat_map(|grant| grant.links.iter());
        let mut subjects: Vec<Subject> = links.map(|link| link.subject.clone()).collect();
        subjects.sort();
        subjects.dedup();
        subjects
    }

    /// What was granted; for a resource-level app what all consents granted together. Atlassian may
    /// have granted less than was asked for (docs/protocol.md, 2.2).
    pub fn scopes(&self) -> Scopes {
        self.set.scopes()
    }

    /// When the access token ends that was stored when the grant was read. There is no need to
    /// check it before a call: [`access_token`](Self::access_token) gives a token that works.
    pub fn expires(&self) -> SystemTime {
        self.newest().tokens.expires_at
    }

    /// When the account must consent again at the latest if the grant is not used: 90 days after
    /// the last exchange (docs/protocol.md, 3.1), or earlier if the app sets
    /// [`AuthBuilder::longest_consent`](crate::AuthBuilder::longest_consent). Without a refresh
    /// token it is the end of the access token. If the grant needs a consent already, it is the time
    /// since when, which lies in the past.
    pub fn consent_by(&self) -> SystemTime {
        grant::consent_by(&self.ports.config, self.newest())
    }

    /// Why and since when the account must consent again; `None` while the grant gives tokens. A
    /// mark can be wrong, so the tokens are kept and tried again for seven days
    /// (docs/decisions/0050): a grant with a mark may recover without a consent.
    pub fn consent_needed(&self) -> Option<ConsentNeeded> {
        self.newest().consent_needed.map(|mark| ConsentNeeded {
            reason: mark.reason,
            since: Some(mark.since),
        })
    }

    /// An access token that works. Use it immediately: a token that was handed out is not renewed.
    /// A resource-level app has a token for each consent: this one is of the newest consent that
    /// gives tokens, [`access_token_for`](Self::access_token_for) gives that of a site.
    ///
    /// Of any number of concurrent callers, in all processes, one refreshes and the others wait
    /// (docs/decisions/0045), for at most the builder's `refresh_wait`.
    ///
    /// # Errors
    ///
    /// [`GrantError::ConsentNeeded`] if only a new consent helps, or the user disconnected
    /// meanwhile; [`GrantError::Unavailable`] and [`GrantError::Store`] if it cannot be told now.
    /// Whatever it is, the grant is not lost.
    pub async fn access_token(&self) -> Result<AccessToken, GrantError> {
        self.token_of(&self.set.best().key).await
    }

    /// An access token that works and reaches a site; `None` if no consent of a resource-level app
    /// does. For an account-level app the one grant is used, and Atlassian decides what it reaches.
    ///
    /// # Errors
    ///
    /// [`GrantError`], as for [`access_token`](Self::access_token).
    pub async fn access_token_for(&self, site: &Site) -> Result<Option<AccessToken>, GrantError> {
        match grant::key_for(&self.ports, self.holder(), Some(&site.id)).await? {
            Some(key) => Ok(Some(self.token_of(&key).await?)),
            None => Ok(None),
        }
    }

    /// A token of one grant, for its holder only: the link is checked after the refresh, because a
    /// refresh takes long enough for the user to disconnect.
    async fn token_of(&self, key: &GrantKey) -> Result<AccessToken, GrantError> {
        let fresh = refresh::fresh(&self.ports, key, Need::Working).await?;
        // The user may have disconnected meanwhile.
        if !self.holder().holds(&fresh) {
            return Err(ConsentNeeded::NO_GRANT.into());
        }
        Ok(fresh.tokens.access_token.clone())
    }

    /// The sites that the grant reaches, each once. They are read at Atlassian if they could not be
    /// read at the consent; otherwise the stored list is returned, which is read again by other
    /// occasions (docs/decisions/0041).
    ///
    /// # Errors
    ///
    /// [`Rejection::SitesUnknown`] if Atlassian did not answer, [`Rejection::ConsentNeeded`],
    /// [`Rejection::Store`], [`Rejection::Api`].
    pub async fn sites(&self) -> Result<Arc<[Site]>, Rejection> {
        let stored = GrantSet::load(&self.ports, self.holder()).await?;
        sites::sites_of(&self.ports, &stored).await
    }

    /// Atlassian's APIs on behalf of the account. Errors of calls are not tied to a visitor.
    pub fn client(&self) -> ApiClient {
        ApiClient::new(Arc::clone(&self.ports), self.holder().clone(), None)
    }

    /// Deletes the grant here. In connect mode, if it was read by [`Grants::of_subject`], only the
    /// user's link is removed, and the grant together with its last link. A grant that is gone
    /// already is no error.
    ///
    /// Atlassian is asked in the background to revoke the tokens, but it is unknown whether that
    /// has an effect (docs/protocol.md, 9). To be sure, the user removes the app at
    /// <https://id.atlassian.com/manage-profile/apps>.
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
