//! Sessions in sign-in mode: the record of a signed-in browser, and the port that keeps it.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;

use crate::ids::{AccountId, CloudId, SessionTokenHash};
use crate::provider::profile::Profile;
use crate::store::{Inserted, Replaced, StoreError, UnknownFields, Version};

/// A browser that is signed in. The record holds no token: tokens belong to the grant of the account, so a
/// stolen session row opens nothing at Atlassian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// A hash over the kind of the session, the app, the origin and the session token
    /// (`docs/decisions/0026-session-keys-name-kind-and-app.md`). The token cannot be computed from it.
    pub key: SessionTokenHash,
    /// Who is signed in, as Atlassian's profile said at `profile_read_at`.
    pub profile: Arc<Profile>,
    /// The site that this browser works on, once one was chosen.
    pub site: Option<CloudId>,
    /// When the profile was read at Atlassian. It is read again when it is too old, which also ends sessions of
    /// closed accounts.
    pub profile_read_at: SystemTime,
    /// Whether the visitor asked to stay signed in, which selects the longer lifetimes.
    pub remembered: bool,
    /// When the login happened, by the clock of the instance that handled it.
    pub created_at: SystemTime,
    /// The last activity that was written. It is written every few minutes at most, so the idle end is not
    /// exact to the second.
    pub seen_at: SystemTime,
    /// The absolute end, which activity does not move.
    pub expires_at: SystemTime,
    /// When the session ends without further activity, as far as it was written: from then on a store may forget
    /// it. It is the absolute end in records of earlier versions.
    pub idle_ends_at: SystemTime,
    /// What a newer program wrote beside these.
    pub unknown: UnknownFields,
    /// Counts the writes, starting at 1.
    pub version: Version,
}

impl SessionRecord {
    /// A name for this session in lists and forms. It is derived from the key and does not work as a cookie.
    pub fn handle(&self) -> String {
        self.key.handle()
    }

    /// When a store may forget the record: at its idle or its absolute end, whichever comes first.
    pub fn ends_at(&self) -> SystemTime {
        self.expires_at.min(self.idle_ends_at)
    }

    /// The account that is signed in.
    pub fn account(&self) -> &AccountId {
        &self.profile.account_id
    }
}

/// Keeps sessions. A record is returned as the `Arc` that the store holds or as a new one; callers never change
/// it in place.
///
/// Sessions are not cached with a lifetime: a logout on one instance takes effect on the next request of any
/// other (`docs/decisions/0031-opened-sessions-are-reused.md`).
#[async_trait]
pub trait SessionStore: Debug + Send + Sync + 'static {
    /// Stores a new session. A key that exists is [`Inserted::Exists`], which in practice means that the insert
    /// was repeated.
    ///
    /// # Errors
    ///
    /// [`StoreError::Full`] if there is no room, [`StoreError::Failed`] if the outcome is unknown.
    async fn insert(&self, record: Arc<SessionRecord>) -> Result<Inserted, StoreError>;

    /// The session under this key, expired or not: the caller compares the ends. A session that cannot be read
    /// is `None`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot tell. The visitor gets a 503 and is not taken for signed out
    /// (`docs/attacks.md` T223).
    async fn load(&self, key: &SessionTokenHash) -> Result<Option<Arc<SessionRecord>>, StoreError>;

    /// [`load`](Self::load) without a future, for stores that never wait (`docs/decisions/0062-load-now.md`).
    /// `None` means that `load` must be called; `Some(None)` means that there is no such session.
    fn load_now(&self, _key: &SessionTokenHash) -> Option<Option<Arc<SessionRecord>>> {
        None
    }

    /// Replaces a session, provided that the stored version is `expected`. It never inserts, so that a request
    /// in flight cannot undo a logout.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the outcome is unknown.
    async fn replace(
        &self,
        expected: Version,
        record: Arc<SessionRecord>,
    ) -> Result<Replaced, StoreError>;

    /// Deletes a session; a session that is not there counts as deleted.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it may still be there. The logout then fails, and the browser keeps its cookie to try
    /// again (`docs/decisions/0029-failed-logout-keeps-the-cookie.md`).
    async fn delete(&self, key: &SessionTokenHash) -> Result<(), StoreError>;

    /// All sessions of an account, in no particular order, expired ones included.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the list would be incomplete.
    async fn list_of(&self, account: &AccountId) -> Result<Vec<Arc<SessionRecord>>, StoreError>;

    /// Deletes all sessions of an account and returns how many were deleted.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if some may still be there; some may be deleted.
    async fn delete_of(&self, account: &AccountId) -> Result<u64, StoreError>;

    /// Deletes sessions whose absolute end is at or before `now`, and returns how many records were deleted.
    /// Over a database the expired marks go as well, in parts with a pause between them.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed; some may be deleted.
    async fn delete_expired(&self, now: SystemTime) -> Result<u64, StoreError>;
}
