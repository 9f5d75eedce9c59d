//! What can be wrong at start-up, with what to do.

/// What the database said.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a store cannot be used. Its `Debug` is its `Display`, because that is what `main` prints.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The address is none of this database.
    #[error(
        "{0:?} is no address of this kind: give sqlite:path/to/file.db or postgres://user:password@host/database"
    )]
    Address(String),
    /// The prefix cannot stand before names of tables.
    #[error(
        "the table prefix {0:?} is not 1 to 32 lower-case letters, digits and _, beginning with a letter"
    )]
    Prefix(String),
    /// The database cannot be reached, or does not let us in.
    #[error("the database cannot be used: check its address, user, password and that it runs")]
    Unreachable(#[source] Cause),
    /// It takes no writes.
    #[error(
        "the database takes no writes: give the address of the primary or a file that may be written, and a user who may \
         change rows"
    )]
    ReadOnly(#[source] Cause),
    /// The tables cannot be made.
    #[error(
        "the tables cannot be made: the user must be allowed to create them, and the database must not be read-only"
    )]
    Migration(#[source] Cause),
    /// The tables are of a newer program.
    #[error("the tables have version {found}, and this program knows {known}: update the program")]
    Newer {
        /// What is there.
        found: i64,
        /// What this program knows.
        known: i64,
    },
    /// The tables are not there.
    #[error(
        "the tables are missing: call migrate() at start-up, as in connect(url).migrate(), or let an operator do it"
    )]
    NotMigrated,
}

impl SetupError {
    /// An address of another kind, without what may be a password.
    pub(crate) fn address(url: &str) -> Self {
        let url = url.split('?').next().unwrap_or_default();
        Self::Address(match url.rsplit_once('@') {
            Some((_, host)) => format!("…@{host}"),
            None => url.to_owned(),
        })
    }
}

impl std::fmt::Debug for SetupError {
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
