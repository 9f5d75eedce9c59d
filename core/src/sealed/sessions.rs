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

const KIND: RowKind = RowKind::Session;
/// Expired rows are deleted in parts of this many.
const PART: u32 = 1000;
/// Between two parts others have their turn, for at least this long.
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) fn unsealed(record: &SessionRecord) -> Unsealed {
    Unsealed {
        kind: KIND,
        key: hash_text(&record.key.0),
        version: record.version,
        plaintext: wire::session(record),
        owner: record.account().as_str().to_owned(),
        subjects: Vec::new(),
        ends_at: Some(record.expires_at),
    }
}

impl Sealed {
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
    async fn insert(&self, record: Arc<SessionRecord>) -> Result<Inserted, StoreError> {
        self.insert_row(unsealed(&record)).await
    }

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

    async fn replace(
        &self,
        expected: Version,
        record: Arc<SessionRecord>,
    ) -> Result<Replaced, StoreError> {
        let row = self.row(&unsealed(&record))?;
        self.rows.replace(expected, &row).await
    }

    async fn delete(&self, key: &SessionTokenHash) -> Result<(), StoreError> {
        self.opened.forget(key);
        let _gone = self.rows.delete(KIND, &hash_text(&key.0), None).await?;
        Ok(())
    }

    async fn list_of(&self, account: &AccountId) -> Result<Vec<Arc<SessionRecord>>, StoreError> {
        let rows = self.rows.of_owner(KIND, account.as_str()).await?;
        Ok(rows.iter().filter_map(|row| self.session(row)).collect())
    }

    async fn delete_of(&self, account: &AccountId) -> Result<u64, StoreError> {
        self.opened.forget_of(account);
        self.rows.delete_of(KIND, account.as_str()).await
    }

    async fn delete_expired(&self, now: SystemTime) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let gone = self.rows.delete_expired(now, PART).await?;
            all += gone;
            if gone < u64::from(PART) {
                return Ok(all);
            }
            // Not in step with whatever else comes at intervals.
            let [jitter] = random().unwrap_or_default();
            tokio::time::sleep(PAUSE + Duration::from_millis(jitter.into())).await;
        }
    }
}
