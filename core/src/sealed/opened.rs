//! Sessions that were opened lately: a row that has not changed is not opened again.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::ids::{AccountId, SessionTokenHash};
use crate::store::{SessionRecord, StoredRow, Version};

/// As many sessions are kept, about half a kilobyte each; then it begins anew.
const MOST: usize = 16_384;
/// A sealed value begins with its key's id and its nonce, of which this is most, and ends with its tag.
const HEAD: usize = 32;
const TAG: usize = 16;

/// What tells that a row is the one that was opened: its version, its beginning and its tag. Whoever changes the rest of a row
/// and leaves these gets what was in it before, which the tag vouched for.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Mark {
    version: Version,
    head: [u8; HEAD],
    tail: [u8; TAG],
}

impl Mark {
    fn of(row: &StoredRow) -> Option<Self> {
        Some(Self {
            version: row.version,
            head: *row.sealed.first_chunk()?,
            tail: *row.sealed.last_chunk()?,
        })
    }
}

/// The sessions of this process's visitors. The store is asked for the row all the same: this says what is in it, never
/// whether it is there.
#[derive(Default)]
pub(crate) struct Opened(RwLock<HashMap<SessionTokenHash, (Mark, Arc<SessionRecord>)>>);

impl Opened {
    /// What was in the row when it was opened, if it is the same row.
    pub(crate) fn get(
        &self,
        key: &SessionTokenHash,
        row: &StoredRow,
    ) -> Option<Arc<SessionRecord>> {
        let opened = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (mark, record) = opened.get(key)?;
        (*mark == Mark::of(row)?).then(|| Arc::clone(record))
    }

    /// Keeps what was found in a row.
    pub(crate) fn put(&self, row: &StoredRow, record: &Arc<SessionRecord>) {
        let Some(mark) = Mark::of(row) else { return };
        let mut opened = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if opened.len() >= MOST && !opened.contains_key(&record.key) {
            opened.clear();
        }
        opened.insert(record.key, (mark, Arc::clone(record)));
    }

    /// Drops what is known of a session that has ended.
    pub(crate) fn forget(&self, key: &SessionTokenHash) {
        let is_known = |opened: &HashMap<_, _>| opened.contains_key(key);
        if is_known(&self.0.read().unwrap_or_else(PoisonError::into_inner)) {
            let mut opened = self.0.write().unwrap_or_else(PoisonError::into_inner);
            opened.remove(key);
        }
    }

    /// Drops what is known of an account's sessions.
    pub(crate) fn forget_of(&self, account: &AccountId) {
        let mut opened = self.0.write().unwrap_or_else(PoisonError::into_inner);
        opened.retain(|_, (_, record)| record.account() != account);
    }
}
