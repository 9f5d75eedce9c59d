//! The store in SQLite, for one machine and any number of processes.

use std::fmt;
use std::path::Path;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Sqlite, SqliteConnection, SqlitePool, Transaction};

use crate::backend::Backend;
use crate::connecting::Connecting;
use crate::error::SqlSetupError;
use crate::failure::unusable;
use crate::health::Health;
use crate::statements::Dialect;
use crate::tables::Tables;

/// How long a statement waits while another connection writes.
const BUSY: Duration = Duration::from_secs(5);

/// The pause between two attempts to open the file.
const PAUSE: Duration = Duration::from_millis(20);

/// A store in a SQLite file, for one machine and any number of processes. Clones share the connections.
///
/// - **Connections**: at most 8 for each process; a database in memory has one. They are not tested before use.
/// - **Clock**: leases are measured by the machine's clock, which is the same for all processes. When sessions and marks end is
///   decided by the app's clock.
/// - **Time limits**: a statement waits up to 5 seconds while another connection writes, and a call ends after 5 seconds,
///   including the wait for a connection.
/// - **Cancellation**: if the caller hangs up or the time limit passes, the connection stays open. A statement that has begun
///   runs to its end; a transaction that was not committed is rolled back.
/// - **Durability**: the file has a write-ahead log (`journal_mode=WAL`) with `synchronous=FULL`: a write is on the disk before
///   the call returns. Beside the file there are two more, with `-wal` and `-shm` at the end of their names; a backup needs
///   SQLite's own means, such as `VACUUM INTO`, and not a copy of the file alone.
/// - **Place**: a disk of this machine. SQLite's log [does not work](https://www.sqlite.org/wal.html) over a network file
///   system.
///
/// # Examples
///
/// ```no_run
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use threelo::AuthBuilder;
/// use threelo_sqlx::SqliteStore;
///
/// let store = SqliteStore::connect("sqlite:/var/lib/app/threelo.db").migrate().await?;
/// let auth = AuthBuilder::from_env().store(Arc::new(store)).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SqliteStore {
    pub(crate) tables: Arc<Tables<Sqlite>>,
    /// Keeps a database in memory alive, which ends with its last connection. Connections of the pool end with the runtime that
    /// last used them, for example that of an actix-web worker.
    _memory: Option<Arc<Mutex<SqliteConnection>>>,
}

