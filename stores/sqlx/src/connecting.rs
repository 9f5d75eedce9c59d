//! A connection that is about to be made.

use std::fmt;
use std::marker::PhantomData;

/// A store that is about to be opened: await it. Nothing happens before.
///
/// Awaiting connects, and then either checks the tables or, after [`migrate`](Self::migrate), creates them first. A store that
/// comes out of it has answered and accepted a write: whatever is wrong with the database is a
/// [`SqlSetupError`](crate::SqlSetupError) here, and not an error of the first request.
///
/// # Examples
///
/// The app creates its tables, at every start:
///
/// ```
/// use threelo_sqlx::SqliteStore;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), threelo_sqlx::SqlSetupError> {
/// let store = SqliteStore::connect("sqlite::memory:").migrate().await?;
/// # Ok(())
/// # }
/// ```
///
/// An operator has created them, with a user that is allowed to:
///
/// ```no_run
/// # async fn start(url: &str) -> Result<(), threelo_sqlx::SqlSetupError> {
/// # use threelo_sqlx::SqliteStore;
/// let store = SqliteStore::connect(url).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is connected until it is awaited"]
pub struct Connecting<'a, S> {
    pub(crate) url: &'a str,
    pub(crate) prefix: &'a str,
    pub(crate) migrates: bool,
    store: PhantomData<fn() -> S>,
}

/// Without its address, which may hold a password.
impl<S> fmt::Debug for Connecting<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connecting")
            .field("prefix", &self.prefix)
            .field("migrates", &self.migrates)
            .finish_non_exhaustive()
    }
}

impl<'a, S> Connecting<'a, S> {
    /// Keeps what the store will be opened with; nothing is checked yet.
    pub(crate) fn new(url: &'a str, prefix: &'a str) -> Self {
        Self {
            url,
            prefix,
            migrates: false,
            store: PhantomData,
        }
    }

    /// Creates the tables where they are missing, before they are checked.
    ///
    /// Several processes may do so concurrently: one creates the tables in a transaction, the others wait for it. Where
    /// they are current, nothing is created or locked, and the user needs no right to create tables.
    pub fn migrate(self) -> Self {
        Self {
            migrates: true,
            ..self
        }
    }
}
