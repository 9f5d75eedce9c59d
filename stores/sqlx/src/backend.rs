//! What SQLite and Postgres do differently, and how a statement runs on either of them.
//!
//! Everything above this module is written once, in [`Tables`](crate::tables::Tables), and is generic over [`Backend`].

use std::time::SystemTime;

use sqlx::{AssertSqlSafe, Database, Pool, Transaction};

use crate::statements::Dialect;

/// A value that is bound to a statement, in the order of its placeholders.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    /// For a text column.
    Text(&'a str),
    /// For sealed content and lease slots.
    Bytes(&'a [u8]),
    /// For versions, times and limits.
    Number(i64),
    /// For the end of a row, which a grant does not have.
    NumberOrNull(Option<i64>),
}

/// A database that the tables can be kept in.
///
/// [`now`](Self::now) and [`begin_migration`](Self::begin_migration) differ between the databases. The other methods are the
/// same for both, and `statements!` writes them: in generic code, each function would have to repeat the bounds of `sqlx`.
pub(crate) trait Backend: Database {
    /// The parts of the SQL text that differ.
    const DIALECT: Dialect;

    /// Whether a connection on which a call was cancelled, by a timeout or by a caller that hangs up, must answer before the next
    /// call uses it.
    const DRAIN_CANCELLED: bool;

    /// The time that all instances agree on; leases are measured by it.
    fn now(
        connection: &mut Self::Connection,
    ) -> impl Future<Output = Result<SystemTime, sqlx::Error>> + Send;

    /// Whether there is a pooler in between on which the statements of different clients get mixed up.
    fn is_mixed(pool: &Pool<Self>) -> impl Future<Output = Result<bool, sqlx::Error>> + Send;

    /// Begins a transaction that creates tables; another one waits until this one has ended.
    fn begin_migration(
        pool: &Pool<Self>,
    ) -> impl Future<Output = Result<Transaction<'static, Self>, sqlx::Error>> + Send;

    /// Runs a statement and returns the number of rows that it changed.
    fn execute(
        connection: &mut Self::Connection,
        statement: &str,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<u64, sqlx::Error>> + Send;

    /// Runs a query and returns all its rows.
    fn fetch_all(
        connection: &mut Self::Connection,
        statement: &str,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Vec<Self::Row>, sqlx::Error>> + Send;

    /// Runs a query and returns its first row, if there is one.
    fn fetch_optional(
        connection: &mut Self::Connection,
        statement: &str,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Option<Self::Row>, sqlx::Error>> + Send;

    /// The text in a column, counted from 0.
    fn text(row: &Self::Row, column: usize) -> Result<String, sqlx::Error>;

    /// The bytes in a column, counted from 0.
    fn bytes(row: &Self::Row, column: usize) -> Result<Vec<u8>, sqlx::Error>;

    /// The number in a column, counted from 0.
    fn number(row: &Self::Row, column: usize) -> Result<i64, sqlx::Error>;
}

/// A statement for `sqlx`. Its text consists of constants and of a checked [`Prefix`](crate::prefix::Prefix); values are always
/// bound.
pub(crate) fn sql(statement: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(statement.to_owned())
}

/// Writes the methods of a [`Backend`] that run statements and read their rows.
macro_rules! statements {
    () => {
        async fn execute(
            connection: &mut Self::Connection,
            statement: &str,
            values: &[$crate::backend::Value<'_>],
        ) -> Result<u64, sqlx::Error> {
            let query = statements!(@bound statement, values);
            Ok(query.execute(connection).await?.rows_affected())
        }

        async fn fetch_all(
            connection: &mut Self::Connection,
            statement: &str,
            values: &[$crate::backend::Value<'_>],
        ) -> Result<Vec<Self::Row>, sqlx::Error> {
            statements!(@bound statement, values).fetch_all(connection).await
        }

        async fn fetch_optional(
            connection: &mut Self::Connection,
            statement: &str,
            values: &[$crate::backend::Value<'_>],
        ) -> Result<Option<Self::Row>, sqlx::Error> {
            statements!(@bound statement, values).fetch_optional(connection).await
        }

        fn text(row: &Self::Row, column: usize) -> Result<String, sqlx::Error> {
            sqlx::Row::try_get(row, column)
        }

        fn bytes(row: &Self::Row, column: usize) -> Result<Vec<u8>, sqlx::Error> {
            sqlx::Row::try_get(row, column)
        }

        fn number(row: &Self::Row, column: usize) -> Result<i64, sqlx::Error> {
            sqlx::Row::try_get(row, column)
        }
    };
    (@bound $statement:ident, $values:ident) => {{
        let query = sqlx::query($crate::backend::sql($statement));
        $values.iter().fold(query, |query, value| match *value {
            $crate::backend::Value::Text(text) => query.bind(text),
            $crate::backend::Value::Bytes(bytes) => query.bind(bytes),
            $crate::backend::Value::Number(number) => query.bind(number),
            $crate::backend::Value::NumberOrNull(number) => query.bind(number),
        })
    }};
}
