//! Creating the tables, bringing them up to date, and checking that this program can use them.

use crate::backend::{Backend, Value};
use crate::error::SqlSetupError;
use crate::failure::unusable;
use crate::tables::Tables;

impl<DB: Backend> Tables<DB> {
    /// Makes the steps that are missing, then checks the tables. If there is none to make, nothing is created or locked:
    /// `CREATE INDEX IF NOT EXISTS` waits for everybody who writes, and those who come after wait for it.
    ///
    /// All is done in one transaction, and by one caller at a time. Tables that only newer programs can use are left as they are.
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
        let schema = &self.schema;
        let mut transaction = DB::begin_migration(&self.pool).await?;
        DB::execute(&mut transaction, &schema.create_schema, &[]).await?;
        let found = self.version(&mut transaction).await?;
        if found.is_some_and(|found| found > schema.known) {
            // The check that follows reports it.
            return Ok(());
        }
        DB::execute(&mut transaction, &schema.create_steps, &[]).await?;
        let noted = self.last_step(&mut transaction).await?;
        // The first program noted a version only.
        let made = noted.max(i64::from(found.is_some()));
        for (number, step) in (1..).zip(&schema.steps) {
            if number > made {
                for statement in &step.statements {
                    DB::execute(&mut transaction, statement, &[]).await?;
                }
                let version = [Value::Number(step.version)];
                DB::execute(&mut transaction, &schema.set_version, &version).await?;
            }
            if number > noted {
                let step = [Value::Number(number)];
                DB::execute(&mut transaction, &schema.add_step, &step).await?;
            }
        }
        transaction.commit().await
    }

    /// The version of the tables, if one was stored.
    async fn version(&self, connection: &mut DB::Connection) -> Result<Option<i64>, sqlx::Error> {
        let found = DB::fetch_optional(connection, &self.schema.version, &[]).await?;
        found.map(|row| DB::number(&row, 0)).transpose()
    }

    /// The number of the last step that was noted, or 0.
    async fn last_step(&self, connection: &mut DB::Connection) -> Result<i64, sqlx::Error> {
        let found = DB::fetch_optional(connection, &self.schema.last_step, &[]).await?;
        found.map_or(Ok(0), |row| DB::number(&row, 0))
    }

    /// Checks that this program can use the tables, that it can write to them, and that no pooler mixes up statements.
    pub(crate) async fn check(&self) -> Result<(), SqlSetupError> {
        if DB::is_mixed(&self.pool).await.map_err(unusable)? {
            return Err(SqlSetupError::Pooler);
        }
        let mut connection = self.pool.acquire().await.map_err(unusable)?;
        let found = self.version(&mut connection).await.map_err(unusable)?;
        let found = found.ok_or(SqlSetupError::NotMigrated)?;
        let known = self.schema.known;
        if found > known {
            return Err(SqlSetupError::Newer { found, known });
        }
        let made = self.last_step(&mut connection).await.map_err(unusable)?;
        if made < self.schema.needed() {
            return Err(SqlSetupError::NotMigrated);
        }
        let touched = DB::execute(&mut connection, &self.statements.touch, &[]).await;
        touched.map_err(unusable)?;
        Ok(())
    }
}
