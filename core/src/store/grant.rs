//! Grants: the record of what an account allowed, its key, and the port that keeps it.
//!
//! A grant holds the only copy of a refresh token that Atlassian replaces at every use (`docs/protocol.md`,
//! section 3.1). That is why each write is a compare-and-set, why a lease guards the refresh, and why a mark
//! never deletes tokens.

use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use crate::ids::{AccountId, CloudId, ConsentId, Subject};
use crate::provider::profile::Profile;
use crate::provider::site::Site;
use crate::provider::token::TokenSet;
use crate::scope::Scopes;
use crate::store::lease::{Lease, LeaseOwner, LeaseRequest, Renewed};
use crate::store::{Inserted, Replaced, StoreError, UnknownFields, Version};

/// An app in an environment. Apps that share a store never see each other's grants, because every key contains
/// this.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppKey {
    /// The origin of the authorization server, so that a test environment and production never mix.
    pub environment: Arc<str>,
    /// The client id of the app. It contains no space.
    pub client_id: Arc<str>,
}

/// The identity of a grant: one per environment, app and account (`docs/protocol.md`, section 4.4), or one per
/// consent for a resource-level app (`docs/decisions/0037-grants-by-access-type.md`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GrantKey {
    /// The app in its environment.
    pub app: AppKey,
    /// The account that consented, as `GET /me` named it.
    pub account: AccountId,
    /// Which consent, for a resource-level app: random, and never sent to a browser. `None` for an
    /// account-level app.
    pub consent: Option<ConsentId>,
}

/// A process works with one app in one environment, so the app would add cost to each hash and tell nothing
/// apart. Equality still compares it.
impl Hash for GrantKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.account.hash(state);
        self.consent.hash(state);
    }
}

/// The connection between a grant and a user of the app, in connect mode. It is part of the grant's record, so
/// that connecting, renewing and disconnecting are one compare-and-set
/// (`docs/decisions/0036-links-in-the-grant-record.md`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The app's own id of the user. It may be an email address, so databases see only a hash of it.
    pub subject: Subject,
    /// When the user connected the account first; a renewal keeps it.
    pub linked_at: SystemTime,
    /// The site that this user chose last; other users of the same account have their own choice.
    pub site: Option<CloudId>,
}

/// What an account allowed this app, with the tokens that prove it.
///
/// `version` changes with every write, `generation` only with the tokens. A refresh compares generations to
/// find out whether another pair was stored; everything else compares versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRecord {
    /// Whose grant it is.
    pub key: GrantKey,
    /// The newest pair that was stored. Nothing older is kept, because sending an older refresh token may end
    /// the whole family (`docs/protocol.md`, section 3.3).
    pub tokens: TokenSet,
    /// When the code of the newest consent was exchanged, by the clock of the instance that did it. A refresh
    /// does not change it: consents are compared with consents only
    /// (`docs/decisions/0051-compare-consents-with-consents.md`).
    pub consented_at: SystemTime,
    /// The consents whose tokens this grant had, the newest last, at most eight. A write that is repeated because its
    /// outcome was unknown finds its own consent here and changes nothing
    /// (`docs/decisions/0072-repeated-writes-find-themselves.md`). Empty in records of earlier versions.
    pub consents: Arc<[ConsentId]>,
    /// The scopes that the newest consent asked for. `tokens.scopes` is what it was granted; Atlassian may
    /// leave some out without an error (`docs/protocol.md`, section 2.2).
    pub asked: Scopes,
    /// The union of what any consent of this account was granted. A step-up asks for all of it, because a
    /// consent replaces the scopes of the one before (`docs/decisions/0040-three-sets-of-scopes.md`).
    pub wanted: Scopes,
    /// Set while a refresh was refused and the account must consent again. The tokens stay beside it, because
    /// the mark may be wrong (`docs/decisions/0050-marked-grants-are-tried-again.md`).
    pub consent_needed: Option<ConsentMark>,
    /// The sites that the grant reaches, as Atlassian listed them last; `None` while they could not be read. An
    /// empty list is a valid answer (`docs/protocol.md`, section 4.2).
    pub sites: Option<Arc<[Site]>>,
    /// The sites that the newest consent added to those before, which is the only hint at what was chosen at
    /// Atlassian (`docs/protocol.md`, section 4.6). Empty after the first consent.
    pub added: Arc<[CloudId]>,
    /// When `sites` was read, or 1970 if it should be read again soon.
    pub sites_read_at: SystemTime,
    /// The site that the account chose last, on any browser, in sign-in mode.
    pub last_site: Option<CloudId>,
    /// The profile of the account at its newest consent, in connect mode. In sign-in mode the sessions hold it.
    pub profile: Option<Arc<Profile>>,
    /// The users of the app who connected the account, in connect mode; one record can have several with
    /// `LinkPolicy::Share`.
    pub links: Arc<[Link]>,
    /// What a newer program wrote beside these.
    pub unknown: UnknownFields,
    /// Counts the token pairs, starting at the number at which the record's version started.
    pub generation: u64,
    /// Counts the writes, starting at a number that no earlier grant of the account had.
    pub version: Version,
}

