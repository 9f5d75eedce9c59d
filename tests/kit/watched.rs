//! A database whose calls are watched, and fail on demand.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::SystemTime;

use threelo::clock::Clock;
use threelo::store::{
    Inserted, LeaseSlot, OwnerPage, Replaced, Row, RowKind, RowStore, Spent, StoreError, StoredRow,
    Version,
};

/// A call of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "these are the methods")]
pub enum Call {
    /// A row is made.
    Insert(RowKind),
    /// A row is read.
    Load(RowKind),
    /// A row is written over.
    Replace(RowKind),
    /// A row is deleted.
    Delete(RowKind),
    /// Rows or owners are listed.
    List,
    /// All rows of an owner are deleted.
    DeleteOf,
    /// A mark is spent.
    Spend,
    /// A lease is read.
    LeaseSlot,
    /// A lease is written, or given back.
    SwapLease,
    /// What has ended is deleted.
    DeleteExpired,
}

/// What watches the calls of a database.
#[async_trait::async_trait]
pub trait Watch: Debug + Send + Sync + 'static {
    /// Before a call; an error is the call's.
    async fn before(&self, _call: Call) -> Result<(), StoreError> {
        Ok(())
    }

    /// After a call that did what it should.
    async fn after(&self, _call: Call) {}

    /// What the database's clock shows.
    fn now(&self, theirs: SystemTime) -> SystemTime {
        theirs
    }
}

/// A clock in the place of the database's.
#[derive(Debug)]
pub struct Clocked<C>(Arc<C>);

impl<C: Clock> Clocked<C> {
    /// This one.
    pub fn new(clock: Arc<C>) -> Self {
        Self(clock)
    }
}

impl<C: Clock> Watch for Clocked<C> {
    fn now(&self, _theirs: SystemTime) -> SystemTime {
        self.0.now()
    }
}

/// The database `inner`, watched.
#[derive(Debug)]
pub struct WatchedRows {
    inner: Arc<dyn RowStore>,
    watch: Arc<dyn Watch>,
}

impl WatchedRows {
    /// Watches a database.
    pub fn new(inner: Arc<dyn RowStore>, watch: Arc<dyn Watch>) -> Self {
        Self { inner, watch }
    }

    async fn watched<T: Send>(
        &self,
        call: Call,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.watch.before(call).await?;
        let outcome = work.await?;
        self.watch.after(call).await;
        Ok(outcome)
    }
}

#[async_trait::async_trait]
impl RowStore for WatchedRows {
    async fn insert(&self, row: &Row) -> Result<Inserted, StoreError> {
        let work = self.inner.insert(row);
        self.watched(Call::Insert(row.kind), work).await
    }

    async fn load(&self, kind: RowKind, key: &str) -> Result<Option<StoredRow>, StoreError> {
        let work = self.inner.load(kind, key);
        self.watched(Call::Load(kind), work).await
    }

    async fn replace(&self, expected: Version, row: &Row) -> Result<Replaced, StoreError> {
        let work = self.inner.replace(expected, row);
        self.watched(Call::Replace(row.kind), work).await
    }

    async fn delete(
        &self,
        kind: RowKind,
        key: &str,
        expected: Option<Version>,
    ) -> Result<Replaced, StoreError> {
        let work = self.inner.delete(kind, key, expected);
        self.watched(Call::Delete(kind), work).await
    }

    async fn of_owner(&self, kind: RowKind, owner: &str) -> Result<Vec<StoredRow>, StoreError> {
        let work = self.inner.of_owner(kind, owner);
        self.watched(Call::List, work).await
    }

    async fn of_subject(&self, subject: &str) -> Result<Vec<StoredRow>, StoreError> {
        let work = self.inner.of_subject(subject);
        self.watched(Call::List, work).await
    }

    async fn delete_of(&self, kind: RowKind, owner: &str) -> Result<u64, StoreError> {
        let work = self.inner.delete_of(kind, owner);
        self.watched(Call::DeleteOf, work).await
    }

    async fn owners(&self, page: &OwnerPage<'_>) -> Result<Vec<String>, StoreError> {
        let work = self.inner.owners(page);
        self.watched(Call::List, work).await
    }

    async fn leases(&self, page: &OwnerPage<'_>) -> Result<Vec<String>, StoreError> {
        let work = self.inner.leases(page);
        self.watched(Call::List, work).await
    }

    async fn spend(&self, mark: &str, until: SystemTime) -> Result<Spent, StoreError> {
        let work = self.inner.spend(mark, until);
        self.watched(Call::Spend, work).await
    }

    async fn lease_slot(&self, key: &str) -> Result<LeaseSlot, StoreError> {
        let work = self.inner.lease_slot(key);
        let slot = self.watched(Call::LeaseSlot, work).await?;
        let now = self.watch.now(slot.now);
        Ok(LeaseSlot::new(slot.value, now))
    }

    async fn swap_lease(
        &self,
        key: &str,
        from: Option<&[u8]>,
        to: Option<&[u8]>,
    ) -> Result<Replaced, StoreError> {
        let work = self.inner.swap_lease(key, from, to);
        self.watched(Call::SwapLease, work).await
    }

    async fn delete_expired(&self, now: SystemTime, limit: u32) -> Result<u64, StoreError> {
        let work = self.inner.delete_expired(now, limit);
        self.watched(Call::DeleteExpired, work).await
    }
}
