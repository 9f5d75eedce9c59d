//! Sessions, grants and spent states in a database that knows only rows: everything but keys, owners and ends
//! is sealed.
//!
//! Someone who reads the database learns which accounts use which app, and when sessions end; tokens, profiles
//! and sites stay hidden (`docs/attacks.md` T248). Someone who writes to it can delete rows, and can put back a
//! complete old row with its version, but content that is moved to another row, or stored under another
//! version, does not open (`docs/decisions/0057-rows-are-sealed-to-their-place.md`).

mod grants;
mod opened;
mod rekey;
mod sessions;
mod unknown;
mod wire;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use self::opened::Opened;
pub use self::rekey::Rekeyed;
pub(crate) use self::rekey::rekey;
use crate::clock::unix_seconds;
use crate::crypto::key_ring::{KeyRing, Purpose};
use crate::crypto::random;
use crate::ids::MarkKey;
use crate::store::{
    FlowMarks, Inserted, Replaced, Row, RowKind, RowStore, Spent, StoreError, StoredRow,
};

/// How many unreadable rows are reported, once each, before the log stays quiet. An instance with the wrong
/// keys would otherwise write a line for every request.
const MOST_REPORTED: usize = 1000;

/// The three stores, made of one database of rows.
///
/// A row is sealed for its kind, its key and its version. Content that was copied from another row, or from
/// another version of the same row, does not open. What does not open counts as absent: a session is signed
/// out, a grant needs consent, and that consent takes the row's place. In connect mode it is there, and nobody
/// else's: no other user gets the account (`docs/decisions/0080-unreadable-grants-are-there.md`). Reads never write or delete it, because
/// an instance with an incomplete key ring would destroy what others can read.
pub struct Sealed {
    /// The database.
    rows: Arc<dyn RowStore>,
    /// All keys open, the first one seals (`docs/decisions/0058-key-ring.md`).
    keys: KeyRing,
    /// The unreadable rows that were reported, as kind and key.
    reported: Mutex<HashSet<String>>,
    /// What was in rows of sessions when they were last opened.
    opened: Opened,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sealed").field(&self.rows).finish()
    }
}

/// A row before it is sealed.
struct Unsealed {
    /// Selects the derived key, so that a session's content does not open as a grant.
    kind: RowKind,
    /// The key in the database, which the seal covers.
    key: String,
    /// The version under which the row will be stored, which the seal covers.
    version: u64,
    /// The record as JSON, wiped after use; `None` if it could not be serialized, which fails the write.
    plaintext: Option<Zeroizing<Vec<u8>>>,
    /// What the row is listed by, in clear.
    owner: String,
    /// Hashes of the app's users who have the grant.
    subjects: Vec<String>,
    /// When the database may delete the row.
    ends_at: Option<SystemTime>,
}

impl Sealed {
    /// Makes the stores out of `rows`; contents are sealed with the first of `keys`.
    pub fn new(rows: Arc<dyn RowStore>, keys: KeyRing) -> Self {
        Self {
            rows,
            keys,
            reported: Mutex::default(),
            opened: Opened::default(),
        }
    }

    /// Seals a row with a fresh nonce for its kind, key and version.
    ///
    /// # Errors
    ///
    /// [`StoreError::Failed`] if the record cannot be serialized, the system gives no random bytes, or the
    /// cipher refuses the size. Nothing was written then.
    fn row(&self, unsealed: &Unsealed) -> Result<Row, StoreError> {
        let failed = |why: &'static str| StoreError::Failed(why.into());
        let plaintext = unsealed.plaintext.as_ref();
        let plaintext = plaintext.ok_or_else(|| failed("a record cannot be written"))?;
        let nonce = random().map_err(|_none| failed("the system gives no random numbers"))?;
        let version = unsealed.version.to_be_bytes();
        let associated = [unsealed.key.as_bytes(), &version];
        let purpose = purpose(unsealed.kind);
        let sealed = self.keys.seal(purpose, &associated, nonce, plaintext);
        let row = Row::new(
            unsealed.kind,
            &unsealed.key,
            unsealed.version,
            sealed.map_err(|_size| failed("a record is too large"))?,
            &unsealed.owner,
        );
        Ok(row
            .with_subjects(unsealed.subjects.clone())
            .with_end(unsealed.ends_at))
    }

