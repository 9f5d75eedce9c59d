//! A pooled connection that is lent to one call.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::Pool;
use sqlx::pool::PoolConnection;
use tokio::time::timeout;

use crate::backend::Backend;
use crate::failure::is_cut;

/// The time limit for finding out whether a connection still answers.
pub(crate) const PING_LIMIT: Duration = Duration::from_secs(1);

/// A pooled connection that is lent to one call.
///
/// When a connection returns, the pool pings it and waits for the answer without a time limit; the connection keeps its place
/// in the pool meanwhile. Here the ping is limited to a second, and it runs in the background.
///
/// A connection whose call was cancelled never reaches [`end`](Self::end). An answer to that call may still arrive on it, so it
/// is closed if the backend wants that ([`Backend::CLOSE_CANCELLED`]).
pub(crate) struct Lent<DB: Backend> {
    connection: Option<PoolConnection<DB>>,
    closes: bool,
}

impl<DB: Backend> Lent<DB> {
    /// Takes a connection from the pool, as soon as one is free.
    pub(crate) async fn of(pool: &Pool<DB>) -> Result<Self, sqlx::Error> {
        Ok(Self {
            connection: Some(pool.acquire().await?),
            closes: DB::CLOSE_CANCELLED,
        })
    }

    /// Ends the call and passes its outcome on. The connection returns to the pool, or is closed if the outcome says that it is
    /// unusable.
    pub(crate) fn end<T>(mut self, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        if outcome.as_ref().is_err_and(is_cut) {
            // It may still answer pings, so the pool would keep it.
            self.closes = true;
        } else if let Some(mut connection) = self.connection.take() {
            tokio::spawn(timeout(PING_LIMIT, connection.return_to_pool()));
        }
        outcome
    }
}

impl<DB: Backend> Deref for Lent<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("a connection is returned by value"),
        }
    }
}

impl<DB: Backend> DerefMut for Lent<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        match &mut self.connection {
            Some(connection) => connection,
            None => unreachable!("a connection is returned by value"),
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
