//! A grant store that breaks when told to.

use std::sync::{Arc, Mutex};

use threelo::PageRequest;
use threelo::internals::{
    AppKey, GrantKey, GrantRecord, GrantStore, Lease, LeaseOwner, LeaseRequest, Renewed,
};
use threelo::store::{Inserted, Replaced, StoreError, Version};
use threelo::{AccountId, Subject};
use tokio::sync::{Barrier, Notify};

use crate::switch::{Counter, Switch};

/// A store that fails as its switches say.
#[derive(Debug)]
pub struct FaultyGrants {
    inner: Arc<dyn GrantStore>,
    down: Switch,
    /// How many writes fail before one works again.
    failing_writes: Counter,
    loads: Counter,
    leases: Counter,
    failed: Notify,
    /// The next lease waits until it is let go.
    holds_lease: Switch,
    /// The next write waits until it is let go.
    holds_write: Switch,
    held: Notify,
    let_go: Notify,
    /// Where inserts wait for each other, before and after.
    meeting: Mutex<Option<Arc<Barrier>>>,
    /// The store goes down after the next insert.
    down_after_insert: Switch,
    /// The store goes down with the answer to the next replacement, which was done.
    loses_answer: Switch,
}

impl FaultyGrants {
    /// The store `inner`, with all switches off.
    pub fn new(inner: Arc<dyn GrantStore>) -> Self {
        Self {
            inner,
            down: Switch::default(),
            failing_writes: Counter::default(),
            loads: Counter::default(),
            leases: Counter::default(),
            failed: Notify::new(),
            holds_lease: Switch::default(),
            holds_write: Switch::default(),
            held: Notify::new(),
            let_go: Notify::new(),
            meeting: Mutex::default(),
            down_after_insert: Switch::default(),
            loses_answer: Switch::default(),
        }
    }

    /// The store without the switches.
    pub fn healthy(&self) -> Arc<dyn GrantStore> {
        Arc::clone(&self.inner)
    }

    /// Lets every call fail from now on, or no more.
    pub fn set_down(&self, down: bool) {
        self.down.set(down);
    }

    /// Lets the next writes of records fail.
    pub fn fail_writes(&self, count: usize) {
        self.failing_writes.set(count);
    }

    /// Lets this many inserts wait for each other: none is done before all have begun, none answered before all are done.
    ///
    /// # Panics
    ///
    /// If another caller panicked.
    pub fn meet_at_insert(&self, count: usize) {
        *self.meeting.lock().expect("a lock") = Some(Arc::new(Barrier::new(count)));
    }

    /// Lets the store go down once the next insert is done.
    pub fn go_down_after_insert(&self) {
        self.down_after_insert.set(true);
    }

    /// Does the next replacement of a record, and goes down before its answer: the writer cannot know that it was done.
    pub fn lose_next_answer(&self) {
        self.loses_answer.set(true);
    }

    /// How often a grant was read.
    pub fn loads(&self) -> usize {
        self.loads.get()
    }

    /// How often a lease was asked for.
    pub fn leases(&self) -> usize {
        self.leases.get()
    }

    /// Waits until a write of a record has failed.
    pub async fn a_failed_write(&self) {
        self.failed.notified().await;
    }

    /// Lets the next request for a lease wait, while others overtake it.
    pub fn hold_lease(&self) {
        self.holds_lease.set(true);
    }

    /// Lets the next write of a record wait, while others overtake it.
    pub fn hold_write(&self) {
        self.holds_write.set(true);
    }

    /// Waits until a write waits.
    pub async fn a_held_write(&self) {
        self.held.notified().await;
    }

    /// Ends what [`hold_lease`](Self::hold_lease) or [`hold_write`](Self::hold_write) began.
    pub fn let_go(&self) {
        self.let_go.notify_one();
    }