/// Shows nothing of what the store holds.
impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens `sqlite:path/to/file.db`, with tables named `threelo_…`, when it is awaited. A missing file is created, but not a
    /// missing folder. On Unix only the process's own user may read a file that is made here; one that exists keeps its rights.
    ///
    /// `sqlite::memory:` is a database in memory, for tests: it belongs to this store and its clones, and ends with them.
    ///
    /// # Errors
    ///
    /// When it is awaited: [`SqlSetupError::Address`], [`SqlSetupError::File`], [`SqlSetupError::Unreachable`], [`SqlSetupError::ReadOnly`],
    /// [`SqlSetupError::Newer`], and [`SqlSetupError::NotMigrated`] or, after [`migrate`](Connecting::migrate),
    /// [`SqlSetupError::Migration`].
    pub fn connect(url: &str) -> Connecting<'_, Self> {
        Self::connect_with_prefix(url, "threelo_")
    }

    /// Connects as [`connect`](Self::connect) does, but with another prefix for the names of the tables: 1 to 32 lower-case
    /// letters, digits and `_`, beginning with a letter. Several apps can share a database if each has a prefix of its own.
    ///
    /// # Errors
    ///
    /// When it is awaited: those of [`connect`](Self::connect), and [`SqlSetupError::Prefix`].
    pub fn connect_with_prefix<'a>(url: &'a str, prefix: &'a str) -> Connecting<'a, Self> {
        Connecting::new(url, prefix)
    }

    /// Opens the pool, with one connection to begin with.
    async fn open(url: &str, prefix: &str) -> Result<Self, SqlSetupError> {
        if !url.starts_with("sqlite:") {
            return Err(SqlSetupError::address(url));
        }
        let options = SqliteConnectOptions::from_str(url);
        let options = options.map_err(|_not_sqlite| SqlSetupError::address(url))?;
        let is_memory = url.contains(":memory:") || url.contains("mode=memory");
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY);
        let (options, memory, most) = if is_memory {
            let options = options.shared_cache(true);
            let memory = options.connect().await.map_err(unusable)?;
            // Two connections would lock each other out: a shared cache ignores `busy_timeout`.
            (options, Some(Arc::new(Mutex::new(memory))), 1)
        } else {
            if !url.contains("mode=ro") {
                create_private(options.get_filename());
            }
            (options, None, 8)
        };
        let pool = SqlitePoolOptions::new().max_connections(most);
        let health = Health::default();
        let pool = pool.acquire_timeout(BUSY).test_before_acquire(false);
        let path = options.get_filename().display().to_string();
        let pool = open(pool, options).await;
        let of_file = |error: sqlx::Error| match is_no_file(&error) {
            true => SqlSetupError::File {
                path,
                source: error.into(),
            },
            false => unusable(error),
        };
        let store = Self::over(pool.map_err(of_file)?, health, prefix)?;
        Ok(Self {
            _memory: memory,
            ..store
        })
    }

    /// Uses a pool of `sqlx` that the app has already. This is the only function that takes a type of `sqlx`, so the app must use
    /// the same version of it as this crate.
    ///
    /// Nothing is asked of the database yet: call [`migrate`](Self::migrate) or [`check`](Self::check) before the store is used.
    /// The pool's own settings apply: how many connections it has, their pragmas, and whether it tests them before use. The time
    /// limit of five seconds for a call applies, too.
    ///
    /// # Errors
    ///
    /// [`SqlSetupError::Prefix`] if the prefix is not 1 to 32 lower-case letters, digits and `_`, beginning with a
    /// letter.
    ///
    /// # Examples
    ///
    /// ```
    /// use threelo_sqlx::SqliteStore;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
    /// let store = SqliteStore::from_pool(pool, "threelo_")?;
    /// store.migrate().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_pool(pool: SqlitePool, prefix: &str) -> Result<Self, SqlSetupError> {
        Self::over(pool, Health::default(), prefix)
    }

    /// A store over a pool, whose failures `health` remembers.
    fn over(pool: SqlitePool, health: Health, prefix: &str) -> Result<Self, SqlSetupError> {
        Ok(Self {
            tables: Arc::new(Tables::new(pool, health, prefix)?),
            _memory: None,
        })
    }

    /// Creates the tables where they are missing, and then [checks](Self::check) them. `connect(url).migrate()` calls it.
    ///
    /// May be called at every start, by several processes concurrently: one creates the tables in a transaction, the others
    /// wait for it.
    ///
    /// # Errors
    ///
    /// [`SqlSetupError::Migration`] if they cannot be created, and those of [`check`](Self::check).
    pub async fn migrate(&self) -> Result<(), SqlSetupError> {
        self.tables.migrate().await
    }

    /// Checks that the tables have the version of this program, and that they can be written to. [`connect`](Self::connect) has
    /// done so. No row is changed.
    ///
    /// # Errors
    ///
    /// [`SqlSetupError::NotMigrated`], [`SqlSetupError::Newer`], [`SqlSetupError::ReadOnly`] and
    /// [`SqlSetupError::Unreachable`].
    pub async fn check(&self) -> Result<(), SqlSetupError> {
        self.tables.check().await
    }
}

impl<'a> IntoFuture for Connecting<'a, SqliteStore> {
    type Output = Result<SqliteStore, SqlSetupError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<SqliteStore, SqlSetupError>> + Send + 'a>>;

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
        texts: "json_each($2)",
        is_not_among: "{} NOT IN (SELECT value FROM json_each($2))",
    };

    /// A statement whose caller is gone runs to its end, and closing the connection could lose a database in memory.
    const DRAIN_CANCELLED: bool = false;

    /// Nothing stands between a process and its file.
    async fn is_mixed(_: &SqlitePool) -> Result<bool, sqlx::Error> {
        Ok(false)
    }

    /// The machine's clock, which is the same for all its processes.
    async fn now(_: &mut SqliteConnection) -> Result<SystemTime, sqlx::Error> {
        #[expect(clippy::disallowed_methods, reason = "this is the store's clock")]
        Ok(SystemTime::now())
    }

    /// Takes the lock for writing immediately, as the transaction begins.
    async fn begin_migration(pool: &SqlitePool) -> Result<Transaction<'static, Self>, sqlx::Error> {
        pool.begin_with("BEGIN IMMEDIATE").await
    }

    statements!();
}

/// Opens the file, again and again for up to five seconds if it is busy.
///
/// While another process switches the file to a write-ahead log, SQLite returns "busy" immediately, whatever `busy_timeout` is
/// Whether a file cannot be opened or created (`SQLITE_CANTOPEN`), whatever the reason is called in full.
fn is_no_file(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.and_then(|code| code.parse::<u32>().ok())
        .is_some_and(|code| code & 0xff == 14)
}

/// (<https://www.sqlite.org/pragma.html#pragma_journal_mode>).
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

/// Creates a missing file for this user only; SQLite would let the whole machine read it. Its journals get the same rights. What
/// fails is left to SQLite, which says it better.
fn create_private(file: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let mut options = std::fs::OpenOptions::new();
        let _ = options.write(true).create_new(true).mode(0o600).open(file);
    }
    #[cfg(not(unix))]
    let _ = file;
}

/// Whether the result code is `SQLITE_BUSY`; its last byte is the kind.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    let code = code.and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}
