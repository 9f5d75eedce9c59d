//! The store in Postgres, for any number of instances on any number of machines.

use std::fmt;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, PgPool, Postgres, Transaction};
use tokio::time::timeout;

use crate::backend::{Backend, sql};
use crate::connecting::Connecting;
use crate::error::SqlSetupError;
use crate::failure::unusable;
use crate::health::Health;
use crate::lent::PING_LIMIT;
use crate::statements::Dialect;
use crate::tables::Tables;

/// The time limit for getting a connection from the pool.
const ACQUIRE: Duration = Duration::from_secs(5);

/// The advisory lock under which tables are created; the number is a constant of this crate.
const MIGRATION_LOCK: i64 = 0x7468_7265_656c_6f01;

/// A store in a Postgres database, for any number of instances. Clones share the connections.
///
/// - **Connections**: at most 8 for each process. They are not tested before use, which would cost a round trip; one that was
///   idle for ten seconds or longer is pinged first. When a call finds that its connection broke, or that the server shuts down
///   or has become a standby, that connection is closed, and so are those that have been idle since before.
/// - **Clock**: leases are measured by the server's clock, which is the same for all instances. When sessions and marks end is
///   decided by the app's clock.
/// - **Time limits**: the server cancels a statement after 5 seconds (`statement_timeout`), and a call ends after 5 seconds,
///   including the wait for a connection.
/// - **Cancellation**: if the caller hangs up or the time limit passes, the connection returns to the pool once it has answered,
///   and is closed if that takes longer than a second. A transaction whose commit was not sent is rolled back; a commit that was
///   sent may still be carried out.
/// - **Durability**: that of the server; `synchronous_commit` is left as it is.
/// - **Poolers**: PgBouncer and its like work in session mode. One that lends connections for one transaction only is found at
///   start-up and refused ([`SqlSetupError::Pooler`]).
/// - **Isolation**: any. What the database rolls back with `40001` or `40P01` is repeated.
/// - **Rights**: the user needs `SELECT`, `INSERT`, `UPDATE` and `DELETE` on the tables, and for
///   [`migrate`](Connecting::migrate) also `CREATE` on the schema. The tables are in the first schema of the user's
///   `search_path`.
///
/// # Examples
///
/// ```no_run
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use threelo::AuthBuilder;
/// use threelo_sqlx::PostgresStore;
///
/// let store = PostgresStore::connect("postgres://app:secret@db.internal/app").migrate().await?;
/// let auth = AuthBuilder::from_env().store(Arc::new(store)).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    pub(crate) tables: Arc<Tables<Postgres>>,
}

