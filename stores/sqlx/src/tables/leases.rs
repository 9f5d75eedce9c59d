//! Lease slots.
//!
//! The rules of leases are core's ([`LeaseRow`](threelo::store::LeaseRow)); a slot only stores bytes and compares them.

use threelo::store::{LeaseSlot, Replaced, StoreError};

use crate::backend::{Backend, Value};
use crate::statements::micros;
use crate::tables::{Tables, replaced_if};

impl<DB: Backend> Tables<DB> {
    /// Reads a slot, and then the time, on one connection.
    pub(crate) async fn lease_slot(&self, key: &str) -> Result<LeaseSlot, StoreError> {
        self.read(|| async {
            let mut lent = self.lend().await?;
            let outcome = self.try_lease_slot(&mut lent, key).await;
            lent.end(outcome)
        })
        .await
    }

    async fn try_lease_slot(
        &self,
        connection: &mut DB::Connection,
        key: &str,
    ) -> Result<LeaseSlot, sqlx::Error> {
        let statement = &self.statements.load_lease;
        let found = DB::fetch_optional(connection, statement, &[Value::Text(key)]).await?;
        let value = found.map(|row| DB::bytes(&row, 0)).transpose()?;
        Ok(LeaseSlot::new(value, DB::now(connection).await?))
    }

    /// Replaces the content of a slot in one statement, which compares all bytes of the old content.
    pub(crate) async fn swap_lease(
        &self,
        key: &str,
        from: Option<&[u8]>,
        to: Option<&[u8]>,
    ) -> Result<Replaced, StoreError> {
        self.call(|| async {
            let mut lent = self.lend().await?;
            let outcome = self.try_swap_lease(&mut lent, key, from, to).await;
            lent.end(outcome)
        })
        .await
    }

    async fn try_swap_lease(
        &self,
        connection: &mut DB::Connection,
        key: &str,
        from: Option<&[u8]>,
        to: Option<&[u8]>,
    ) -> Result<Replaced, sqlx::Error> {
        let statements = &self.statements;
        let key = Value::Text(key);
        let written_at = Value::Number(micros(DB::now(connection).await?));
        let swapped = match (from.map(Value::Bytes), to.map(Value::Bytes)) {
            (None, None) => return Ok(Replaced::Done),
            (None, Some(to)) => {
                let values = [key, to, written_at];
                DB::execute(connection, &statements.insert_lease, &values).await?
            }
            (Some(from), Some(to)) => {
                let values = [to, written_at, key, from];
                DB::execute(connection, &statements.replace_lease, &values).await?
            }
            (Some(from), None) => {
                DB::execute(connection, &statements.delete_lease, &[key, from]).await?
            }
        };
        Ok(replaced_if(swapped))
    }
}
