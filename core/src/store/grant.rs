//! Grants and where they are kept.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;

use super::{Inserted, Replaced, StoreError, Version};
use crate::ids::{AccountId, CloudId};
use crate::site::Site;
use crate::token::TokenSet;

/// One live grant per environment, app and account (the FAQ's first answer).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GrantKey {
    /// The origin of the authorization server.
    pub environment: Arc<str>,
    /// The app.
    pub client_id: Arc<str>,
    /// The account that consented.
    pub account: AccountId,
}

/// What an account allowed this app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRecord {
    /// Whose grant it is.
    pub key: GrantKey,
    /// The tokens of the newest exchange.
    pub tokens: TokenSet,
    /// The sites that the grant reaches; `None` while nobody could read them.
    pub sites: Option<Arc<[Site]>>,
    /// When the sites were read.
    pub sites_read_at: SystemTime,
    /// The site that the account chose last, on any browser.
    pub last_site: Option<CloudId>,
    /// Counts the token pairs.
    pub generation: u64,
    /// Counts the writes.
    pub version: Version,
}

/// Keeps grants.
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

    /// Deletes a grant; one that is not there is deleted already.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    async fn delete(&self, key: &GrantKey) -> Result<(), StoreError>;
}
