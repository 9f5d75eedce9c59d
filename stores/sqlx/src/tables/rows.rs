//! Sessions and grants as rows.
//!
//! A grant and its subjects are written in one transaction. A session has no subjects, so a single statement replaces it. The
//! version is compared in the statement that writes, never before it.

use sqlx::Connection as _;
use threelo::store::{Inserted, OwnerPage, Replaced, Row, RowKind, StoreError, StoredRow, Version};

use crate::backend::{Backend, Value};
use crate::failure::failed;
use crate::statements::micros;
use crate::tables::{Tables, replaced_if};

impl<DB: Backend> Tables<DB> {
    /// Inserts a row with its subjects, unless its key exists.
    pub(crate) async fn insert(&self, row: &Row) -> Result<Inserted, StoreError> {
        self.call(|| async {
            let mut lent = self.lend().await?;
            let outcome = self.try_insert(&mut lent, row).await;
            lent.end(outcome)
        })
        .await
    }

    async fn try_insert(
        &self,
        connection: &mut DB::Connection,
        row: &Row,
    ) -> Result<Inserted, sqlx::Error> {
        let mut transaction = connection.begin().await?;
        let values = [
            Value::Text(row.kind.as_str()),
            Value::Text(&row.key),
            Value::Number(number_of(row.version)),
            Value::Text(&row.owner),
            Value::NumberOrNull(row.ends_at.map(micros)),
            Value::Bytes(&row.sealed),
        ];
        if DB::execute(&mut transaction, &self.statements.insert, &values).await? == 0 {
            return Ok(Inserted::Exists);
        }
        if !row.subjects.is_empty() {
            self.set_subjects(&mut transaction, row).await?;
        }
        transaction.commit().await?;
        Ok(Inserted::Done)
    }

    /// Reads the row under a key: one statement, one round trip.
    pub(crate) async fn load(
        &self,
        kind: RowKind,
        key: &str,
    ) -> Result<Option<StoredRow>, StoreError> {
        let values = [Value::Text(kind.as_str()), Value::Text(key)];
        let found = self.read(|| async {
            let mut lent = self.lend().await?;
            let found = DB::fetch_optional(&mut lent, &self.statements.load, &values).await;
            lent.end(found)
        });
        let found = found.await?.as_ref().map(stored::<DB>);
        found.transpose().map_err(failed)
    }

    /// Replaces a row, provided that its version is `expected`. A grant's subjects are replaced with it.
    pub(crate) async fn replace(
        &self,
        expected: Version,
        row: &Row,
    ) -> Result<Replaced, StoreError> {
        self.call(|| async {
            let mut lent = self.lend().await?;
            let outcome = self.try_replace(&mut lent, expected, row).await;
            lent.end(outcome)
        })
        .await
    }

    async fn try_replace(
        &self,
        connection: &mut DB::Connection,
        expected: Version,
        row: &Row,
    ) -> Result<Replaced, sqlx::Error> {
        // A session has no subjects: one statement, one round trip.
        if row.kind == RowKind::Session {
            return self.replace_row(connection, expected, row).await;
        }
        let mut transaction = connection.begin().await?;
        if self.replace_row(&mut transaction, expected, row).await? == Replaced::Conflict {
            return Ok(Replaced::Conflict);
        }
        self.set_subjects(&mut transaction, row).await?;
        transaction.commit().await?;
        Ok(Replaced::Done)
    }

    async fn replace_row(
        &self,
        connection: &mut DB::Connection,
        expected: Version,
        row: &Row,
    ) -> Result<Replaced, sqlx::Error> {
        let values = [
            Value::Number(number_of(row.version)),
            Value::Text(&row.owner),
            Value::NumberOrNull(row.ends_at.map(micros)),
            Value::Bytes(&row.sealed),
            Value::Text(row.kind.as_str()),
            Value::Text(&row.key),
            Value::Number(number_of(expected)),
        ];
        let replaced = DB::execute(connection, &self.statements.replace, &values).await?;
        Ok(replaced_if(replaced))
    }

    /// Deletes a row with its subjects, whatever its version or provided that it is `expected`.
    pub(crate) async fn delete(
        &self,
        kind: RowKind,
        key: &str,
        expected: Option<Version>,
    ) -> Result<Replaced, StoreError> {
        self.call(|| async {
            let mut lent = self.lend().await?;
            let outcome = self.try_delete(&mut lent, kind, key, expected).await;
            lent.end(outcome)
        })
        .await
    }

    async fn try_delete(
        &self,
        connection: &mut DB::Connection,
        kind: RowKind,
        key: &str,
        expected: Option<Version>,
    ) -> Result<Replaced, sqlx::Error> {
        let statements = &self.statements;
        let mut transaction = connection.begin().await?;
        let (row, key) = (Value::Text(kind.as_str()), Value::Text(key));
        let deleted = match expected.map(number_of) {
            Some(expected) => {
                let values = [row, key, Value::Number(expected)];
                DB::execute(&mut transaction, &statements.delete_if, &values).await?
            }
            None => DB::execute(&mut transaction, &statements.delete, &[row, key]).await?,
        };
        if deleted > 0 && kind == RowKind::Grant {
            DB::execute(&mut transaction, &statements.drop_subjects, &[key]).await?;
        }
        transaction.commit().await?;
        Ok(replaced_if(deleted))
    }

