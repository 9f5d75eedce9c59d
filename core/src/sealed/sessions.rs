//! Sessions as rows.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::crypto::random;
use crate::ids::{AccountId, SessionTokenHash};
use crate::sealed::{Sealed, Unsealed, hash_text, wire};
use crate::store::{
    Inserted, Replaced, RowKind, SessionRecord, SessionStore, StoreError, StoredRow, Version,
};

/// Rows of this file.
const KIND: RowKind = RowKind::Session;
/// How many expired rows one call deletes, so that no statement locks a table for long.
const PART: u32 = 1000;
/// The least pause between two parts, in which other statements get their turn.
const PAUSE: Duration = Duration::from_millis(50);

/// The row of a session before it is sealed. Its key is the hash of the session token, its owner the account
/// id, and its end the absolute one.
pub(crate) fn unsealed(record: &SessionRecord) -> Unsealed {
    Unsealed {
        kind: KIND,
        key: hash_text(&record.key.0),
        version: record.version,
        plaintext: wire::session(record),
        owner: record.account().as_str().to_owned(),
        subjects: Vec::new(),
        ends_at: Some(record.ends_at()),
    }
}

impl Sealed {
    /// The session in a row; `None`, reported once, if it cannot be opened or read.
    pub(crate) fn session(&self, row: &StoredRow) -> Option<Arc<SessionRecord>> {
        let plaintext = self.open(KIND, row)?;
        let bytes = URL_SAFE_NO_PAD.decode(&row.key).ok()?;
        let key = SessionTokenHash(bytes.try_into().ok()?);
        let record = wire::read_session(key, row.version, &plaintext);
        record
            .map(Arc::new)
            .or_else(|| self.unreadable(KIND, &row.key))
    }
}

#[async_trait]
impl SessionStore for Sealed {
    /// Inserts, or takes the place of a row that cannot be opened.
    async fn insert(&self, record: Arc<SessionRecord>) -> Result<Inserted, StoreError> {
        self.insert_row(unsealed(&record)).await
    }

    /// Reads the row and opens it, unless it is the row that was opened last time under this key. The database
    /// is asked each time, so a logout on another instance counts immediately
    /// (`docs/decisions/0031-opened-sessions-are-reused.md`).
    async fn load(&self, key: &SessionTokenHash) -> Result<Option<Arc<SessionRecord>>, StoreError> {
        let Some(row) = self.rows.load(KIND, &hash_text(&key.0)).await? else {
            self.opened.forget(key);
            return Ok(None);
        };
        if let Some(opened) = self.opened.get(key, &row) {
            return Ok(Some(opened));
        }
        let session = self.session(&row);
        if let Some(session) = &session {
            self.opened.put(&row, session);
        }
        Ok(session)
    }

    /// Seals and replaces. What was opened before stays in memory until the next `load` finds the new row.
    async fn replace(
        &self,
        expected: Version,
        record: Arc<SessionRecord>,
    ) -> Result<Replaced, StoreError> {
        let row = self.row(&unsealed(&record))?;
        self.rows.replace(expected, &row).await
    }

    /// Forgets what was opened before it deletes: even if the database fails, the memory holds nothing of a
    /// session that is being ended.
    async fn delete(&self, key: &SessionTokenHash) -> Result<(), StoreError> {
        self.opened.forget(key);
        let _gone = self.rows.delete(KIND, &hash_text(&key.0), None).await?;
        Ok(())
    }

    /// Opens all rows of the account; those that cannot be opened are left out.
    async fn list_of(&self, account: &AccountId) -> Result<Vec<Arc<SessionRecord>>, StoreError> {
        let rows = self.rows.of_owner(KIND, account.as_str()).await?;
        Ok(rows.iter().filter_map(|row| self.session(row)).collect())
    }

    /// Deletes all rows of the account, those that cannot be opened included.
    async fn delete_of(&self, account: &AccountId) -> Result<u64, StoreError> {
        self.opened.forget_of(account);
        self.rows.delete_of(KIND, account.as_str()).await
    }

    /// Deletes expired rows and marks in parts, with a pause of 50 ms and a random part up to 255 ms between
    /// them, until a part is not full. The random part keeps it out of step with other periodic work.
    ///
    /// It runs in the background after a callback (`docs/decisions/0059-cleanup-follows-callbacks.md`). If it
    /// is cut off, the next one continues.
    async fn delete_expired(&self, now: SystemTime) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let gone = self.rows.delete_expired(now, PART).await?;
            all += gone;
            if gone < u64::from(PART) {
                return Ok(all);
            }
            let [jitter] = random().unwrap_or_default();
            tokio::time::sleep(PAUSE + Duration::from_millis(jitter.into())).await;
        }
    }
}
