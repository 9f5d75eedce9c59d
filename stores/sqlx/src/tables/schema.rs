//! Creating the tables, and checking that they are those of this program.

use crate::backend::{Backend, Value};
use crate::error::SqlSetupError;
use crate::failure::unusable;
use crate::statements::VERSION;
use crate::tables::Tables;

impl<DB: Backend> Tables<DB> {
    /// Creates the tables where they are missing, then checks them. If they have the version of this program already, nothing is
    /// created or locked: `CREATE INDEX IF NOT EXISTS` waits for everybody who writes, and those who come after wait for it.
    ///
    /// Everything is created in one transaction, and by one caller at a time. Tables of a newer program are left as they are.
    pub(crate) async fn migrate(&self) -> Result<(), SqlSetupError> {
        match self.check().await {
            Err(SqlSetupError::NotMigrated) => {}
            checked => return checked,
        }
        let made = self.try_migrate().await;
        made.map_err(|error| SqlSetupError::Migration(error.into()))?;
        self.check().await
    }

    async fn try_migrate(&self) -> Result<(), sqlx::Error> {
        let statements = &self.statements;
        let mut transaction = DB::begin_migration(&self.pool).await?;
        DB::execute(&mut transaction, &statements.schema, &[]).await?;
        let found = self.version(&mut transaction).await?;
        if found.is_some_and(|found| found > VERSION) {
            // The check that follows reports it.
            return Ok(());
        }
        for table in &statements.tables {
            DB::execute(&mut transaction, table, &[]).await?;
        }
        let values = [Value::Number(VERSION)];
        DB::execute(&mut transaction, &statements.set_version, &values).await?;
        transaction.commit().await
    }

    /// The version of the tables, if one was stored.
    async fn version(&self, connection: &mut DB::Connection) -> Result<Option<i64>, sqlx::Error> {
        let found = DB::fetch_optional(connection, &self.statements.version, &[]).await?;
        found.map(|row| DB::number(&row, 0)).transpose()
    }

    /// Checks that the tables have the version of this program and that they can be written to, and that no pooler mixes up statements.
    pub(crate) async fn check(&self) -> Result<(), SqlSetupError> {
        if DB::is_mixed(&self.pool).await.map_err(unusable)? {
            return Err(SqlSetupError::Pooler);
        }
        let mut connection = self.pool.acquire().await.map_err(unusable)?;
        match self.version(&mut connection).await.map_err(unusable)? {
            Some(VERSION) => {}
            Some(found) => {
                let known = VERSION;
                return Err(SqlSetupError::Newer { found, known });
            }
            None => return Err(SqlSetupError::NotMigrated),
        }
        let touched = DB::execute(&mut connection, &self.statements.touch, &[]).await;
        touched.map_err(unusable)?;
        Ok(())
    }
}
