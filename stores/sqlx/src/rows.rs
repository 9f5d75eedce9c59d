//! Rows over a pool of either database: one text, two types.

/// Makes a store the [`RowStore`](threelo::store::RowStore) that its statements and its clock describe.
macro_rules! row_store {
    ($store:ident, $database:ty) => {
        type Connection = <$database as sqlx::Database>::Connection;

        impl $store {
            async fn set_subjects(
                &self,
                transaction: &mut sqlx::Transaction<'_, $database>,
                row: &threelo::store::Row,
            ) -> Result<(), sqlx::Error> {
                sqlx::query(self.sql(&self.statements.drop_subjects))
                    .bind(row.key.as_str())
                    .execute(&mut **transaction)
                    .await?;
                for subject in &row.subjects {
                    sqlx::query(self.sql(&self.statements.add_subject))
                        .bind(subject.as_str())
                        .bind(row.key.as_str())
                        .execute(&mut **transaction)
                        .await?;
                }
                Ok(())
            }

            /// A statement: its text was made of a checked prefix and of nothing else.
            fn sql(&self, statement: &str) -> sqlx::AssertSqlSafe<String> {
                sqlx::AssertSqlSafe(statement.to_owned())
            }

            async fn try_insert(
                &self,
                connection: &mut Connection,
                row: &threelo::store::Row,
            ) -> Result<threelo::store::Inserted, sqlx::Error> {
                let mut transaction = sqlx::Connection::begin(connection).await?;
                let inserted = sqlx::query(self.sql(&self.statements.insert))
                    .bind(row.kind.as_str())
                    .bind(row.key.as_str())
                    .bind(version_of(row.version))
                    .bind(row.owner.as_str())
                    .bind(row.ends_at.map(micros))
                    .bind(row.sealed.as_slice())
                    .execute(&mut *transaction)
                    .await?;
                if inserted.rows_affected() == 0 {
                    return Ok(threelo::store::Inserted::Exists);
                }
                if !row.subjects.is_empty() {
                    self.set_subjects(&mut transaction, row).await?;
                }
                transaction.commit().await?;
                Ok(threelo::store::Inserted::Done)
            }

            async fn try_replace(
                &self,
                connection: &mut Connection,
                expected: threelo::store::Version,
                row: &threelo::store::Row,
            ) -> Result<threelo::store::Replaced, sqlx::Error> {
                // A session has no subjects: one statement, one trip.
                if row.kind == threelo::store::RowKind::Session {
                    let replaced = self.replace_query(expected, row, connection).await?;
                    return Ok(replaced_if(replaced > 0));
                }
                let mut transaction = sqlx::Connection::begin(connection).await?;
                let replaced = self.replace_query(expected, row, &mut *transaction).await?;
                if replaced == 0 {
                    return Ok(threelo::store::Replaced::Conflict);
                }
                self.set_subjects(&mut transaction, row).await?;
                transaction.commit().await?;
                Ok(threelo::store::Replaced::Done)
            }

            async fn replace_query<'e>(
                &self,
                expected: threelo::store::Version,
                row: &threelo::store::Row,
                executor: impl sqlx::Executor<'e, Database = $database>,
            ) -> Result<u64, sqlx::Error> {
                let replaced = sqlx::query(self.sql(&self.statements.replace))
                    .bind(version_of(row.version))
                    .bind(row.owner.as_str())
                    .bind(row.ends_at.map(micros))
                    .bind(row.sealed.as_slice())
                    .bind(row.kind.as_str())
                    .bind(row.key.as_str())
                    .bind(version_of(expected))
                    .execute(executor)
                    .await?;
                Ok(replaced.rows_affected())
            }

            async fn try_delete(
                &self,
                connection: &mut Connection,
                (kind, key): (threelo::store::RowKind, &str),
                expected: Option<threelo::store::Version>,
            ) -> Result<threelo::store::Replaced, sqlx::Error> {
                let mut transaction = sqlx::Connection::begin(connection).await?;
                let deleted = match expected {
                    Some(expected) => {
                        sqlx::query(self.sql(&self.statements.delete_if))
                            .bind(kind.as_str())
                            .bind(key)
                            .bind(version_of(expected))
                            .execute(&mut *transaction)
                            .await?
                    }
                    None => {
                        sqlx::query(self.sql(&self.statements.delete))
                            .bind(kind.as_str())
                            .bind(key)
                            .execute(&mut *transaction)
                            .await?
                    }
                };
                if deleted.rows_affected() > 0 && kind == threelo::store::RowKind::Grant {
                    sqlx::query(self.sql(&self.statements.drop_subjects))
                        .bind(key)
                        .execute(&mut *transaction)
                        .await?;
                }
                transaction.commit().await?;
                Ok(replaced_if(deleted.rows_affected() > 0))
            }
        }

        impl $store {
            async fn try_delete_of(
                &self,
                connection: &mut Connection,
                (kind, owner): (threelo::store::RowKind, &str),
            ) -> Result<u64, sqlx::Error> {
                let mut transaction = sqlx::Connection::begin(connection).await?;
                let deleted: Vec<(String,)> = sqlx::query_as(self.sql(&self.statements.delete_of))
                    .bind(kind.as_str())
                    .bind(owner)
                    .fetch_all(&mut *transaction)
                    .await?;
                // Rows first, as whoever replaces one has it.
                if kind == threelo::store::RowKind::Grant {
                    for (key,) in &deleted {
                        sqlx::query(self.sql(&self.statements.drop_subjects))
                            .bind(key.as_str())
                            .execute(&mut *transaction)
                            .await?;
                    }
                }
                transaction.commit().await?;
                Ok(u64::try_from(deleted.len()).unwrap_or(u64::MAX))
            }

            async fn try_lease_slot(
                &self,
                connection: &mut Connection,
                key: &str,
            ) -> Result<threelo::store::LeaseSlot, sqlx::Error> {
                let found: Option<(Vec<u8>,)> =
                    sqlx::query_as(self.sql(&self.statements.load_lease))
                        .bind(key)
                        .fetch_optional(&mut *connection)
                        .await?;
                Ok(threelo::store::LeaseSlot {
                    value: found.map(|(value,)| value),
                    now: self.now(connection).await?,
                })
            }

            async fn try_swap_lease(
                &self,
                connection: &mut Connection,
                key: &str,
                (from, to): (Option<&[u8]>, Option<&[u8]>),
            ) -> Result<threelo::store::Replaced, sqlx::Error> {
                let written_at = micros(self.now(connection).await?);
                let query = match (from, to) {
                    (None, None) => return Ok(threelo::store::Replaced::Done),
                    (None, Some(to)) => sqlx::query(self.sql(&self.statements.insert_lease))
                        .bind(key)
                        .bind(to)
                        .bind(written_at),
                    (Some(from), Some(to)) => sqlx::query(self.sql(&self.statements.replace_lease))
                        .bind(to)
                        .bind(written_at)
                        .bind(key)
                        .bind(from),
                    (Some(from), None) => sqlx::query(self.sql(&self.statements.delete_lease))
                        .bind(key)
                        .bind(from),
                };
                let swapped = query.execute(&mut *connection).await?;
                Ok(replaced_if(swapped.rows_affected() > 0))
            }

            async fn try_delete_expired(
                &self,
                connection: &mut Connection,
                now: std::time::SystemTime,
                limit: u32,
            ) -> Result<u64, sqlx::Error> {
                let mut gone = 0;
                for statement in [
                    &self.statements.expired_rows,
                    &self.statements.expired_marks,
                ] {
                    let deleted = sqlx::query(self.sql(statement))
                        .bind(micros(now))
                        .bind(i64::from(limit))
                        .execute(&mut *connection)
                        .await?;
                    gone += deleted.rows_affected();
                }
                let old = now.checked_sub(LEASE_MEMORY).unwrap_or(now);
                sqlx::query(self.sql(&self.statements.old_leases))
                    .bind(micros(old))
                    .bind(i64::from(limit))
                    .execute(&mut *connection)
                    .await?;
                Ok(gone)
            }
        }

        #[async_trait::async_trait]
        impl threelo::store::RowStore for $store {
            async fn insert(
                &self,
                row: &threelo::store::Row,
            ) -> Result<threelo::store::Inserted, threelo::store::StoreError> {
                on!(self, |connection| self.try_insert(connection, row))
            }

            async fn load(
                &self,
                kind: threelo::store::RowKind,
                key: &str,
            ) -> Result<Option<threelo::store::StoredRow>, threelo::store::StoreError> {
                let found = on_read!(self, |connection| sqlx::query_as(
                    self.sql(&self.statements.load)
                )
                .bind(kind.as_str())
                .bind(key)
                .fetch_optional(&mut *connection));
                Ok(found?.map(stored))
            }

            async fn replace(
                &self,
                expected: threelo::store::Version,
                row: &threelo::store::Row,
            ) -> Result<threelo::store::Replaced, threelo::store::StoreError> {
                on!(self, |connection| self
                    .try_replace(connection, expected, row))
            }

            async fn delete(
                &self,
                kind: threelo::store::RowKind,
                key: &str,
                expected: Option<threelo::store::Version>,
            ) -> Result<threelo::store::Replaced, threelo::store::StoreError> {
                on!(self, |connection| self.try_delete(
                    connection,
                    (kind, key),
                    expected
                ))
            }

            async fn of_owner(
                &self,
                kind: threelo::store::RowKind,
                owner: &str,
            ) -> Result<Vec<threelo::store::StoredRow>, threelo::store::StoreError> {
                let found = on_read!(self, |connection| sqlx::query_as(
                    self.sql(&self.statements.of_owner)
                )
                .bind(kind.as_str())
                .bind(owner)
                .fetch_all(&mut *connection));
                Ok(found?.into_iter().map(stored).collect())
            }

            async fn of_subject(
                &self,
                subject: &str,
            ) -> Result<Vec<threelo::store::StoredRow>, threelo::store::StoreError> {
                let found = on_read!(self, |connection| sqlx::query_as(
                    self.sql(&self.statements.of_subject)
                )
                .bind(subject)
                .fetch_all(&mut *connection));
                Ok(found?.into_iter().map(stored).collect())
            }

            async fn delete_of(
                &self,
                kind: threelo::store::RowKind,
                owner: &str,
            ) -> Result<u64, threelo::store::StoreError> {
                on!(self, |connection| self
                    .try_delete_of(connection, (kind, owner)))
            }

            async fn owners(
                &self,
                page: &threelo::store::OwnerPage<'_>,
            ) -> Result<Vec<String>, threelo::store::StoreError> {
                // The texts are printable ASCII: this comes after everything that begins with the prefix.
                let end = format!("{}\u{7f}", page.prefix);
                let found = on_read!(self, |connection| sqlx::query_as(
                    self.sql(&self.statements.owners)
                )
                .bind(page.prefix)
                .bind(end.as_str())
                .bind(page.after.unwrap_or(""))
                .bind(i64::try_from(page.limit).unwrap_or(i64::MAX))
                .fetch_all(&mut *connection));
                let found: Vec<(String,)> = found?;
                Ok(found.into_iter().map(|(owner,)| owner).collect())
            }

            async fn spend(
                &self,
                mark: &str,
                until: std::time::SystemTime,
            ) -> Result<threelo::store::Spent, threelo::store::StoreError> {
                let spent = on!(self, |connection| {
                    sqlx::query(self.sql(&self.statements.spend))
                        .bind(mark)
                        .bind(micros(until))
                        .execute(&mut *connection)
                });
                Ok(match spent?.rows_affected() {
                    0 => threelo::store::Spent::Again,
                    _ => threelo::store::Spent::First,
                })
            }

            async fn lease_slot(
                &self,
                key: &str,
            ) -> Result<threelo::store::LeaseSlot, threelo::store::StoreError> {
                on_read!(self, |connection| self.try_lease_slot(connection, key))
            }

            async fn swap_lease(
                &self,
                key: &str,
                from: Option<&[u8]>,
                to: Option<&[u8]>,
            ) -> Result<threelo::store::Replaced, threelo::store::StoreError> {
                on!(self, |connection| self.try_swap_lease(
                    connection,
                    key,
                    (from, to)
                ))
            }

            async fn delete_expired(
                &self,
                now: std::time::SystemTime,
                limit: u32,
            ) -> Result<u64, threelo::store::StoreError> {
                on!(self, |connection| self
                    .try_delete_expired(connection, now, limit))
            }
        }
    };
}