impl GrantRecord {
    /// The link of a user of the app, if they connected the account.
    pub fn link_of(&self, subject: &Subject) -> Option<&Link> {
        self.links.iter().find(|link| link.subject == *subject)
    }
}

/// Why and since when an account must consent again, and when that was last verified.
///
/// The times decide when the grant is tried again: after 10 minutes, then 20, 40 and so on, for seven days
/// (`docs/decisions/0050-marked-grants-are-tried-again.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentMark {
    /// The reason of the first refusal; later refusals do not change it.
    pub reason: ConsentReason,
    /// When the grant was marked, by the clock of the instance that marked it.
    pub since: SystemTime,
    /// When Atlassian refused the refresh token last.
    pub checked_at: SystemTime,
}

/// Why an account must consent again. Programs get the word of [`as_str`](Self::as_str), in JSON answers and
/// logs.
///
/// ```
/// use threelo::ConsentReason;
///
/// let advice = |reason| match reason {
///     ConsentReason::NoGrant => "Connect your Atlassian account.",
///     ConsentReason::NoRefreshToken => "Your access ends after an hour. Connect again.",
///     _ => "Atlassian ended the access. Connect again.",
/// };
///
/// assert_eq!(advice(ConsentReason::Refused), "Atlassian ended the access. Connect again.");
/// assert_eq!(ConsentReason::parse("answer_lost"), Some(ConsentReason::AnswerLost));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConsentReason {
    /// There is no grant: the account never consented, or the grant was deleted here. It is also the answer for
    /// a grant that no key of the ring opens.
    NoGrant,
    /// The grant was given without `offline_access`, so it ends with its access token (`docs/protocol.md`,
    /// section 3.1).
    NoRefreshToken,
    /// Atlassian refuses the refresh token. The documented causes are a user who removed the app, 90 days
    /// without use, and a changed password (`docs/protocol.md`, sections 2.4 and 3.1).
    Refused,
    /// The answer to a refresh was lost, and the ten minutes in which Atlassian accepts the old token again
    /// have passed. The successor is known to Atlassian only.
    AnswerLost,
}

impl ConsentReason {
    /// The stable word for programs: `no_grant`, `no_refresh_token`, `refused` or `answer_lost`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoGrant => "no_grant",
            Self::NoRefreshToken => "no_refresh_token",
            Self::Refused => "refused",
            Self::AnswerLost => "answer_lost",
        }
    }

    /// The reason for a word of [`as_str`](Self::as_str); `None` for anything else. Stored grants are read with
    /// it, so words of newer versions are no error.
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

/// A part of the list of accounts that have a grant, for jobs that go through all of them.
///
/// ```no_run
/// # async fn every_account(auth: threelo::Auth) -> Result<(), threelo::GrantError> {
/// use threelo::PageRequest;
///
/// let mut page = PageRequest::first(100);
/// loop {
///     let accounts = auth.grants().list(&page).await?;
///     for account in &accounts.ids {
///         println!("{account}");
///     }
///     let Some(next) = accounts.next else { break };
///     page = next;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageRequest {
    /// The last account of the part before, which need not exist any more; `None` starts with the first.
    pub after: Option<AccountId>,
    /// How many accounts a part has at most. A limit of zero gives empty parts.
    pub limit: usize,
}

impl PageRequest {
    /// The first part, of at most `limit` accounts.
    pub fn first(limit: usize) -> Self {
        Self { after: None, limit }
    }
}

