//! Grants and where they are kept.

use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;

use crate::ids::{AccountId, CloudId, ConsentId, Subject};
use crate::provider::profile::Profile;
use crate::provider::site::Site;
use crate::provider::token::TokenSet;
use crate::scope::Scopes;
use crate::store::lease::{Lease, LeaseOwner, LeaseRequest, Renewed};
use crate::store::{Inserted, Replaced, StoreError, Version};

/// An app in an environment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppKey {
    /// The origin of the authorization server.
    pub environment: Arc<str>,
    /// The app.
    pub client_id: Arc<str>,
}

/// One live grant per environment, app and account (docs/protocol.md, section 4.4); for a resource-level app one per
/// consent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GrantKey {
    /// The app in its environment.
    pub app: AppKey,
    /// The account that consented.
    pub account: AccountId,
    /// Which consent, for a resource-level app; `None` for an account-level one.
    pub consent: Option<ConsentId>,
}

/// Of the app in its environment there is one per process, so it is left out.
impl Hash for GrantKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.account.hash(state);
        self.consent.hash(state);
    }
}

/// A user of the app to whom a grant is linked, in connect mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The app's user.
    pub subject: Subject,
    /// When the link was made.
    pub linked_at: SystemTime,
    /// The site that this user chose last.
    pub site: Option<CloudId>,
}

/// What an account allowed this app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRecord {
    /// Whose grant it is.
    pub key: GrantKey,
    /// The tokens of the newest exchange.
    pub tokens: TokenSet,
    /// When the code of the newest consent was exchanged; of two consents the newer one is kept.
    pub consented_at: SystemTime,
    /// What the newest consent asked for; `tokens.scopes` is what it was given.
    pub asked: Scopes,
    /// What any consent of this account was given: a step-up asks for all of it, because a consent replaces the scopes of
    /// the one before.
    pub wanted: Scopes,
    /// Set while the grant cannot be refreshed and the account must consent again.
    pub consent_needed: Option<ConsentMark>,
    /// The sites that the grant reaches; `None` while nobody could read them.
    pub sites: Option<Arc<[Site]>>,
    /// The sites that the newest consent added to those before; empty after the first.
    pub added: Arc<[CloudId]>,
    /// When the sites were read.
    pub sites_read_at: SystemTime,
    /// The site that the account chose last, on any browser.
    pub last_site: Option<CloudId>,
    /// Who consented, in connect mode; with sessions of ours, they have it.
    pub profile: Option<Arc<Profile>>,
    /// The users of the app to whom the grant is linked, in connect mode.
    pub links: Arc<[Link]>,
    /// Counts the token pairs, from the number at which the record's version began.
    pub generation: u64,
    /// Counts the writes.
    pub version: Version,
}

impl GrantRecord {
    /// The link to a user of the app.
    pub fn link_of(&self, subject: &Subject) -> Option<&Link> {
        self.links.iter().find(|link| link.subject == *subject)
    }
}

/// Why and since when an account must consent again. The tokens are kept beside it: a mark can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentMark {
    /// Why.
    pub reason: ConsentReason,
    /// Since when.
    pub since: SystemTime,
    /// When the provider refused last.
    pub checked_at: SystemTime,
}

/// Why an account must consent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConsentReason {
    /// There is no grant: the account never consented, or the grant was forgotten here.
    NoGrant,
    /// Without `offline_access` a grant ends with its access token.
    NoRefreshToken,
    /// Atlassian refuses the refresh token: withdrawn by the user, 90 days without use, a changed password.
    Refused,
    /// A refresh got no answer, and the ten minutes in which the old token may be used again have passed.
    AnswerLost,
}

impl ConsentReason {
    /// The word for programs, stable.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoGrant => "no_grant",
            Self::NoRefreshToken => "no_refresh_token",
            Self::Refused => "refused",
            Self::AnswerLost => "answer_lost",
        }
    }

    /// Reads such a word.
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::NoGrant,
            Self::NoRefreshToken,
            Self::Refused,
            Self::AnswerLost,
        ]
        .into_iter()
        .find(|reason| reason.as_str() == text)
    }
}

/// A part of a long list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageRequest {
    /// The account after which the part begins; `None` begins with the first.
    pub after: Option<AccountId>,
    /// At most this many.
    pub limit: usize,
}

impl PageRequest {
    /// The first part, of at most `limit`.
    pub fn first(limit: usize) -> Self {
        Self { after: None, limit }
    }
}

/// Keeps grants, and the right to refresh them.
#[async_trait]
pub trait GrantStore: Debug + Send + Sync + 'static {
    /// Stores a new grant; refuses a key that exists.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed or is full.
    async fn insert(&self, record: Arc<GrantRecord>) -> Result<Inserted, StoreError>;

    /// The grant under this key.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn load(&self, key: &GrantKey) -> Result<Option<Arc<GrantRecord>>, StoreError>;

    /// Replaces a grant provided that its stored version is `expected`. Never inserts.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn replace(
        &self,
        expected: Version,
        record: Arc<GrantRecord>,
    ) -> Result<Replaced, StoreError>;

    /// Deletes a grant and its lease; one that is not there is deleted already.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn delete(&self, key: &GrantKey) -> Result<(), StoreError>;

    /// Deletes a grant and its lease provided that its stored version is `expected`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn delete_if(&self, key: &GrantKey, expected: Version) -> Result<Replaced, StoreError>;

    /// Deletes all grants of an account for an app, those that nobody can read included; tells how many went.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed; some may be deleted.
    async fn delete_of(&self, app: &AppKey, account: &AccountId) -> Result<u64, StoreError>;

    /// All grants of an account for an app, in no order: one at most for an account-level app.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn of_account(
        &self,
        app: &AppKey,
        account: &AccountId,
    ) -> Result<Vec<Arc<GrantRecord>>, StoreError>;

    /// All grants for an app that are linked to a user of the app, in no order.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn of_subject(
        &self,
        app: &AppKey,
        subject: &Subject,
    ) -> Result<Vec<Arc<GrantRecord>>, StoreError>;

    /// The accounts that have a grant for an app, in an order of their own that stays the same, `page.limit` at most.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn accounts(
        &self,
        app: &AppKey,
        page: &PageRequest,
    ) -> Result<Vec<AccountId>, StoreError>;

    /// Takes the right to refresh a grant, if nobody else has it. An owner that asks again while it has the lease gets
    /// it once more, and the same attempts. Times are the store's own.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed; the lease may have been taken.
    async fn lease(&self, key: &GrantKey, request: &LeaseRequest) -> Result<Lease, StoreError>;

    /// Lengthens a lease to `request.life` from now, provided that `request.owner` still has it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn renew(&self, key: &GrantKey, request: &LeaseRequest) -> Result<Renewed, StoreError>;

    /// Gives a lease back, if `owner` has it. `settled` tells that no answer of the provider is missing.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed; the lease ends by itself.
    async fn release(
        &self,
        key: &GrantKey,
        owner: LeaseOwner,
        settled: bool,
    ) -> Result<(), StoreError>;
}
