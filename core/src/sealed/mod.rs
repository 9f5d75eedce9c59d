//! Sessions, grants and spent states in a database that knows only rows: everything but keys is sealed.

mod grants;
mod opened;
mod rekey;
mod sessions;
mod wire;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use self::opened::Opened;
pub use self::rekey::Rekeyed;
pub(crate) use self::rekey::rekey;
use crate::crypto::key_ring::{KeyRing, Purpose};
use crate::crypto::random;
use crate::ids::MarkKey;
use crate::store::{
    FlowMarks, Inserted, Replaced, Row, RowKind, RowStore, Spent, StoreError, StoredRow,
};

/// As many rows that cannot be opened are told of once each.
const MOST_TOLD: usize = 1000;

/// The three stores, made of one database of rows.
///
/// A row is sealed for its kind, its key and its version: rows that are swapped, and a row that is put back, do not open.
/// What does not open is not there: a session is signed out, a grant needs consent, which takes the row's place. It is
/// never written back, because an instance with fewer keys must not spoil what others can read.
pub struct Sealed {
    rows: Arc<dyn RowStore>,
    keys: KeyRing,
    told: Mutex<HashSet<String>>,
    opened: Opened,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sealed").field(&self.rows).finish()
    }
}

/// What is to be sealed into a row.
struct Unsealed {
    kind: RowKind,
    key: String,
    version: u64,
    plaintext: Option<Zeroizing<Vec<u8>>>,
    owner: String,
    subjects: Vec<String>,
    ends_at: Option<SystemTime>,
}

impl Sealed {
    /// Seals what goes into `rows` with `keys`.
    pub fn new(rows: Arc<dyn RowStore>, keys: KeyRing) -> Self {
        Self {
            rows,
            keys,
            told: Mutex::default(),
            opened: Opened::default(),
        }
    }

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

    fn open(&self, kind: RowKind, row: &StoredRow) -> Option<Zeroizing<Vec<u8>>> {
        let associated = [row.key.as_bytes(), &row.version.to_be_bytes()];
        let opened = self.keys.open(purpose(kind), &associated, &row.sealed);
        opened.ok().or_else(|| self.unreadable(kind, &row.key))
    }

    /// Says so, once for each row.
    fn unreadable<T>(&self, kind: RowKind, key: &str) -> Option<T> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MOST_TOLD && told.insert(format!("{} {key}", kind.as_str())) {
            tracing::error!(
                target: "threelo",
                kind = kind.as_str(),
                "a stored row cannot be opened: its key left THREELO_KEYS, or the row was changed"
            );
        }
        None
    }

    /// Stores a new row; a row under its key that nobody can open gives way.
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
        // Whoever inserts knows the version that it gave, unless one that it cannot read was higher.
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

fn purpose(kind: RowKind) -> Purpose {
    match kind {
        RowKind::Session => Purpose::Session,
        RowKind::Grant => Purpose::Grant,
    }
}

/// A hash as rows are keyed by it.
fn hash_text(hash: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(hash)
}

#[async_trait]
impl FlowMarks for Sealed {
    async fn spend(
        &self,
        state: MarkKey,
        _now: SystemTime,
        until: SystemTime,
    ) -> Result<Spent, StoreError> {
        self.rows.spend(&hash_text(&state.0), until).await
    }
}
