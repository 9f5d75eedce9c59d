//! A session store that counts, and breaks when told to.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use threelo::AccountId;
use threelo::internals::SessionTokenHash;
use threelo::internals::{SessionRecord, SessionStore};
use threelo::store::{Inserted, Replaced, StoreError, Version};
use tokio::sync::Notify;

use crate::switch::{Counter, Switch};

/// A store that counts its calls and fails on demand.
#[derive(Debug)]
pub struct CountingSessions {
    inner: Arc<dyn SessionStore>,
    calls: Counter,
    down: Mutex<Option<&'static str>>,
    signs_out: Switch,
    slow: Switch,
    deleting: Notify,
}

impl CountingSessions {
    /// The store `inner`, with no calls counted yet.
    pub fn new(inner: Arc<dyn SessionStore>) -> Self {
        Self {
            inner,
            calls: Counter::default(),
            down: Mutex::default(),
            signs_out: Switch::default(),
            slow: Switch::default(),
            deleting: Notify::new(),
        }
    }

    /// How often the store was called.
    pub fn calls(&self) -> usize {
        self.calls.get()
    }

    /// Lets every call fail from now on, or no more.
    pub fn set_down(&self, down: bool) {
        self.set_down_by(down.then_some("switched off"));
    }

    /// The same, with what the store says of it.
    pub fn set_down_by(&self, why: Option<&'static str>) {
        *self.down.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Just before the next session is stored, its account signs out everywhere.
    pub fn sign_out_before_next_insert(&self) {
        self.signs_out.set(true);
    }

    /// Deletions take a moment from now on.
    pub fn delete_slowly(&self) {
        self.slow.set(true);
    }

    /// Waits until such a deletion has begun.
    pub async fn a_slow_deletion(&self) {
        self.deleting.notified().await;
    }

    async fn linger(&self) {
        if self.slow.is_on() {
            self.deleting.notify_one();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    fn count(&self) -> Result<(), StoreError> {
        self.calls.increment();
        match *self.down.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(why) => Err(StoreError::Failed(why.into())),
            None => Ok(()),
        }
    }
}

#[async_trait::async_trait]
impl SessionStore for CountingSessions {
    async fn insert(&self, record: Arc<SessionRecord>) -> Result<Inserted, StoreError> {
        self.count()?;
        if self.signs_out.take() {
            self.inner.delete_of(record.account()).await?;
        }
        self.inner.insert(record).await
    }

    async fn load(&self, key: &SessionTokenHash) -> Result<Option<Arc<SessionRecord>>, StoreError> {
        self.count()?;
        self.inner.load(key).await
    }

    async fn replace(
        &self,
        expected: Version,
        record: Arc<SessionRecord>,
    ) -> Result<Replaced, StoreError> {
        self.count()?;
        self.inner.replace(expected, record).await
    }

    async fn delete(&self, key: &SessionTokenHash) -> Result<(), StoreError> {
        self.count()?;
        self.linger().await;
        self.inner.delete(key).await
    }

    async fn list_of(&self, account: &AccountId) -> Result<Vec<Arc<SessionRecord>>, StoreError> {
        self.count()?;
        self.inner.list_of(account).await
    }

    async fn delete_of(&self, account: &AccountId) -> Result<u64, StoreError> {
        self.count()?;
        self.linger().await;
        self.inner.delete_of(account).await
    }

    async fn delete_expired(&self, now: SystemTime) -> Result<u64, StoreError> {
        self.count()?;
        self.inner.delete_expired(now).await
    }
}