/// Shows nothing of the address, which may contain a password.
impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Connects to `postgres://user:password@host:port/database`, with tables named `threelo_…`, when it is awaited.
    ///
    /// The address has the parameters of `sqlx`, such as `?sslmode=verify-full&sslrootcert=ca.pem`; what it leaves out comes
    /// from libpq's variables (`PGHOST`, `PGPASSWORD` and so on). The connections have the application name `threelo`.
    ///
    /// # Errors
    ///
    /// When it is awaited: [`SqlSetupError::Address`], [`SqlSetupError::Unreachable`], [`SqlSetupError::ReadOnly`],
    /// [`SqlSetupError::Newer`], [`SqlSetupError::Pooler`], and [`SqlSetupError::NotMigrated`] or, after [`migrate`](Connecting::migrate),
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
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(SqlSetupError::address(url));
        }
        let options = PgConnectOptions::from_str(url);
        let options = options.map_err(|_not_postgres| SqlSetupError::address(url))?;
        let options = options.application_name("threelo");
        let health = Health::default();
        let with_timeout = options.clone().options([("statement_timeout", "5000")]);
        let pool = match pool_options(&health).connect_with(with_timeout).await {
            Err(error) if refuses_parameters(&error) => {
                let later = pool_options(&health).after_connect(|connection, _| {
                    Box::pin(async move {
                        let set = sqlx::raw_sql("SET statement_timeout = 5000");
                        set.execute(connection).await.map(drop)
                    })
                });
                later.connect_with(options.extra_float_digits(None)).await
            }
            opened => opened,
        };
        Self::over(pool.map_err(unusable)?, health, prefix)
    }

    /// Uses a pool of `sqlx` that the app has already. This is the only function that takes a type of `sqlx`, so the app must use
    /// the same version of it as this crate.
    ///
    /// Nothing is asked of the database yet: call [`migrate`](Self::migrate) or [`check`](Self::check) before the store is used.
    /// The pool's own settings apply: how many connections it has, and whether it tests them before use. The time limit of five
    /// seconds for a call applies, too.
    ///
    /// # Errors
    ///
    /// [`SqlSetupError::Prefix`] if the prefix is not 1 to 32 lower-case letters, digits and `_`, beginning with a
    /// letter.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
    /// use threelo_sqlx::PostgresStore;
    ///
    /// let pool = sqlx::PgPool::connect("postgres://app:secret@db.internal/app").await?;
    /// let store = PostgresStore::from_pool(pool.clone(), "threelo_")?;
    /// store.migrate().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_pool(pool: PgPool, prefix: &str) -> Result<Self, SqlSetupError> {
        Self::over(pool, Health::default(), prefix)
    }

    /// A store over a pool, whose failures `health` remembers.
    fn over(pool: PgPool, health: Health, prefix: &str) -> Result<Self, SqlSetupError> {
        let tables = Arc::new(Tables::new(pool, health, prefix)?);
        Ok(Self { tables })
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

impl<'a> IntoFuture for Connecting<'a, PostgresStore> {
    type Output = Result<PostgresStore, SqlSetupError>;
    type IntoFuture =
        Pin<Box<dyn Future<Output = Result<PostgresStore, SqlSetupError>> + Send + 'a>>;

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
        texts: "json_array_elements_text($2::json) AS texts (value)",
        // `NOT IN` would compare each with each once the list outgrows `work_mem`.
        is_not_among: "NOT EXISTS (SELECT 1 FROM json_array_elements_text($2::json) AS texts (value) WHERE value = {})",
    };

    /// The answer to a cancelled call is still to come.
    const DRAIN_CANCELLED: bool = true;

    /// The server's clock, which is the same for all instances. Not `now()`, which stands still in a transaction.
    async fn now(connection: &mut PgConnection) -> Result<SystemTime, sqlx::Error> {
        let now = "SELECT (extract(epoch from clock_timestamp()) * 1000000)::bigint";
        let (micros,): (i64,) = sqlx::query_as(now).fetch_one(connection).await?;
        Ok(time(micros))
    }

    /// A session that is ours alone keeps what is set in it, and shows it to nobody else. Statements go by the simple protocol,
    /// because prepared ones are what a pooler gets wrong. A pooler passes a round by chance; it does not pass twenty.
    async fn is_mixed(pool: &PgPool) -> Result<bool, sqlx::Error> {
        let mut ours = pool.acquire().await?;
        let Ok(Ok(mut other)) = timeout(PING_LIMIT, pool.acquire()).await else {
            // A pool with one connection: nothing to be mixed up with in this process.
            return Ok(!keeps(&mut ours, 0).await?);
        };
        for round in 0..20 {
            let is_kept = keeps(&mut ours, round).await?;
            for _ in 0..round % 3 {
                sqlx::raw_sql("SELECT 1").execute(&mut *other).await?;
            }
            if !is_kept || shown(&mut other).await?.is_some() || shown(&mut ours).await?.is_none() {
                return Ok(true);
            }
        }
        sqlx::raw_sql("RESET threelo.mine")
            .execute(&mut *ours)
            .await?;
        Ok(false)
    }

    /// Waits for the lock, which ends with the transaction.
    async fn begin_migration(pool: &PgPool) -> Result<Transaction<'static, Self>, sqlx::Error> {
        let mut transaction = pool.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(MIGRATION_LOCK)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction)
    }

    statements!();
}

/// Whether a session keeps what is set in it.
async fn keeps(connection: &mut PgConnection, round: u32) -> Result<bool, sqlx::Error> {
    let value = format!("{} {round}", std::process::id());
    let set = format!("SET threelo.mine = '{value}'");
    sqlx::raw_sql(sql(&set)).execute(&mut *connection).await?;
    Ok(shown(connection).await? == Some(value))
}

/// What is set in a session.
async fn shown(connection: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    let show = sqlx::raw_sql("SELECT current_setting('threelo.mine', true)");
    let row = show.fetch_one(connection).await?;
    let value: Option<String> = sqlx::Row::try_get(&row, 0)?;
    Ok(value.filter(|value| !value.is_empty()))
}

/// Whether a pooler refuses the parameters with which a connection begins.
fn refuses_parameters(error: &sqlx::Error) -> bool {
    let message = error.as_database_error().map(|error| error.message());
    message.is_some_and(|message| message.contains("unsupported startup parameter"))
}

/// A connection that was idle for this long is pinged before use: a firewall on the way may have dropped it.
const IDLE_BEFORE_PING: Duration = Duration::from_secs(10);

/// The pool's settings: distrusts idle connections after a failure, and pings those that were idle for long.
fn pool_options(health: &Health) -> PgPoolOptions {
    let before = health.clone();
    PgPoolOptions::new()
        .max_connections(8)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .before_acquire(move |connection, idle| {
            // After a failure, it is closed without a ping, for which a machine that is gone would let us wait.
            let is_doubtful = before.is_doubtful(idle.idle_for);
            Box::pin(async move {
                Ok(match idle.idle_for < IDLE_BEFORE_PING {
                    _ if is_doubtful => false,
                    true => true,
                    false => timeout(PING_LIMIT, connection.ping())
                        .await
                        .is_ok_and(|pong| pong.is_ok()),
                })
            })
        })
}

/// The time that is this many microseconds after 1970.
fn time(micros: i64) -> SystemTime {
    let since = Duration::from_micros(u64::try_from(micros).unwrap_or_default());
    UNIX_EPOCH.checked_add(since).unwrap_or(UNIX_EPOCH)
}
