//! Changing a stored session: a loop of compare-and-set, the counterpart of
//! `grant::records::change`.

use std::sync::Arc;

use crate::ports::Ports;
use crate::store::{Replaced, SessionRecord, StoreError};

/// Conflicts are rare, because few things write sessions; three in a row are left to the caller.
const TRIES: u32 = 3;

/// What came of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Updated {
    /// It is stored.
    Done,
    /// The session has ended meanwhile; it was not stored again.
    Gone,
    /// Other writers were faster each time; nothing was changed.
    Busy,
}

/// Changes a session by compare-and-set, with at most three tries, beginning with the record as it
/// was `seen`. `change` may run several times, each time on the newest record, and need not set the
/// version.
///
/// # Errors
///
/// [`StoreError`] if the store failed. The change may have been made if only the answer was lost.
pub(crate) async fn update(
    ports: &Ports,
    seen: Arc<SessionRecord>,
    change: impl Fn(&SessionRecord) -> SessionRecord,
) -> Result<Updated, StoreError> {
    let key = seen.key;
    let mut stored = Some(seen);
    for _ in 0..TRIES {
        let Some(record) = stored else {
            return Ok(Updated::Gone);
        };
        let changed = SessionRecord {
            version: record.version + 1,
            ..change(&record)
        };
        let replaced = ports.sessions.replace(record.version, Arc::new(changed));
        if replaced.await? == Replaced::Done {
            return Ok(Updated::Done);
        }
        stored = ports.sessions.load(&key).await?;
    }
    Ok(Updated::Busy)
}
