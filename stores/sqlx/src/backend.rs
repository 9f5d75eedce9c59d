//! What SQLite and Postgres do differently, and how a statement runs on either.

use std::time::SystemTime;

use sqlx::{AssertSqlSafe, Database, Pool, Transaction};

use crate::statements::Dialect;

/// A value of a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Bytes(&'a [u8]),
    Number(i64),
    NumberOrNull(Option<i64>),
}

/// A kind of database. All its methods but the first two are the same for every kind, and `statements!` writes them: in
/// generic code their bounds would stand at every function.
pub(crate) trait Backend: Database {
    const DIALECT: Dialect;

    /// Whether a connection is closed when a call on it was given up.
    const CLOSES: bool;

    /// The time of all instances.
    fn now(
        connection: &mut Self::Connection,
    ) -> impl Future<Output = Result<SystemTime, sqlx::Error>> + Send;

    /// Begins the transaction in which tables are made: one at a time.
    fn begin_alone(
        pool: &Pool<Self>,
    ) -> impl Future<Output = Result<Transaction<'static, Self>, sqlx::Error>> + Send;

    /// Gives the number of rows that were changed.
    fn execute(
        connection: &mut Self::Connection,
        statement: &str,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<u64, sqlx::Error>> + Send;

    fn fetch_all(
        connection: &mut Self::Connection,
        statement: &str,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Vec<Self::Row>, sqlx::Error>> + Send;

    fn fetch_optional(
        connection: &mut Self::Connection,
        statement: &str,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Option<Self::Row>, sqlx::Error>> + Send;

    fn text(row: &Self::Row, column: usize) -> Result<String, sqlx::Error>;

    fn bytes(row: &Self::Row, column: usize) -> Result<Vec<u8>, sqlx::Error>;

    fn number(row: &Self::Row, column: usize) -> Result<i64, sqlx::Error>;
}

/// A statement: its text was made of a checked prefix and of nothing else.
pub(crate) fn sql(statement: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(statement.to_owned())
}

/// The methods of a [`Backend`] that run statements and read their rows.
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
