//! A grant store that breaks when told to.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use threelo::store::{
    AppKey, GrantKey, GrantRecord, GrantStore, Inserted, Lease, LeaseOwner, LeaseRequest, Page,
    Renewed, Replaced, StoreError, Version,
};
use threelo::{AccountId, Subject};
use tokio::sync::{Barrier, Notify};

/// A store behind switches.
#[derive(Debug)]
pub struct FaultyGrants {
    inner: Arc<dyn GrantStore>,
    down: AtomicBool,
    /// So many writes fail before one works again.
    failing_writes: AtomicUsize,
    loads: AtomicUsize,
    leases: AtomicUsize,
    failed: Notify,
    /// The next lease waits until it is let go.
    holds_lease: AtomicBool,
    /// The next write waits until it is let go.
    holds_write: AtomicBool,
    held: Notify,
    let_go: Notify,
    /// So many inserts wait for each other, before and after.
    meeting: Mutex<Option<Arc<Barrier>>>,
    /// The store goes down after the next insert.
    down_after_insert: AtomicBool,
}

impl FaultyGrants {
    /// The store `inner`, with all switches off.
    pub fn new(inner: Arc<dyn GrantStore>) -> Self {
        Self {
            inner,
            down: AtomicBool::new(false),
            failing_writes: AtomicUsize::new(0),
            loads: AtomicUsize::new(0),
            leases: AtomicUsize::new(0),
            failed: Notify::new(),
            holds_lease: AtomicBool::new(false),
            holds_write: AtomicBool::new(false),
            held: Notify::new(),
            let_go: Notify::new(),
            meeting: Mutex::default(),
            down_after_insert: AtomicBool::new(false),
        }
    }

    /// Lets every call fail from now on, or no more.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Lets the next writes of records fail.
    pub fn fail_writes(&self, count: usize) {
        self.failing_writes.store(count, Ordering::SeqCst);
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
        self.down_after_insert.store(true, Ordering::SeqCst);
    }

    /// How often a grant was read.
    pub fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }

    /// How often a lease was asked for.
    pub fn leases(&self) -> usize {
        self.leases.load(Ordering::SeqCst)
    }

    /// Waits until a write of a record has failed.
    pub async fn a_failed_write(&self) {
        self.failed.notified().await;
    }

    /// Lets the next who asks for a lease wait, while others overtake.
    pub fn hold_lease(&self) {
        self.holds_lease.store(true, Ordering::SeqCst);
    }

    /// Lets the next write of a record wait, while others overtake.
    pub fn hold_write(&self) {
        self.holds_write.store(true, Ordering::SeqCst);
    }

    /// Waits until a write waits.
    pub async fn a_held_write(&self) {
        self.held.notified().await;
    }

    /// Ends what [`hold_lease`](Self::hold_lease) or [`hold_write`](Self::hold_write) began.
    pub fn let_go(&self) {
        self.let_go.notify_one();
    }

    /// The stored grant, past all switches.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub async fn stored(&self, key: &GrantKey) -> Arc<GrantRecord> {
        let stored = self.inner.load(key).await;
        stored.expect("the store does not fail").expect("a grant")
    }

    /// All grants of the key's account, past all switches.
    ///
    /// # Panics
    ///
    /// If the store itself fails.
    pub async fn all_of(&self, key: &GrantKey) -> Vec<Arc<GrantRecord>> {
        let all = self.inner.of_account(&key.app, &key.account).await;
        all.expect("the store does not fail")
    }

    /// Whether nobody has the lease.
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
        if self.down.load(Ordering::SeqCst) {
            return Err(StoreError::Failed("switched off".into()));
        }
        Ok(())
    }

    fn writes(&self) -> Result<(), StoreError> {
        self.works()?;
        let fails = |left: usize| left.checked_sub(1);
        let failing = &self.failing_writes;
        match failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails) {
            Ok(_) => {
                self.failed.notify_one();
                Err(StoreError::Failed("this write fails".into()))
            }
            Err(_) => Ok(()),
        }
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
        if self.down_after_insert.swap(false, Ordering::SeqCst) {
            self.set_down(true);
        }
        inserted
    }

    async fn load(&self, key: &GrantKey) -> Result<Option<Arc<GrantRecord>>, StoreError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.works()?;
        self.inner.load(key).await
    }

    async fn replace(
        &self,
        expected: Version,
        record: Arc<GrantRecord>,
    ) -> Result<Replaced, StoreError> {
        self.writes()?;
        if self.holds_write.swap(false, Ordering::SeqCst) {
            self.held.notify_one();
            self.let_go.notified().await;
        }
        self.inner.replace(expected, record).await
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
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.works()?;
        self.inner.of_account(app, account).await
    }

    async fn of_subject(
        &self,
        app: &AppKey,
        subject: &Subject,
    ) -> Result<Vec<Arc<GrantRecord>>, StoreError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.works()?;
        self.inner.of_subject(app, subject).await
    }

    async fn accounts(&self, app: &AppKey, page: &Page) -> Result<Vec<AccountId>, StoreError> {
        self.works()?;
        self.inner.accounts(app, page).await
    }

    async fn lease(&self, key: &GrantKey, request: &LeaseRequest) -> Result<Lease, StoreError> {
        self.leases.fetch_add(1, Ordering::SeqCst);
        if self.holds_lease.swap(false, Ordering::SeqCst) {
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