    /// Reads all rows of an owner, in no order.
    pub(crate) async fn of_owner(
        &self,
        kind: RowKind,
        owner: &str,
    ) -> Result<Vec<StoredRow>, StoreError> {
        let values = [Value::Text(kind.as_str()), Value::Text(owner)];
        let found = self.fetch(&self.statements.of_owner, &values).await?;
        all_stored::<DB>(&found)
    }

    /// Reads all grants with a subject, in no order.
    pub(crate) async fn of_subject(&self, subject: &str) -> Result<Vec<StoredRow>, StoreError> {
        let values = [Value::Text(subject)];
        let found = self.fetch(&self.statements.of_subject, &values).await?;
        all_stored::<DB>(&found)
    }

    async fn fetch(
        &self,
        statement: &str,
        values: &[Value<'_>],
    ) -> Result<Vec<DB::Row>, StoreError> {
        self.read(|| async {
            let mut lent = self.lend().await?;
            let found = DB::fetch_all(&mut lent, statement, values).await;
            lent.end(found)
        })
        .await
    }

    /// Deletes all rows of an owner with their subjects, in one transaction; returns how many rows that were.
    pub(crate) async fn delete_of(&self, kind: RowKind, owner: &str) -> Result<u64, StoreError> {
        self.call(|| async {
            let mut lent = self.lend().await?;
            let outcome = self.try_delete_of(&mut lent, kind, owner).await;
            lent.end(outcome)
        })
        .await
    }

    async fn try_delete_of(
        &self,
        connection: &mut DB::Connection,
        kind: RowKind,
        owner: &str,
    ) -> Result<u64, sqlx::Error> {
        let statements = &self.statements;
        let mut transaction = connection.begin().await?;
        let values = [Value::Text(kind.as_str()), Value::Text(owner)];
        let deleted = DB::fetch_all(&mut transaction, &statements.delete_of, &values).await?;
        // Rows before subjects: `replace` locks them in this order, too.
        if kind == RowKind::Grant {
            let keys: Result<Vec<String>, _> = deleted.iter().map(|row| DB::text(row, 0)).collect();
            let keys = json(&keys?)?;
            let values = [Value::Text(&keys)];
            DB::execute(&mut transaction, &statements.drop_subjects_of_rows, &values).await?;
        }
        transaction.commit().await?;
        Ok(u64::try_from(deleted.len()).unwrap_or(u64::MAX))
    }

    /// Reads a page of the owners of grants.
    pub(crate) async fn owners(&self, page: &OwnerPage<'_>) -> Result<Vec<String>, StoreError> {
        self.page(&self.statements.owners, page).await
    }

    /// Reads a page of the keys of lease slots.
    pub(crate) async fn leases(&self, page: &OwnerPage<'_>) -> Result<Vec<String>, StoreError> {
        self.page(&self.statements.leases, page).await
    }

    /// Runs a statement that selects a page of one column.
    async fn page(&self, statement: &str, page: &OwnerPage<'_>) -> Result<Vec<String>, StoreError> {
        // All texts are printable ASCII, so this sorts after everything that begins with the prefix.
        let end = format!("{}\u{7f}", page.prefix);
        let values = [
            Value::Text(page.prefix),
            Value::Text(&end),
            Value::Text(page.after.unwrap_or("")),
            Value::Number(i64::try_from(page.limit).unwrap_or(i64::MAX)),
        ];
        let found = self.fetch(statement, &values).await?;
        let names: Result<_, _> = found.iter().map(|row| DB::text(row, 0)).collect();
        names.map_err(failed)
    }

    /// Makes `row.subjects` the subjects of a grant: two statements, whatever their number. Those that stay are not written.
    async fn set_subjects(
        &self,
        connection: &mut DB::Connection,
        row: &Row,
    ) -> Result<(), sqlx::Error> {
        let statements = &self.statements;
        let key = Value::Text(&row.key);
        if row.subjects.is_empty() {
            DB::execute(connection, &statements.drop_subjects, &[key]).await?;
            return Ok(());
        }
        let subjects = json(&row.subjects)?;
        let values = [key, Value::Text(&subjects)];
        DB::execute(connection, &statements.drop_other_subjects, &values).await?;
        DB::execute(connection, &statements.add_subjects, &values).await?;
        Ok(())
    }
}

/// A list of texts as one value.
fn json(texts: &[String]) -> Result<String, sqlx::Error> {
    serde_json::to_string(texts).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// A version as the database stores it. Versions are below 2^63, so they fit.
fn number_of(version: Version) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

/// The row in the columns key, version and content.
fn stored<DB: Backend>(row: &DB::Row) -> Result<StoredRow, sqlx::Error> {
    let version = u64::try_from(DB::number(row, 1)?).unwrap_or_default();
    Ok(StoredRow::new(
        DB::text(row, 0)?,
        version,
        DB::bytes(row, 2)?,
    ))
}

fn all_stored<DB: Backend>(rows: &[DB::Row]) -> Result<Vec<StoredRow>, StoreError> {
    let stored: Result<_, _> = rows.iter().map(stored::<DB>).collect();
    stored.map_err(failed)
}
