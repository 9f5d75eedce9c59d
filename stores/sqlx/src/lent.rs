//! A connection of a pool, for one call.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::Pool;
use sqlx::pool::PoolConnection;
use tokio::time::timeout;

use crate::backend::Backend;
use crate::failure::is_cut;

/// A look at a connection that comes back takes at most this long.
pub(crate) const LOOK: Duration = Duration::from_secs(1);

/// A connection of a pool, for one call.
///
/// A pool looks after a connection that comes back, and waits for its answer however long that takes, and nobody else has the
/// connection's place meanwhile: here it has a second. One that does not come back, because its call was given up, has an
/// answer under way that nobody knows: it is closed, unless closing it would lose what it holds.
pub(crate) struct Lent<DB: Backend> {
    connection: Option<PoolConnection<DB>>,
    closes: bool,
}

impl<DB: Backend> Lent<DB> {
    pub(crate) async fn of(pool: &Pool<DB>) -> Result<Self, sqlx::Error> {
        Ok(Self {
            connection: Some(pool.acquire().await?),
            closes: DB::CLOSES,
        })
    }

    /// Ends the call with what came of it.
    pub(crate) fn end<T>(mut self, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        if outcome.as_ref().is_err_and(is_cut) {
            // It is of no use any more, although it may answer.
            self.closes = true;
        } else if let Some(mut connection) = self.connection.take() {
            tokio::spawn(timeout(LOOK, connection.return_to_pool()));
        }
        outcome
    }
}

impl<DB: Backend> Deref for Lent<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("it goes back by value"),
        }
    }
}

impl<DB: Backend> DerefMut for Lent<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        match &mut self.connection {
            Some(connection) => connection,
            None => unreachable!("it goes back by value"),
        }
    }
}

impl<DB: Backend> Drop for Lent<DB> {
    fn drop(&mut self) {
        if let Some(connection) = &mut self.connection
            && self.closes
        {
            connection.close_on_drop();
        }
    }
}