    /// The content of a row, if one of the keys opens it under this kind, key and version; the failure is
    /// reported otherwise.
    fn open(&self, kind: RowKind, row: &StoredRow) -> Option<Zeroizing<Vec<u8>>> {
        let associated = [row.key.as_bytes(), &row.version.to_be_bytes()];
        let opened = self.keys.open(purpose(kind), &associated, &row.sealed);
        opened.ok().or_else(|| self.unreadable(kind, &row.key))
    }

    /// Reports a row that cannot be read, once per row and process, and returns `None`. The row's key is not
    /// logged: the key of a grant contains an account id.
    fn unreadable<T>(&self, kind: RowKind, key: &str) -> Option<T> {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        if reported.len() < MOST_REPORTED && reported.insert(format!("{} {key}", kind.as_str())) {
            tracing::error!(
                target: "threelo",
                kind = kind.as_str(),
                "a stored row cannot be opened: its key is no longer in THREELO_KEYS, or the row was changed"
            );
        }
        None
    }

    /// Stores a new row; a row under its key that no key of this instance opens gives way.
    ///
    /// The new row then gets a version above the stored one, so that an instance that still remembers the old
    /// row runs into a conflict. The replacement is a compare-and-set: of two instances that find the
    /// unreadable row, one wins.
    async fn insert_row(&self, unsealed: Unsealed) -> Result<Inserted, StoreError> {
        let row = self.row(&unsealed)?;
        if self.rows.insert(&row).await? == Inserted::Done {
            return Ok(Inserted::Done);
        }
        let Some(stored) = self.rows.load(row.kind, &row.key).await? else {
            return Ok(Inserted::Exists);
        };
        if self.open(row.kind, &stored).is_some() {
            return Ok(Inserted::Exists);
        }
        // The caller knows the version of its record, unless the unreadable row has a higher one.
        let row = self.row(&Unsealed {
            version: unsealed.version.max(stored.version.saturating_add(1)),
            ..unsealed
        })?;
        Ok(match self.rows.replace(stored.version, &row).await? {
            Replaced::Done => Inserted::Done,
            Replaced::Conflict => Inserted::Exists,
        })
    }
}

/// The purpose under which the keys for a kind are derived.
fn purpose(kind: RowKind) -> Purpose {
    match kind {
        RowKind::Session => Purpose::Session,
        RowKind::Grant => Purpose::Grant,
    }
}

/// A hash in the form that is used in keys of rows: 43 characters of base64url.
fn hash_text(hash: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(hash)
}

#[async_trait]
impl FlowMarks for Sealed {
    /// Spends a mark under its hash. The database forgets it after `until` by its own clean-up; `now` is not
    /// needed.
    async fn spend(
        &self,
        state: MarkKey,
        _now: SystemTime,
        until: SystemTime,
    ) -> Result<Spent, StoreError> {
        self.rows.spend(&hash_text(&state.0), until).await
    }

    /// Writes the time of the end into a lease slot of its own, over an earlier one: the state was spent once, so nobody
    /// else works on it.
    async fn begin_work(&self, state: MarkKey, life: Duration) -> Result<(), StoreError> {
        let key = work_text(&state);
        let slot = self.rows.lease_slot(&key).await?;
        let until = slot.now.checked_add(life).unwrap_or(slot.now);
        let until = unix_seconds(until).to_string().into_bytes();
        let from = slot.value.as_deref();
        let _taken = self.rows.swap_lease(&key, from, Some(&until)).await?;
        Ok(())
    }

    /// Empties the slot.
    async fn end_work(&self, state: MarkKey) -> Result<(), StoreError> {
        let key = work_text(&state);
        let slot = self.rows.lease_slot(&key).await?;
        if let Some(value) = slot.value.as_deref() {
            let _emptied = self.rows.swap_lease(&key, Some(value), None).await?;
        }
        Ok(())
    }

    /// Compares the end with the store's clock.
    async fn is_at_work(&self, state: MarkKey) -> Result<bool, StoreError> {
        let slot = self.rows.lease_slot(&work_text(&state)).await?;
        let until = slot.value.and_then(|value| String::from_utf8(value).ok());
        let until = until.and_then(|text| text.parse().ok());
        Ok(until.is_some_and(|until| unix_seconds(slot.now) < until))
    }
}

/// The key of the lease slot of a state whose code is being exchanged. No grant has it: those keys begin with an address.
fn work_text(state: &MarkKey) -> String {
    format!("flow {}", hash_text(&state.0))
}
