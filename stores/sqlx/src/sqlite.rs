//! SQLite: one machine, any number of processes.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Sqlite, SqliteConnection, SqlitePool, Transaction};

use crate::lent::Lent;
use crate::prefix::Prefix;
use crate::shared::{
    Health, LEASE_MEMORY, failed, is_cut, replaced_if, shown, stored, unusable, version_of,
};
use crate::statements::{Statements, VERSION, micros};
use crate::{Connecting, SetupError};

/// How long a statement waits while another process writes.
const BUSY: Duration = Duration::from_secs(5);

/// A call that was given up ends by itself.
const CLOSES: bool = false;

/// How long it is until the file is opened again.
const PAUSE: Duration = Duration::from_millis(20);

/// Keeps everything in one SQLite file. Clones share the connections.
#[derive(Clone)]
pub struct SqliteStore {
    pool: SqlitePool,
    statements: Statements,
    health: Health,
    /// A database in memory ends with its last connection. This one is there as long as the store; those of the pool end with
    /// the runtime that last used them, for example a worker of actix'.
    _memory: Option<Arc<Mutex<SqliteConnection>>>,
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
        if !url.starts_with("sqlite:") {
            return Err(SetupError::Address(shown(url)));
        }
        let options = SqliteConnectOptions::from_str(url);
        let options = options.map_err(|_not_sqlite| SetupError::Address(shown(url)))?;
        let is_memory = url.contains(":memory:") || url.contains("mode=memory");
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY);
        let (options, memory, most) = if is_memory {
            let options = options.shared_cache(true);
            let memory = options.connect().await.map_err(unusable)?;
            // Two at work would lock each other out, and heed no `busy_timeout`.
            (options, Some(Arc::new(Mutex::new(memory))), 1)
        } else {
            (options, None, 8)
        };
        let pool = SqlitePoolOptions::new().max_connections(most);
        let health = Health::default();
        let pool = pool.acquire_timeout(BUSY).test_before_acquire(false);
        let pool = open(pool, options).await;
        let store = Self::over(pool.map_err(unusable)?, health, prefix)?;
        Ok(Self {
            _memory: memory,
            ..store
        })
    }

    /// The same over a pool of `sqlx`, for an app that has one. The pool decides how many connections there are and whether
    /// each is tested before it is used, which costs a trip; this is the one place where a type of `sqlx` is asked for. Call
    /// [`migrate`](Self::migrate) or [`check`](Self::check) before it is used.
    ///
    /// # Errors
    ///
    /// [`SetupError::Prefix`].
    pub fn from_pool(pool: SqlitePool, prefix: &str) -> Result<Self, SetupError> {
        Self::over(pool, Health::default(), prefix)
    }

    fn over(pool: SqlitePool, health: Health, prefix: &str) -> Result<Self, SetupError> {
        let prefix = Prefix::parse(prefix)?;
        let statements = Statements::new(&prefix, ("BLOB", "", ""));
        Ok(Self {
            pool,
            statements,
            health,
            _memory: None,
        })
    }

    async fn begin_alone(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.pool.begin_with("BEGIN IMMEDIATE").await
    }

    /// The machine's time is that of all processes on it.
    #[expect(clippy::unused_async, reason = "the same as of other databases")]
    async fn now(&self, _: &mut SqliteConnection) -> Result<SystemTime, sqlx::Error> {
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

schema!(SqliteStore);
connecting!(SqliteStore);
row_store!(SqliteStore, Sqlite);
