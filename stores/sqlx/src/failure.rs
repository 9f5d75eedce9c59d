//! What an error of the database means.
//!
//! Codes of five characters are those of Postgres (`SQLSTATE`). SQLite's codes are numbers whose last byte is the kind.

use threelo::store::StoreError;

use crate::error::SqlSetupError;

/// Whether the connection is unusable: because it broke, because the server shuts down (`57P01` to `57P03`), or because it
/// leads to a server that has become a standby (`25006`).
pub(crate) fn is_cut(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error
            .code()
            .is_some_and(|code| code.starts_with("57P0") || code == "25006"),
        _ => false,
    }
}

/// Whether the transaction was rolled back for the sake of another one, so that it can be repeated (`40001`, `40P01`).
pub(crate) fn is_rolled_back(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == "40001" || code == "40P01")
}

/// Whether a table is missing.
fn is_not_migrated(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| {
        error.code().is_some_and(|code| code == "42P01")
            || error.message().starts_with("no such table")
    })
}

/// Whether the database refuses writes: from everyone (`25006`, and kind 8 in SQLite), or from this user (`42501`).
fn is_read_only(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| {
        code == "25006" || code == "42501" || code.parse::<u32>().is_ok_and(|code| code & 0xff == 8)
    })
}

/// What an error at start-up means for the operator. Whatever is not a missing table or a refused write counts as
/// [`SqlSetupError::Unreachable`].
pub(crate) fn unusable(error: sqlx::Error) -> SqlSetupError {
    if is_not_migrated(&error) {
        SqlSetupError::NotMigrated
    } else if is_read_only(&error) {
        SqlSetupError::ReadOnly(error.into())
    } else {
        SqlSetupError::Unreachable(error.into())
    }
}

/// An error of a call, as threelo expects it. Missing tables get the error that says what to do; any other cause is the
/// [`sqlx::Error`] itself.
pub(crate) fn failed(error: sqlx::Error) -> StoreError {
    if is_not_migrated(&error) {
        return StoreError::Failed(Box::new(SqlSetupError::NotMigrated));
    }
    StoreError::Failed(Box::new(error))
}
