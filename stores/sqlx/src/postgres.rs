//! Postgres: any number of instances on any number of machines.

use std::fmt;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, PgPool, Postgres, Transaction};
use tokio::time::timeout;

use crate::backend::Backend;
use crate::connecting::Connecting;
use crate::error::SetupError;
use crate::failure::unusable;
use crate::health::Health;
use crate::lent::LOOK;
use crate::statements::Dialect;
use crate::tables::Tables;

/// How long a statement waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(5);
/// A number of our own: whoever holds its lock makes the tables.
const MIGRATION_LOCK: i64 = 0x7468_7265_656c_6f01;

/// Keeps everything in a Postgres database. Clones share the connections.
#[derive(Clone)]
pub struct PostgresStore {
    pub(crate) tables: Arc<Tables<Postgres>>,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Connects to `postgres://user:password@host:port/database`, with at most 8 connections and tables named
    /// `threelo_…`. A statement that takes longer than 5 seconds is given up by the server.
    ///
    /// # Errors
    ///
    /// When it is awaited: [`SetupError::Address`], [`SetupError::Unreachable`], [`SetupError::ReadOnly`],
    /// [`SetupError::Newer`], and [`SetupError::NotMigrated`] unless [`migrate`](Connecting::migrate) is asked for.
    pub fn connect(url: &str) -> Connecting<'_, Self> {
        Self::connect_with_prefix(url, "threelo_")
    }

    /// The same, with another prefix of the tables' names: 1 to 32 lower-case letters, digits and `_`, beginning with a
    /// letter. Apps with prefixes of their own share a database.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect), [`SetupError::Prefix`].
    pub fn connect_with_prefix<'a>(url: &'a str, prefix: &'a str) -> Connecting<'a, Self> {
        Connecting::new(url, prefix)
    }

    async fn open(url: &str, prefix: &str) -> Result<Self, SetupError> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(SetupError::address(url));
        }
        let options = PgConnectOptions::from_str(url);
        let options = options.map_err(|_not_postgres| SetupError::address(url))?;
        let options = options
            .application_name("threelo")
            .options([("statement_timeout", "5000")]);
        let health = Health::default();
        let pool = pool_options(&health).connect_with(options).await;
        Self::over(pool.map_err(unusable)?, health, prefix)
    }

    /// The same over a pool of `sqlx`, for an app that has one. The pool decides how many connections there are and whether
    /// each is tested before it is used, which costs a trip; this is the one place where a type of `sqlx` is asked for. Call
    /// [`migrate`](Self::migrate) or [`check`](Self::check) before it is used.
    ///
    /// # Errors
    ///
    /// [`SetupError::Prefix`].
    pub fn from_pool(pool: PgPool, prefix: &str) -> Result<Self, SetupError> {
        Self::over(pool, Health::default(), prefix)
    }

    fn over(pool: PgPool, health: Health, prefix: &str) -> Result<Self, SetupError> {
        let tables = Arc::new(Tables::new(pool, health, prefix)?);
        Ok(Self { tables })
    }

    /// Makes the tables, or finds them as they should be. May be called at every start, by several processes at once.
    ///
    /// # Errors
    ///
    /// [`SetupError::Migration`], [`SetupError::Newer`].
    pub async fn migrate(&self) -> Result<(), SetupError> {
        self.tables.migrate().await
    }

    /// Finds the tables as they should be, and writable; [`connect`](Self::connect) has done so.
    ///
    /// # Errors
    ///
    /// [`SetupError::NotMigrated`], [`SetupError::Newer`], [`SetupError::ReadOnly`].
    pub async fn check(&self) -> Result<(), SetupError> {
        self.tables.check().await
    }
}

impl<'a> IntoFuture for Connecting<'a, PostgresStore> {
    type Output = Result<PostgresStore, SetupError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<PostgresStore, SetupError>> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let store = PostgresStore::open(self.url, self.prefix).await?;
            if self.migrates {
                store.migrate().await?;
            } else {
                store.check().await?;
            }
            Ok(store)
        })
    }
}

impl Backend for Postgres {
    const DIALECT: Dialect = Dialect {
        bytes: "BYTEA",
        bytewise: "COLLATE \"C\"",
        skip_locked: " FOR UPDATE SKIP LOCKED",
    };

    /// A call that was given up leaves an answer under way.
    const CLOSES: bool = true;

    /// The server's time, which is that of all instances.
    async fn now(connection: &mut PgConnection) -> Result<SystemTime, sqlx::Error> {
        let now = "SELECT (extract(epoch from clock_timestamp()) * 1000000)::bigint";
        let (micros,): (i64,) = sqlx::query_as(now).fetch_one(connection).await?;
        Ok(time(micros))
    }

    async fn begin_alone(pool: &PgPool) -> Result<Transaction<'static, Self>, sqlx::Error> {
        let mut transaction = pool.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(MIGRATION_LOCK)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction)
    }

    statements!();
}

/// A connection that nobody used for this long is asked whether it is still there: something on the way may have forgotten it.
const QUIET: Duration = Duration::from_secs(10);

fn pool_options(health: &Health) -> PgPoolOptions {
    let before = health.clone();
    PgPoolOptions::new()
        .max_connections(8)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .before_acquire(move |connection, idle| {
            // One that a failure has overtaken is thrown away, not asked: a machine that is gone does not answer.
            let is_doubtful = before.is_doubtful(idle.idle_for);
            Box::pin(async move {
                Ok(match idle.idle_for < QUIET {
                    _ if is_doubtful => false,
                    true => true,
                    false => timeout(LOOK, connection.ping())
                        .await
                        .is_ok_and(|pong| pong.is_ok()),
                })
            })
        })
}

/// The time of as many microseconds.
fn time(micros: i64) -> SystemTime {
    let since = Duration::from_micros(u64::try_from(micros).unwrap_or_default());
    UNIX_EPOCH.checked_add(since).unwrap_or(UNIX_EPOCH)
}
