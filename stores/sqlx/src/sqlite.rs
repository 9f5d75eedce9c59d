//! SQLite: one machine, any number of processes.

use std::fmt;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Sqlite, SqliteConnection, SqlitePool, Transaction};

use crate::backend::Backend;
use crate::connecting::Connecting;
use crate::error::SetupError;
use crate::failure::unusable;
use crate::health::Health;
use crate::statements::Dialect;
use crate::tables::Tables;

/// How long a statement waits while another process writes.
const BUSY: Duration = Duration::from_secs(5);

/// How long it is until the file is opened again.
const PAUSE: Duration = Duration::from_millis(20);

/// Keeps everything in one SQLite file. Clones share the connections.
#[derive(Clone)]
pub struct SqliteStore {
    pub(crate) tables: Arc<Tables<Sqlite>>,
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
            return Err(SetupError::address(url));
        }
        let options = SqliteConnectOptions::from_str(url);
        let options = options.map_err(|_not_sqlite| SetupError::address(url))?;
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
        Ok(Self {
            tables: Arc::new(Tables::new(pool, health, prefix)?),
            _memory: None,
        })
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

impl<'a> IntoFuture for Connecting<'a, SqliteStore> {
    type Output = Result<SqliteStore, SetupError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<SqliteStore, SetupError>> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let store = SqliteStore::open(self.url, self.prefix).await?;
            if self.migrates {
                store.migrate().await?;
            } else {
                store.check().await?;
            }
            Ok(store)
        })
    }
}

impl Backend for Sqlite {
    const DIALECT: Dialect = Dialect {
        bytes: "BLOB",
        bytewise: "",
        skip_locked: "",
    };

    /// A call that was given up ends by itself.
    const CLOSES: bool = false;

    /// The machine's time is that of all processes on it.
    async fn now(_: &mut SqliteConnection) -> Result<SystemTime, sqlx::Error> {
        #[expect(clippy::disallowed_methods, reason = "this is the store's clock")]
        Ok(SystemTime::now())
    }

    async fn begin_alone(pool: &SqlitePool) -> Result<Transaction<'static, Self>, sqlx::Error> {
        pool.begin_with("BEGIN IMMEDIATE").await
    }

    statements!();
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
