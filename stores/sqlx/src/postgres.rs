//! Postgres: any number of instances on any number of machines.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::SetupError;
use crate::prefix::Prefix;
use crate::shared::{LEASE_MEMORY, failed, replaced_if, stored, version_of};
use crate::statements::{Statements, VERSION, micros, time};

/// How long a statement waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(5);
/// A number of our own: whoever holds its lock makes the tables.
const MIGRATION_LOCK: i64 = 0x7468_7265_656c_6f01;

/// Keeps everything in a Postgres database. Clones share the connections.
#[derive(Clone)]
pub struct PostgresStore {
    pool: PgPool,
    statements: Statements,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Connects to `postgres://user:password@host:port/database`, with at most 16 connections and tables named
    /// `threelo_…`. A statement that takes longer than 5 seconds is given up by the server.
    ///
    /// # Errors
    ///
    /// [`SetupError::Address`], [`SetupError::Unreachable`].
    pub async fn connect(url: &str) -> Result<Self, SetupError> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(SetupError::Address(shown(url)));
        }
        let options = PgConnectOptions::from_str(url);
        let options = options.map_err(|_not_postgres| SetupError::Address(shown(url)))?;
        let options = options
            .application_name("threelo")
            .options([("statement_timeout", "5000")]);
        let pool = PgPoolOptions::new().max_connections(16);
        let pool = pool.acquire_timeout(ACQUIRE).connect_with(options).await;
        Self::with_prefix(pool.map_err(SetupError::Unreachable)?, "threelo_")
    }

    /// The same over a pool of `sqlx`, with another prefix of the tables' names. The pool decides how often and how long it
    /// waits; this is the one place where a type of `sqlx` is asked for.
    ///
    /// # Errors
    ///
    /// [`SetupError::Prefix`].
    pub fn with_prefix(pool: PgPool, prefix: &str) -> Result<Self, SetupError> {
        let prefix = Prefix::parse(prefix)?;
        let statements = Statements::new(&prefix, ("BYTEA", "COLLATE \"C\""));
        Ok(Self { pool, statements })
    }

    /// Makes the tables, or finds them as they should be. May be called at every start, by several processes at once.
    ///
    /// # Errors
    ///
    /// [`SetupError::Migration`], [`SetupError::Newer`].
    pub async fn migrate(&self) -> Result<(), SetupError> {
        self.make_tables().await.map_err(SetupError::Migration)?;
        self.check().await
    }

    async fn make_tables(&self) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(MIGRATION_LOCK)
            .execute(&mut *transaction)
            .await?;
        for table in &self.statements.tables {
            sqlx::query(self.sql(table))
                .execute(&mut *transaction)
                .await?;
        }
        sqlx::query(self.sql(&self.statements.set_version))
            .bind(VERSION)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    /// The server's time, which is that of all instances.
    async fn now(&self) -> Result<SystemTime, sqlx::Error> {
        let now = "SELECT (extract(epoch from clock_timestamp()) * 1000000)::bigint";
        let (micros,): (i64,) = sqlx::query_as(now).fetch_one(&self.pool).await?;
        Ok(time(micros))
    }
}

/// An address without what may be a password.
fn shown(url: &str) -> String {
    match url.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => url.to_owned(),
    }
}

check_version!(PostgresStore);
row_store!(PostgresStore, sqlx::Postgres);
