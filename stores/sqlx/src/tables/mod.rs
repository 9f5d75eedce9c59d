//! The tables of one prefix in a database, whatever its kind is.

mod leases;
mod marks;
mod rows;
mod schema;

use sqlx::Pool;
use threelo::store::{Replaced, StoreError};

use crate::backend::Backend;
use crate::error::SetupError;
use crate::failure::{failed, is_cut};
use crate::health::Health;
use crate::lent::Lent;
use crate::prefix::Prefix;
use crate::statements::Statements;

/// The tables of one prefix.
#[derive(Debug)]
pub(crate) struct Tables<DB: Backend> {
    pool: Pool<DB>,
    statements: Statements,
    health: Health,
}

impl<DB: Backend> Tables<DB> {
    pub(crate) fn new(pool: Pool<DB>, health: Health, prefix: &str) -> Result<Self, SetupError> {
        let prefix = Prefix::parse(prefix)?;
        Ok(Self {
            pool,
            statements: Statements::new(&prefix, &DB::DIALECT),
            health,
        })
    }

    async fn lend(&self) -> Result<Lent<DB>, sqlx::Error> {
        Lent::of(&self.pool).await
    }

    /// Makes a call, which is answered in time, or it is an error.
    async fn call<T>(
        &self,
        call: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        self.health.watch(call).await.map_err(failed)
    }

    /// The same, once more if the connection was cut: for calls that only read.
    async fn read<T, F>(&self, call: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, sqlx::Error>>,
    {
        match self.health.watch(call()).await {
            Err(error) if is_cut(&error) => self.call(call()).await,
            outcome => outcome.map_err(failed),
        }
    }
}

fn replaced_if(rows: u64) -> Replaced {
    match rows {
        0 => Replaced::Conflict,
        _ => Replaced::Done,
    }
}