/// Keeps grants, and the right to refresh them.
///
/// Implementations are the in-memory store and the one over sealed rows. The contract in the project's own
/// tests holds both to the same answers. A grant that cannot be read counts as absent, except for `delete_of` and
/// `all_of_account`.
#[async_trait]
pub trait GrantStore: Debug + Send + Sync + 'static {
    /// Stores a new grant. A key that exists is [`Inserted::Exists`]; a stored grant that cannot be read gives
    /// way to one without links, because the new consent is all that is left of it. To one with links it is
    /// [`Inserted::Exists`]: it may be another user's.
    ///
    /// # Errors
    ///
    /// [`StoreError::Full`] if there is no room, [`StoreError::Failed`] if the outcome is unknown.
    async fn insert(&self, record: Arc<GrantRecord>) -> Result<Inserted, StoreError>;

    /// The grant under this key, whether its tokens work or not.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot tell.
    async fn load(&self, key: &GrantKey) -> Result<Option<Arc<GrantRecord>>, StoreError>;

    /// Replaces a grant and its links, provided that the stored version is `expected`. It never inserts, so a
    /// refresh that ends after a deletion does not bring the grant back.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the outcome is unknown.
    async fn replace(
        &self,
        expected: Version,
        record: Arc<GrantRecord>,
    ) -> Result<Replaced, StoreError>;

    /// Deletes a grant and its lease; a grant that is not there counts as deleted.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the grant may still be there. A lease that stays behind is no error: it ends by
    /// itself.
    async fn delete(&self, key: &GrantKey) -> Result<(), StoreError>;

    /// Deletes a grant and its lease, provided that the stored version is `expected`: a grant that another user
    /// connected to in the meantime stays.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the outcome is unknown.
    async fn delete_if(&self, key: &GrantKey, expected: Version) -> Result<Replaced, StoreError>;

    /// Deletes all grants of an account for an app, including those that cannot be read, and returns how many
    /// were deleted.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if some may still be there; some may be deleted.
    async fn delete_of(&self, app: &AppKey, account: &AccountId) -> Result<u64, StoreError>;

    /// All grants of an account for an app, in no particular order: at most one for an account-level app.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the list would be incomplete.
    async fn of_account(
        &self,
        app: &AppKey,
        account: &AccountId,
    ) -> Result<Vec<Arc<GrantRecord>>, StoreError>;

    /// As [`of_account`](Self::of_account), but a grant that is there and cannot be read is an error: who must know
    /// whose an account is cannot take it for nobody's (`docs/decisions/0080-unreadable-grants-are-there.md`).
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed, or if a grant of the account cannot be read.
    async fn all_of_account(
        &self,
        app: &AppKey,
        account: &AccountId,
    ) -> Result<Vec<Arc<GrantRecord>>, StoreError> {
        self.of_account(app, account).await
    }

    /// All grants for an app that are linked to a user of the app, in no particular order.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the list would be incomplete.
    async fn of_subject(
        &self,
        app: &AppKey,
        subject: &Subject,
    ) -> Result<Vec<Arc<GrantRecord>>, StoreError>;

    /// The accounts that have a grant for an app, each once, in an order that stays the same between calls, at
    /// most `page.limit`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn accounts(
        &self,
        app: &AppKey,
        page: &PageRequest,
    ) -> Result<Vec<AccountId>, StoreError>;

    /// Takes the lease of a grant, which is the right to send its refresh token, unless another owner holds it.
    ///
    /// An owner that asks again while it holds the lease gets it again, with the same attempts: a call whose
    /// answer was lost can be repeated. All times are the store's own.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the outcome is unknown. The lease may have been taken; it ends by its time.
    async fn lease(&self, key: &GrantKey, request: &LeaseRequest) -> Result<Lease, StoreError>;

    /// Extends a lease to `request.life` from now, provided that `request.owner` still holds it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the outcome is unknown. The caller must assume that the lease is lost.
    async fn renew(&self, key: &GrantKey, request: &LeaseRequest) -> Result<Renewed, StoreError>;

    /// Gives a lease back if `owner` holds it. `settled` says that no answer of the provider is missing;
    /// otherwise the attempt is remembered for those that come next.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed; the lease ends by its time.
    async fn release(
        &self,
        key: &GrantKey,
        owner: LeaseOwner,
        settled: bool,
    ) -> Result<(), StoreError>;

    /// The refreshes that nobody is at and nobody finished, by the store's clock: their owner crashed, or got no answer.
    /// A store of one process has none, because it ends with its owners.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the list would be incomplete.
    async fn unfinished(&self, _app: &AppKey) -> Result<Vec<Unfinished>, StoreError> {
        Ok(Vec::new())
    }

    /// Takes the turn to look for them: of all instances one has it within `gap`, by the store's clock.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it is unknown who has it.
    async fn take_turn(&self, _app: &AppKey, _gap: Duration) -> Result<bool, StoreError> {
        Ok(false)
    }
}

/// A refresh that was begun and not finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Whose it is.
    pub(crate) key: GrantKey,
    /// The generation that was to be replaced. If another one is stored, somebody finished it.
    pub(crate) generation: u64,
}
