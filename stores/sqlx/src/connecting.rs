//! A store that is being connected to.

use std::marker::PhantomData;

/// A store to be: await it. What is wrong with the database is an error here and not at the first visitor.
///
/// ```no_run
/// # async fn start(url: &str) -> Result<(), threelo_sqlx::SetupError> {
/// # use threelo_sqlx::SqliteStore;
/// // The app makes the tables, at every start:
/// let store = SqliteStore::connect(url).migrate().await?;
/// // An operator has made them, with a user who may:
/// let store = SqliteStore::connect(url).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is connected until it is awaited"]
pub struct Connecting<'a, S> {
    pub(crate) url: &'a str,
    pub(crate) prefix: &'a str,
    pub(crate) migrates: bool,
    store: PhantomData<fn() -> S>,
}

impl<'a, S> Connecting<'a, S> {
    pub(crate) fn new(url: &'a str, prefix: &'a str) -> Self {
        Self {
            url,
            prefix,
            migrates: false,
            store: PhantomData,
        }
    }

    /// Makes the tables, or finds them as they should be. Several processes may do so at once.
    pub fn migrate(self) -> Self {
        Self {
            migrates: true,
            ..self
        }
    }
}
