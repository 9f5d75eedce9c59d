//! What both stores do alike.

use std::time::Duration;

use threelo::store::{Replaced, StoreError, StoredRow, Version};

/// What is not written again for this long is no lease any more.
pub(crate) const LEASE_MEMORY: Duration = Duration::from_secs(3600);

/// Tells whether the tables are those of this program.
macro_rules! check_version {
    ($store:ident) => {
        impl $store {
            /// Finds the tables as they should be, for who lets an operator make them.
            ///
            /// # Errors
            ///
            /// [`SetupError::NotMigrated`], [`SetupError::Newer`].
            pub async fn check(&self) -> Result<(), SetupError> {
                let found: Result<Option<(i64,)>, _> =
                    sqlx::query_as(self.sql(&self.statements.version))
                        .fetch_optional(&self.pool)
                        .await;
                match found {
                    Ok(Some((VERSION,))) => Ok(()),
                    Ok(Some((found,))) => Err(SetupError::Newer {
                        found,
                        known: VERSION,
                    }),
                    Ok(None) | Err(sqlx::Error::Database(_)) => Err(SetupError::NotMigrated),
                    Err(error) => Err(SetupError::Unreachable(error)),
                }
            }
        }
    };
}

/// A failure of the database, as threelo knows it.
pub(crate) fn failed(error: sqlx::Error) -> StoreError {
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
