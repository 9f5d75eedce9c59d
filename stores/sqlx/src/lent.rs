//! A pooled connection that is lent to one call.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Pool};
use tokio::runtime::Handle;
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
/// A connection whose call was cancelled, because its caller hung up, never reaches [`end`](Self::end). The answer to that call
/// is still to come, so if the backend wants that ([`Backend::DRAIN_CANCELLED`]) the connection returns only after it: a new
/// one would cost several trips and a process of the server. If the answer takes longer than a second, the connection is closed.
pub(crate) struct Lent<DB: Backend> {
    connection: Option<PoolConnection<DB>>,
    is_cut: bool,
}

impl<DB: Backend> Lent<DB> {
    /// Takes a connection from the pool, as soon as one is free.
    pub(crate) async fn of(pool: &Pool<DB>) -> Result<Self, sqlx::Error> {
        Ok(Self {
            connection: Some(pool.acquire().await?),
            is_cut: false,
        })
    }

    /// Ends the call and passes its outcome on. The connection returns to the pool, or is closed if the outcome says that it is
    /// unusable.
    pub(crate) fn end<T>(mut self, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        if outcome.as_ref().is_err_and(is_cut) {
            // It may still answer pings, so the pool would keep it.
            self.is_cut = true;
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
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        match Handle::try_current() {
            _ if self.is_cut => connection.close_on_drop(),
            Ok(runtime) if DB::DRAIN_CANCELLED => {
                runtime.spawn(drained(connection));
            }
            Err(_no_runtime) if DB::DRAIN_CANCELLED => connection.close_on_drop(),
            _ => {}
        }
    }
}

/// Returns a connection to its pool once it has answered everything that it was asked.
async fn drained<DB: Backend>(mut connection: PoolConnection<DB>) {
    match timeout(PING_LIMIT, connection.ping()).await {
        Ok(Ok(())) => {
            let _ = timeout(PING_LIMIT, connection.return_to_pool()).await;
        }
        _ => connection.close_on_drop(),
    }
}
