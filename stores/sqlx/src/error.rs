//! What can be wrong at start-up, and what to do.

/// What the database or its driver said.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a store cannot be used.
///
/// The text says what to do; the cause, if there is one, is the `source`. `Debug` prints the text and all causes in one line,
/// because that is what a `main` that returns an error prints. No text contains a password.
///
/// # Examples
///
/// ```
/// use threelo_sqlx::{SqlSetupError, SqliteStore};
///
/// # #[tokio::main]
/// # async fn main() {
/// // A new database without `migrate()`:
/// let error = SqliteStore::connect("sqlite::memory:").await.unwrap_err();
///
/// assert!(matches!(error, SqlSetupError::NotMigrated));
/// assert!(error.to_string().contains("call migrate() at start-up"));
/// # }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum SqlSetupError {
    /// The address is not one of this kind of database. It is shown without user, password and parameters.
    #[error(
        "{0:?} is not an address of this kind of database: give sqlite:path/to/file.db or postgres://user:password@host/database"
    )]
    Address(String),
    /// The prefix cannot be part of a table's name.
    #[error(
        "the table prefix {0:?} is not 1 to 32 lower-case letters, digits and _, beginning with a letter"
    )]
    Prefix(String),
    /// The database cannot be reached, or refuses this user. Also any error for which there is no other variant.
    #[error(
        "the database cannot be used: check its address, user, password, and that it is running"
    )]
    Unreachable(#[source] Cause),
    /// SQLite: the file cannot be opened or created.
    #[error(
        "the SQLite file {path:?} cannot be opened or created: its folder must exist, and this program must be allowed to write \
         there"
    )]
    File {
        /// The path, as the address has it.
        path: String,
        /// What SQLite says.
        source: Cause,
    },
    /// The database can be read, but not written to: it is a standby, the file is read-only, or the user may not change rows.
    #[error(
        "the database accepts no writes: give the address of the primary or a writable file, and a user that may change rows"
    )]
    ReadOnly(#[source] Cause),
    /// The address leads to a pooler that lends a connection for one transaction only, as PgBouncer does with
    /// `pool_mode = transaction`. Prepared statements of different clients would get mixed up.
    #[error(
        "the address leads to a pooler that lends connections for one transaction only: give the address of Postgres itself, or \
         of a pooler in session mode"
    )]
    Pooler,
    /// The tables could not be created. They are created in one transaction, so there are all of them or none.
    #[error(
        "the tables cannot be created: the user must be allowed to create them, and the database must not be read-only"
    )]
    Migration(#[source] Cause),
    /// The tables were changed by a newer version of this crate in such a way that this one cannot use them. They are left as they
    /// are.
    #[error(
        "the tables have version {found}, but this program knows version {known}: update the program"
    )]
    Newer {
        /// The version of the tables.
        found: i64,
        /// The newest version that this program can use.
        known: i64,
    },
    /// The tables do not exist, or lack what a newer version of this crate added to them. Calls on a store from a pool that was neither migrated nor checked also fail with it: it is the
    /// source of their `StoreError`.
    #[error(
        "the tables are missing or older than this program: call migrate() at start-up, as in connect(url).migrate(), or have an operator do it"
    )]
    NotMigrated,
}

impl SqlSetupError {
    /// An address of another kind, without anything that may be a password.
    pub(crate) fn address(url: &str) -> Self {
        let url = url.split('?').next().unwrap_or_default();
        Self::Address(match url.rsplit_once('@') {
            Some((_, host)) => format!("…@{host}"),
            None => url.to_owned(),
        })
    }
}

/// Prints the text and the texts of all causes, separated by colons.
impl std::fmt::Debug for SqlSetupError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut error: Option<&dyn std::error::Error> = Some(self);
        while let Some(cause) = error {
            write!(f, "{cause}")?;
            error = cause.source();
            if error.is_some() {
                f.write_str(": ")?;
            }
        }
        Ok(())
    }
}
