//! A database whose leases end by a clock of the test's.

use std::sync::Arc;
use std::time::SystemTime;

use threelo::clock::Clock;
use threelo::store::{
    Inserted, LeaseSlot, OwnerPage, Replaced, Row, RowKind, RowStore, Spent, StoreError, StoredRow,
    Version,
};

/// The database `inner`; its leases end by `clock`.
#[derive(Debug)]
pub(crate) struct ClockedRows<C> {
    inner: Arc<dyn RowStore>,
    clock: Arc<C>,
}

impl<C: Clock> ClockedRows<C> {
    pub(crate) fn new(inner: Arc<dyn RowStore>, clock: Arc<C>) -> Self {
        Self { inner, clock }
    }
}

#[async_trait::async_trait]
impl<C: Clock> RowStore for ClockedRows<C> {
    async fn insert(&self, row: &Row) -> Result<Inserted, StoreError> {
        self.inner.insert(row).await
    }

    async fn load(&self, kind: RowKind, key: &str) -> Result<Option<StoredRow>, StoreError> {
        self.inner.load(kind, key).await
    }

    async fn replace(&self, expected: Version, row: &Row) -> Result<Replaced, StoreError> {
        self.inner.replace(expected, row).await
    }

    async fn delete(
        &self,
        kind: RowKind,
        key: &str,
        expected: Option<Version>,
    ) -> Result<Replaced, StoreError> {
        self.inner.delete(kind, key, expected).await
    }

    async fn of_owner(&self, kind: RowKind, owner: &str) -> Result<Vec<StoredRow>, StoreError> {
        self.inner.of_owner(kind, owner).await
    }

    async fn of_subject(&self, subject: &str) -> Result<Vec<StoredRow>, StoreError> {
        self.inner.of_subject(subject).await
    }

    async fn delete_of(
        &self,
        kind: RowKind,
        owner: &str,
        except: Option<&str>,
    ) -> Result<u64, StoreError> {
        self.inner.delete_of(kind, owner, except).await
    }

    async fn owners(&self, page: &OwnerPage<'_>) -> Result<Vec<String>, StoreError> {
        self.inner.owners(page).await
    }

    async fn spend(&self, mark: &str, until: SystemTime) -> Result<Spent, StoreError> {
        self.inner.spend(mark, until).await
    }

    async fn lease_slot(&self, key: &str) -> Result<LeaseSlot, StoreError> {
        let slot = self.inner.lease_slot(key).await?;
        Ok(LeaseSlot {
            now: self.clock.now(),
            ..slot
        })
    }

    async fn swap_lease(
        &self,
        key: &str,
        from: Option<&[u8]>,
        to: Option<&[u8]>,
    ) -> Result<Replaced, StoreError> {
        self.inner.swap_lease(key, from, to).await
    }

    async fn delete_expired(&self, now: SystemTime, limit: u32) -> Result<u64, StoreError> {
        self.inner.delete_expired(now, limit).await
    }
}
