//! The tables of one prefix, in either database.
//!
//! Each public store is a thin layer over [`Tables`]; what a store promises is kept here and in the submodules.

mod leases;
mod marks;
mod rows;
mod schema;
#[cfg(test)]
mod upgrades;

use std::time::Duration;

use sqlx::Pool;
use threelo::store::{Replaced, StoreError};

use crate::backend::Backend;
use crate::error::SqlSetupError;
use crate::failure::{failed, is_cut, is_rolled_back};
use crate::health::Health;
use crate::lent::Lent;
use crate::prefix::Prefix;
use crate::statements::Statements;
use crate::steps::Schema;

/// The pause before a call that was rolled back is repeated; then twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(2);

/// The tables of one prefix, and the pool through which they are used.
#[derive(Debug)]
pub(crate) struct Tables<DB: Backend> {
    pool: Pool<DB>,
    statements: Statements,
    schema: Schema,
    health: Health,
}

impl<DB: Backend> Tables<DB> {
    /// Prepares the statements; the database is not asked yet.
    ///
    /// # Errors
    ///
    /// [`SqlSetupError::Prefix`] if the prefix cannot be part of a table's name.
    pub(crate) fn new(pool: Pool<DB>, health: Health, prefix: &str) -> Result<Self, SqlSetupError> {
        let prefix = Prefix::parse(prefix)?;
        Ok(Self {
            pool,
            statements: Statements::new(&prefix, &DB::DIALECT),
            schema: Schema::new(&prefix, &DB::DIALECT),
            health,
        })
    }

    /// Takes a connection from the pool for one call.
    async fn lend(&self) -> Result<Lent<DB>, sqlx::Error> {
        Lent::of(&self.pool).await
    }

    /// Awaits a call, for as long as [`Health::watch`] allows. A call that the database rolled back for the sake of another one is
    /// repeated: with `serializable` as the database's default that is ordinary.
    ///
    /// An error does not mean that nothing was changed: a commit may have been carried out although its answer was lost.
    async fn call<T, F>(&self, call: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, sqlx::Error>>,
    {
        let repeated = async {
            let mut pause = FIRST_PAUSE;
            loop {
                match call().await {
                    Err(error) if is_rolled_back(&error) => {}
                    outcome => return outcome,
                }
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        };
        self.health.watch(repeated).await.map_err(failed)
    }

    /// Awaits a call that only reads, and repeats it once on another connection if its own was broken.
    async fn read<T, F>(&self, call: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, sqlx::Error>>,
    {
        match self.health.watch(call()).await {
            Err(error) if is_cut(&error) || is_rolled_back(&error) => self.call(call).await,
            outcome => outcome.map_err(failed),
        }
    }
}

/// The outcome of a compare-and-set that changed this many rows.
fn replaced_if(rows: u64) -> Replaced {
    match rows {
        0 => Replaced::Conflict,
        _ => Replaced::Done,
    }
}
