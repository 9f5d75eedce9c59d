//! What both stores do alike.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use threelo::store::{Replaced, StoreError, StoredRow, Version};
use tokio::time::{Instant, timeout};

use crate::SetupError;

/// What is not written again for this long is no lease any more.
pub(crate) const LEASE_MEMORY: Duration = Duration::from_secs(3600);

/// A call of the database takes at most this long, the wait for a connection included.
const DEADLINE: Duration = Duration::from_secs(5);

/// How a database's answers have been.
///
/// Connections are taken from the pool without a look at them, which would cost a trip each time. Once one has failed, those
/// that were idle since then are not used any more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Health(Arc<Mutex<Option<Instant>>>);

impl Health {
    /// Whether something failed in this last while.
    pub(crate) fn is_doubtful(&self, last: Duration) -> bool {
        let failed_at = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed_at.is_some_and(|at| at.elapsed() <= last)
    }

    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// A call of the database, which ends in time.
    pub(crate) async fn watch<T>(
        &self,
        call: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        let outcome = timeout(DEADLINE, call).await;
        let outcome = outcome.unwrap_or(Err(sqlx::Error::PoolTimedOut));
        if let Err(error) = &outcome
            && (is_cut(error) || matches!(error, sqlx::Error::PoolTimedOut))
        {
            self.note();
        }
        outcome
    }
}

/// Whether the connection is gone: by itself, because the server ends (`57P01` to `57P03`), or because it leads to a server
/// that became a standby (`25006`).
pub(crate) fn is_cut(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error
            .code()
            .is_some_and(|code| code.starts_with("57P0") || code == "25006"),
        _ => false,
    }
}

/// Whether a table is missing.
pub(crate) fn is_not_migrated(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| {
        error.code().is_some_and(|code| code == "42P01")
            || error.message().starts_with("no such table")
    })
}

/// Why the database cannot be used, as it said at start-up.
pub(crate) fn unusable(error: sqlx::Error) -> SetupError {
    if is_not_migrated(&error) {
        SetupError::NotMigrated
    } else if is_read_only(&error) {
        SetupError::ReadOnly(error.into())
    } else {
        SetupError::Unreachable(error.into())
    }
}

/// Whether writing is refused: to everybody (`25006`, and the kind 8 of SQLite's codes) or to this user (`42501`).
fn is_read_only(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| {
        code == "25006" || code == "42501" || code.parse::<u32>().is_ok_and(|code| code & 0xff == 8)
    })
}

/// The tables: whether they are those of this program, and how they are made.
macro_rules! schema {
    ($store:ident) => {
        impl $store {
            /// Makes the tables, or finds them as they should be. May be called at every start, by several processes at once.
            ///
            /// # Errors
            ///
            /// [`SetupError::Migration`], [`SetupError::Newer`].
            pub async fn migrate(&self) -> Result<(), SetupError> {
                let made = async {
                    // Nobody else makes tables until it is done.
                    let mut transaction = self.begin_alone().await?;
                    if let Some((found,)) = self.known_version(&mut transaction).await?
                        && found > VERSION
                    {
                        // Left as they are.
                        return Ok(());
                    }
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
                };
                made.await
                    .map_err(|error: sqlx::Error| SetupError::Migration(error.into()))?;
                self.check().await
            }

            async fn known_version(
                &self,
                connection: &mut Connection,
            ) -> Result<Option<(i64,)>, sqlx::Error> {
                sqlx::query(self.sql(&self.statements.schema))
                    .execute(&mut *connection)
                    .await?;
                sqlx::query_as(self.sql(&self.statements.version))
                    .fetch_optional(connection)
                    .await
            }

            /// Finds the tables as they should be, and writable; [`connect`](Self::connect) has done so.
            ///
            /// # Errors
            ///
            /// [`SetupError::NotMigrated`], [`SetupError::Newer`], [`SetupError::ReadOnly`].
            pub async fn check(&self) -> Result<(), SetupError> {
                let found: Result<Option<(i64,)>, _> =
                    sqlx::query_as(self.sql(&self.statements.version))
                        .fetch_optional(&self.pool)
                        .await;
                match found.map_err(unusable)? {
                    Some((VERSION,)) => {}
                    Some((found,)) => {
                        let known = VERSION;
                        return Err(SetupError::Newer { found, known });
                    }
                    None => return Err(SetupError::NotMigrated),
                }
                sqlx::query(self.sql(&self.statements.touch))
                    .execute(&self.pool)
                    .await
                    .map_err(unusable)?;
                Ok(())
            }
        }
    };
}

/// An address without what may be a password.
pub(crate) fn shown(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default();
    match url.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => url.to_owned(),
    }
}

/// A failure of the database, as threelo knows it.
pub(crate) fn failed(error: sqlx::Error) -> StoreError {
    if is_not_migrated(&error) {
        return StoreError::Failed(Box::new(SetupError::NotMigrated));
    }
    StoreError::Failed(Box::new(error))
}

pub(crate) fn replaced_if(done: bool) -> Replaced {
    if done {
        Replaced::Done
    } else {
        Replaced::Conflict
    }
}

/// Versions count from 1 and never reach the half of what fits.
pub(crate) fn version_of(version: Version) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

pub(crate) fn stored((key, version, sealed): (String, i64, Vec<u8>)) -> StoredRow {
    StoredRow {
        key,
        version: u64::try_from(version).unwrap_or_default(),
        sealed,
    }
}
