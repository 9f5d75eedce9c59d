//! SQLite: one machine, any number of processes.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::SetupError;
use crate::prefix::Prefix;
use crate::shared::{LEASE_MEMORY, failed, replaced_if, stored, version_of};
use crate::statements::{Statements, VERSION, micros};

/// How long a statement waits while another process writes.
const BUSY: Duration = Duration::from_secs(5);

/// How long it is until the file is opened again.
const PAUSE: Duration = Duration::from_millis(20);

/// Keeps everything in one SQLite file. Clones share the connections.
#[derive(Clone)]
pub struct SqliteStore {
    pool: SqlitePool,
    statements: Statements,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens `sqlite:path/to/file.db`, which is made if it is not there, or `sqlite::memory:`, with tables named
    /// `threelo_…`. Writes are on the disk before they are answered.
    ///
    /// # Errors
    ///
    /// [`SetupError::Address`], [`SetupError::Unreachable`].
    pub async fn connect(url: &str) -> Result<Self, SetupError> {
        if !url.starts_with("sqlite:") {
            return Err(SetupError::Address(url.to_owned()));
        }
        let options = SqliteConnectOptions::from_str(url);
        let options = options.map_err(|_not_sqlite| SetupError::Address(url.to_owned()))?;
        let is_memory = url.contains(":memory:") || url.contains("mode=memory");
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY);
        // Every connection to memory would be a database of its own, and a closed one an empty one.
        let pool = if is_memory {
            let pool = SqlitePoolOptions::new()
                .max_connections(1)
                .min_connections(1);
            pool.idle_timeout(None).max_lifetime(None)
        } else {
            SqlitePoolOptions::new().max_connections(8)
        };
        let pool = open(pool.acquire_timeout(BUSY), options).await;
        Self::with_prefix(pool.map_err(SetupError::Unreachable)?, "threelo_")
    }

    /// The same over a pool of `sqlx`, with another prefix of the tables' names. The pool decides how often and how long it
    /// waits; this is the one place where a type of `sqlx` is asked for.
    ///
    /// # Errors
    ///
    /// [`SetupError::Prefix`].
    pub fn with_prefix(pool: SqlitePool, prefix: &str) -> Result<Self, SetupError> {
        let prefix = Prefix::parse(prefix)?;
        let statements = Statements::new(&prefix, ("BLOB", ""));
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
        // Nobody else writes until it is done.
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
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

    /// The machine's time is that of all processes on it.
    #[expect(clippy::unused_async, reason = "the same as of other databases")]
    async fn now(&self) -> Result<SystemTime, sqlx::Error> {
        #[expect(clippy::disallowed_methods, reason = "this is the store's clock")]
        Ok(SystemTime::now())
    }
}

/// Opens the file. While another process makes it a file with a write-ahead log, SQLite says at once that it is busy, and
/// heeds no `busy_timeout` (<https://www.sqlite.org/pragma.html#pragma_journal_mode>).
async fn open(
    pool: SqlitePoolOptions,
    options: SqliteConnectOptions,
) -> Result<SqlitePool, sqlx::Error> {
    let mut opened = pool.clone().connect_with(options.clone()).await;
    let mut waited = Duration::ZERO;
    while opened.as_ref().is_err_and(is_busy) && waited < BUSY {
        tokio::time::sleep(PAUSE).await;
        waited += PAUSE;
        opened = pool.clone().connect_with(options.clone()).await;
    }
    opened
}

/// Whether the result code, whose last byte tells the kind, is `SQLITE_BUSY`.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    let code = code.and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

check_version!(SqliteStore);
row_store!(SqliteStore, sqlx::Sqlite);