    /// The stored grant, whatever the switches say.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub async fn stored(&self, key: &GrantKey) -> Arc<GrantRecord> {
        let stored = self.inner.load(key).await;
        stored.expect("the store does not fail").expect("a grant")
    }

    /// All grants of the key's account, whatever the switches say.
    ///
    /// # Panics
    ///
    /// If the store itself fails.
    pub async fn all_of(&self, key: &GrantKey) -> Vec<Arc<GrantRecord>> {
        let all = self.inner.of_account(&key.app, &key.account).await;
        all.expect("the store does not fail")
    }

    /// Whether the lease is free.
    ///
    /// # Panics
    ///
    /// If the store itself fails.
    pub async fn is_free(&self, key: &GrantKey) -> bool {
        let owner = LeaseOwner(0);
        let request = LeaseRequest {
            owner,
            generation: 0,
            life: std::time::Duration::from_secs(1),
        };
        let lease = self.inner.lease(key, &request).await;
        let is_free = lease.expect("the store does not fail") != Lease::Held;
        if is_free {
            let released = self.inner.release(key, owner, true).await;
            released.expect("the store does not fail");
        }
        is_free
    }

    fn works(&self) -> Result<(), StoreError> {
        if self.down.is_on() {
            return Err(StoreError::Failed("switched off".into()));
        }
        Ok(())
    }

    fn writes(&self) -> Result<(), StoreError> {
        self.works()?;
        if self.failing_writes.take_one() {
            self.failed.notify_one();
            return Err(StoreError::Failed("this write fails".into()));
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl GrantStore for FaultyGrants {
    async fn insert(&self, record: Arc<GrantRecord>) -> Result<Inserted, StoreError> {
        self.writes()?;
        let meeting = self.meeting.lock().expect("a lock").clone();
        if let Some(meeting) = &meeting {
            meeting.wait().await;
        }
        let inserted = self.inner.insert(record).await;
        if let Some(meeting) = &meeting {
            meeting.wait().await;
        }
        if self.down_after_insert.take() {
            self.set_down(true);
        }
        inserted
    }

    async fn load(&self, key: &GrantKey) -> Result<Option<Arc<GrantRecord>>, StoreError> {
        self.loads.increment();
        self.works()?;
        self.inner.load(key).await
    }

    async fn replace(
        &self,
        expected: Version,
        record: Arc<GrantRecord>,
    ) -> Result<Replaced, StoreError> {
        self.writes()?;
        if self.holds_write.take() {
            self.held.notify_one();
            self.let_go.notified().await;
        }
        let replaced = self.inner.replace(expected, record).await;
        if self.loses_answer.take() {
            self.set_down(true);
            self.failed.notify_one();
            return Err(StoreError::Failed("the answer is lost".into()));
        }
        replaced
    }

    async fn delete(&self, key: &GrantKey) -> Result<(), StoreError> {
        self.works()?;
        self.inner.delete(key).await
    }

    async fn delete_if(&self, key: &GrantKey, expected: Version) -> Result<Replaced, StoreError> {
        self.works()?;
        self.inner.delete_if(key, expected).await
    }

    async fn delete_of(&self, app: &AppKey, account: &AccountId) -> Result<u64, StoreError> {
        self.works()?;
        self.inner.delete_of(app, account).await
    }

    async fn of_account(
        &self,
        app: &AppKey,
        account: &AccountId,
    ) -> Result<Vec<Arc<GrantRecord>>, StoreError> {
        self.loads.increment();
        self.works()?;
        self.inner.of_account(app, account).await
    }

    async fn all_of_account(
        &self,
        app: &AppKey,
        account: &AccountId,
    ) -> Result<Vec<Arc<GrantRecord>>, StoreError> {
        self.loads.increment();
        self.works()?;
        self.inner.all_of_account(app, account).await
    }

    async fn of_subject(
        &self,
        app: &AppKey,
        subject: &Subject,
    ) -> Result<Vec<Arc<GrantRecord>>, StoreError> {
        self.loads.increment();
        self.works()?;
        self.inner.of_subject(app, subject).await
    }

    async fn accounts(
        &self,
        app: &AppKey,
        page: &PageRequest,
    ) -> Result<Vec<AccountId>, StoreError> {
        self.works()?;
        self.inner.accounts(app, page).await
    }

    async fn lease(&self, key: &GrantKey, request: &LeaseRequest) -> Result<Lease, StoreError> {
        self.leases.increment();
        if self.holds_lease.take() {
            self.let_go.notified().await;
        }
        self.works()?;
        self.inner.lease(key, request).await
    }

    async fn renew(&self, key: &GrantKey, request: &LeaseRequest) -> Result<Renewed, StoreError> {
        self.works()?;
        self.inner.renew(key, request).await
    }

    async fn release(
        &self,
        key: &GrantKey,
        owner: LeaseOwner,
        settled: bool,
    ) -> Result<(), StoreError> {
        self.works()?;
        self.inner.release(key, owner, settled).await
    }
}
