//! Marks that can be spent once, and the deletion of what has expired.

use std::time::{Duration, SystemTime};

use threelo::store::{Spent, StoreError};

use crate::backend::{Backend, Value};
use crate::statements::micros;
use crate::tables::Tables;

/// A lease slot that was not written for this long may be deleted.
const LEASE_MEMORY: Duration = Duration::from_secs(3600);

impl<DB: Backend> Tables<DB> {
    /// Spends a mark: of all inserts of one mark, the database lets exactly one succeed.
    pub(crate) async fn spend(&self, mark: &str, until: SystemTime) -> Result<Spent, StoreError> {
        let values = [Value::Text(mark), Value::Number(micros(until))];
        let spent = self.call(|| async {
            let mut lent = self.lend().await?;
            let spent = DB::execute(&mut lent, &self.statements.spend, &values).await;
            lent.end(spent)
        });
        Ok(match spent.await? {
            0 => Spent::Again,
            _ => Spent::First,
        })
    }

    /// Deletes rows and marks that have ended by the caller's clock and by the database's, at most `limit` of each, and as many old lease slots. Returns how many rows and marks were
    /// deleted. Each statement is a transaction of its own: after an error, some may be deleted.
    pub(crate) async fn delete_expired(
        &self,
        now: SystemTime,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.call(|| async {
            let mut lent = self.lend().await?;
            let outcome = self.try_delete_expired(&mut lent, now, limit).await;
            lent.end(outcome)
        })
        .await
    }

    async fn try_delete_expired(
        &self,
        connection: &mut DB::Connection,
        now: SystemTime,
        limit: u32,
    ) -> Result<u64, sqlx::Error> {
        let statements = &self.statements;
        // An instance whose clock is ahead must not delete what has not ended.
        let now = now.min(DB::now(connection).await?);
        let limit = Value::Number(i64::from(limit));
        let mut gone = 0;
        for statement in [&statements.expired_rows, &statements.expired_marks] {
            let values = [Value::Number(micros(now)), limit];
            gone += DB::execute(connection, statement, &values).await?;
        }
        let old = now.checked_sub(LEASE_MEMORY).unwrap_or(now);
        let values = [Value::Number(micros(old)), limit];
        DB::execute(connection, &statements.old_leases, &values).await?;
        Ok(gone)
    }
}
