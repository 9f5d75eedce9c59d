//! A session store that counts, and breaks when told to.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use threelo::store::{Inserted, Replaced, SessionRecord, SessionStore, StoreError, Version};
use threelo::{AccountId, TicketHash};
use tokio::sync::Notify;

/// A store behind a counter and a switch.
#[derive(Debug)]
pub struct CountingSessions {
    inner: Arc<dyn SessionStore>,
    calls: AtomicUsize,
    down: Mutex<Option<&'static str>>,
    signs_out: AtomicBool,
    slow: AtomicBool,
    deleting: Notify,
}

impl CountingSessions {
    /// The store `inner`, which nobody has called.
    pub fn new(inner: Arc<dyn SessionStore>) -> Self {
        Self {
            inner,
            calls: AtomicUsize::new(0),
            down: Mutex::default(),
            signs_out: AtomicBool::new(false),
            slow: AtomicBool::new(false),
            deleting: Notify::new(),
        }
    }

    /// How often the store was called.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
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
        self.signs_out.store(true, Ordering::SeqCst);
    }

    /// Deletions take a moment from now on.
    pub fn delete_slowly(&self) {
        self.slow.store(true, Ordering::SeqCst);
    }

    /// Waits until such a deletion has begun.
    pub async fn a_slow_deletion(&self) {
        self.deleting.notified().await;
    }

    async fn linger(&self) {
        if self.slow.load(Ordering::SeqCst) {
            self.deleting.notify_one();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    fn count(&self) -> Result<(), StoreError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
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
        if self.signs_out.swap(false, Ordering::SeqCst) {
            self.inner.delete_of(record.account(), None).await?;
        }
        self.inner.insert(record).await
    }

    async fn load(&self, key: &TicketHash) -> Result<Option<Arc<SessionRecord>>, StoreError> {
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

    async fn delete(&self, key: &TicketHash) -> Result<(), StoreError> {
        self.count()?;
        self.linger().await;
        self.inner.delete(key).await
    }

    async fn list_of(&self, account: &AccountId) -> Result<Vec<Arc<SessionRecord>>, StoreError> {
        self.count()?;
        self.inner.list_of(account).await
    }

    async fn delete_of(
        &self,
        account: &AccountId,
        except: Option<&TicketHash>,
    ) -> Result<u64, StoreError> {
        self.count()?;
        self.linger().await;
        self.inner.delete_of(account, except).await
    }

    async fn delete_expired(&self, now: SystemTime) -> Result<u64, StoreError> {
        self.count()?;
        self.inner.delete_expired(now).await
    }
}
