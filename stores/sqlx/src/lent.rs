//! A connection of a pool, for one call.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool};
use tokio::time::timeout;

/// A look at a connection that comes back takes at most this long.
pub(crate) const LOOK: Duration = Duration::from_secs(1);

/// Makes a call on a connection, which goes back to the pool when the call was answered; in time, or it is an error.
macro_rules! on {
    ($self:ident, |$connection:ident| $call:expr) => {
        tried!($self, |$connection| $call).map_err(failed)
    };
}

/// The same, once more if the connection was cut: for calls that only read.
macro_rules! on_read {
    ($self:ident, |$connection:ident| $call:expr) => {
        match tried!($self, |$connection| $call) {
            Err(error) if is_cut(&error) => on!($self, |$connection| $call),
            outcome => outcome.map_err(failed),
        }
    };
}

macro_rules! tried {
    ($self:ident, |$connection:ident| $call:expr) => {{
        let call = async {
            let mut lent = Lent::of(&$self.pool, CLOSES).await?;
            let $connection = &mut *lent;
            let outcome = $call.await;
            match &outcome {
                Err(error) if is_cut(error) => lent.close(),
                _ => lent.back(),
            }
            outcome
        };
        $self.health.watch(call).await
    }};
}

/// A connection of a pool, for one call.
///
/// A pool looks after a connection that comes back, and waits for its answer however long that takes, and nobody else has the
/// connection's place meanwhile: here it has a second. One that does not come back, because its call was given up, has an
/// answer under way that nobody knows: it is closed, unless closing it would lose what it holds.
pub(crate) struct Lent<DB: Database> {
    connection: Option<PoolConnection<DB>>,
    closes: bool,
}

impl<DB: Database> Lent<DB> {
    pub(crate) async fn of(pool: &Pool<DB>, closes: bool) -> Result<Self, sqlx::Error> {
        Ok(Self {
            connection: Some(pool.acquire().await?),
            closes,
        })
    }

    /// It is of no use any more, although it may answer.
    pub(crate) fn close(mut self) {
        self.closes = true;
    }

    /// The call was answered.
    pub(crate) fn back(mut self) {
        if let Some(mut connection) = self.connection.take() {
            tokio::spawn(timeout(LOOK, connection.return_to_pool()));
        }
    }
}

impl<DB: Database> Deref for Lent<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("it goes back by value"),
        }
    }
}

impl<DB: Database> DerefMut for Lent<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        match &mut self.connection {
            Some(connection) => connection,
            None => unreachable!("it goes back by value"),
        }
    }
}

impl<DB: Database> Drop for Lent<DB> {
    fn drop(&mut self) {
        if let Some(connection) = &mut self.connection
            && self.closes
        {
            connection.close_on_drop();
        }
    }
}
