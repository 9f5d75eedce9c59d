//! What a failure of the database means.

use threelo::store::StoreError;

use crate::error::SetupError;

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
fn is_not_migrated(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| {
        error.code().is_some_and(|code| code == "42P01")
            || error.message().starts_with("no such table")
    })
}

/// Whether writing is refused: to everybody (`25006`, and the kind 8 of SQLite's codes) or to this user (`42501`).
fn is_read_only(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| {
        code == "25006" || code == "42501" || code.parse::<u32>().is_ok_and(|code| code & 0xff == 8)
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

/// A failure of the database, as threelo knows it.
pub(crate) fn failed(error: sqlx::Error) -> StoreError {
    if is_not_migrated(&error) {
        return StoreError::Failed(Box::new(SetupError::NotMigrated));
    }
    StoreError::Failed(Box::new(error))
}
