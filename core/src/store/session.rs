//! Sessions and where they are kept.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;

use crate::ids::{AccountId, CloudId, SessionTokenHash};
use crate::provider::profile::Profile;
use crate::store::{Inserted, Replaced, StoreError, Version};

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// SHA-256 of the cookie's bytes.
    pub key: SessionTokenHash,
    /// Who is signed in.
    pub profile: Arc<Profile>,
    /// The site this browser works on, once chosen.
    pub site: Option<CloudId>,
    /// When the profile was read at Atlassian.
    pub profile_read_at: SystemTime,
    /// Whether the visitor asked to stay signed in for longer.
    pub remembered: bool,
    /// When the login happened.
    pub created_at: SystemTime,
    /// The last activity that was written.
    pub seen_at: SystemTime,
    /// The absolute end.
    pub expires_at: SystemTime,
    /// Counts the writes.
    pub version: Version,
}

impl SessionRecord {
    /// The name of this session in lists; of no use as a cookie.
    pub fn handle(&self) -> String {
        self.key.handle()
    }

    /// The account that is signed in.
    pub fn account(&self) -> &AccountId {
        &self.profile.account_id
    }
}

/// Keeps sessions. A record is handed out as the `Arc` that the store holds, or a new one.
#[async_trait]
pub trait SessionStore: Debug + Send + Sync + 'static {
    /// Stores a new session; refuses a key that exists.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed or is full.
    async fn insert(&self, record: Arc<SessionRecord>) -> Result<Inserted, StoreError>;

    /// The session under this key, expired or not.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn load(&self, key: &SessionTokenHash) -> Result<Option<Arc<SessionRecord>>, StoreError>;

    /// [`load`](Self::load), if the answer is at hand: a store that waits for nothing saves the future. `None` says
    /// that `load` must be asked.
    fn load_now(&self, _key: &SessionTokenHash) -> Option<Option<Arc<SessionRecord>>> {
        None
    }

    /// Replaces a session provided that its stored version is `expected`. Never inserts, so that a request in flight
    /// cannot undo a logout.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn replace(
        &self,
        expected: Version,
        record: Arc<SessionRecord>,
    ) -> Result<Replaced, StoreError>;

    /// Deletes a session; one that is not there is deleted already.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn delete(&self, key: &SessionTokenHash) -> Result<(), StoreError>;

    /// All sessions of an account, in no order, expired ones included.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn list_of(&self, account: &AccountId) -> Result<Vec<Arc<SessionRecord>>, StoreError>;

    /// Deletes all sessions of an account; tells how many went.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed; some may be deleted.
    async fn delete_of(&self, account: &AccountId) -> Result<u64, StoreError>;

    /// Deletes sessions whose absolute end has passed; tells how many went.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed; some may be deleted.
    async fn delete_expired(&self, now: SystemTime) -> Result<u64, StoreError>;
}
