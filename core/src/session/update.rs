//! Changing a stored session.

use std::sync::Arc;

use crate::ports::Ports;
use crate::store::{Replaced, SessionRecord, StoreError};

const TRIES: u32 = 3;

/// What came of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Updated {
    /// It is stored.
    Done,
    /// The session ended meanwhile.
    Gone,
    /// Others wrote each time.
    Busy,
}

/// Changes a session by compare-and-set, three tries at most, beginning with the record as it was `seen`.
///
/// # Errors
///
/// [`StoreError`] if the store failed.
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
