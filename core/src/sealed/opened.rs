//! Sessions that were opened lately: a row that has not changed is not opened again
//! (`docs/decisions/0031-opened-sessions-are-reused.md`).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::ids::{AccountId, SessionTokenHash};
use crate::store::{SessionRecord, StoredRow, Version};

/// How many sessions are kept, at about half a kilobyte each. Beyond that everything is dropped and collected
/// anew, which costs one opening per session.
const MOST: usize = 16_384;
/// How many of the first bytes are compared. A sealed value begins with the id of its key and its nonce, and
/// most of the nonce lies within them.
const HEAD: usize = 32;
/// How many of the last bytes are compared: the authentication tag.
const TAG: usize = 16;

/// What identifies a row as the one that was opened: its version, its beginning and its tag.
///
/// Someone who changes the middle of a row and leaves these gets the content from before, for which the tag
/// vouched.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Mark {
    /// The version of the row.
    version: Version,
    /// The first bytes of the sealed value.
    head: [u8; HEAD],
    /// Its last bytes.
    tail: [u8; TAG],
}

impl Mark {
    /// The mark of a row; `None` if its content is too short to be sealed, and then it is not kept.
    fn of(row: &StoredRow) -> Option<Self> {
        Some(Self {
            version: row.version,
            head: *row.sealed.first_chunk()?,
            tail: *row.sealed.last_chunk()?,
        })
    }
}

/// The sessions of this process's visitors. The database is asked for the row all the same: this tells what is
/// in a row, never whether it exists.
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

    /// Keeps what was found in a row, in place of what was known under its key.
    pub(crate) fn put(&self, row: &StoredRow, record: &Arc<SessionRecord>) {
        let Some(mark) = Mark::of(row) else { return };
        let mut opened = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if opened.len() >= MOST && !opened.contains_key(&record.key) {
            opened.clear();
        }
        opened.insert(record.key, (mark, Arc::clone(record)));
    }

    /// Drops what is known of a session that has ended. It takes the write lock only if there is something to
    /// drop.
    pub(crate) fn forget(&self, key: &SessionTokenHash) {
        let is_known = |opened: &HashMap<_, _>| opened.contains_key(key);
        if is_known(&self.0.read().unwrap_or_else(PoisonError::into_inner)) {
            let mut opened = self.0.write().unwrap_or_else(PoisonError::into_inner);
            opened.remove(key);
        }
    }

    /// Drops what is known of an account's sessions, by looking at all of them.
    pub(crate) fn forget_of(&self, account: &AccountId) {
        let mut opened = self.0.write().unwrap_or_else(PoisonError::into_inner);
        opened.retain(|_, (_, record)| record.account() != account);
    }
}
