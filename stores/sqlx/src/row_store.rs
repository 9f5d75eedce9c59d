//! The stores as threelo's [`RowStore`].

use std::time::SystemTime;

use async_trait::async_trait;
use threelo::store::{
    Inserted, LeaseSlot, OwnerPage, Replaced, Row, RowKind, RowStore, Spent, StoreError, StoredRow,
    Version,
};

#[cfg(feature = "postgres")]
use crate::postgres::PostgresStore;
#[cfg(feature = "sqlite")]
use crate::sqlite::SqliteStore;

/// Implements [`RowStore`] by passing each call on to the store's [`Tables`](crate::tables::Tables).
macro_rules! row_store {
    ($store:ident) => {
        #[async_trait]
        impl RowStore for $store {
            async fn insert(&self, row: &Row) -> Result<Inserted, StoreError> {
                self.tables.insert(row).await
            }

            async fn load(
                &self,
                kind: RowKind,
                key: &str,
            ) -> Result<Option<StoredRow>, StoreError> {
                self.tables.load(kind, key).await
            }

            async fn replace(&self, expected: Version, row: &Row) -> Result<Replaced, StoreError> {
                self.tables.replace(expected, row).await
            }

            async fn delete(
                &self,
                kind: RowKind,
                key: &str,
                expected: Option<Version>,
            ) -> Result<Replaced, StoreError> {
                self.tables.delete(kind, key, expected).await
            }

            async fn of_owner(
                &self,
                kind: RowKind,
                owner: &str,
            ) -> Result<Vec<StoredRow>, StoreError> {
                self.tables.of_owner(kind, owner).await
            }

            async fn of_subject(&self, subject: &str) -> Result<Vec<StoredRow>, StoreError> {
                self.tables.of_subject(subject).await
            }

            async fn delete_of(&self, kind: RowKind, owner: &str) -> Result<u64, StoreError> {
                self.tables.delete_of(kind, owner).await
            }

            async fn owners(&self, page: &OwnerPage<'_>) -> Result<Vec<String>, StoreError> {
                self.tables.owners(page).await
            }

            async fn leases(&self, page: &OwnerPage<'_>) -> Result<Vec<String>, StoreError> {
                self.tables.leases(page).await
            }

            async fn spend(&self, mark: &str, until: SystemTime) -> Result<Spent, StoreError> {
                self.tables.spend(mark, until).await
            }

            async fn lease_slot(&self, key: &str) -> Result<LeaseSlot, StoreError> {
                self.tables.lease_slot(key).await
            }

            async fn swap_lease(
                &self,
                key: &str,
                from: Option<&[u8]>,
                to: Option<&[u8]>,
            ) -> Result<Replaced, StoreError> {
                self.tables.swap_lease(key, from, to).await
            }

            async fn delete_expired(&self, now: SystemTime, limit: u32) -> Result<u64, StoreError> {
                self.tables.delete_expired(now, limit).await
            }
        }
    };
}

#[cfg(feature = "postgres")]
row_store!(PostgresStore);
#[cfg(feature = "sqlite")]
row_store!(SqliteStore);
