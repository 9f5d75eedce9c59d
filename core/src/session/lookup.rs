//! Looking sessions up. The row is read for every request, so that a sign-out counts immediately on
//! all instances (docs/attacks.md, T096 and T100).
//!
//! What a look-up leads to (noting activity, reading an old profile) happens in the background and
//! never delays or fails the request.

use std::sync::Arc;
use std::time::SystemTime;

use crate::error::{Causes, Rejection};
use crate::ids::{AccountId, SessionTokenHash};
use crate::ports::Ports;
use crate::session::profile;
use crate::store::SessionRecord;

/// The session under a key, if it exists and has not ended; an expired row that the cleanup has not
/// deleted yet counts as none (docs/attacks.md, T082). Without a key the store is not asked.
///
/// # Errors
///
/// [`Rejection::Store`] if the store fails. The caller must not treat that as "signed out".
pub(crate) async fn current(
    ports: &Arc<Ports>,
    key: Option<&SessionTokenHash>,
) -> Result<Option<Arc<SessionRecord>>, Rejection> {
    let Some(key) = key else {
        return Ok(None);
    };
    let record = ports.sessions.load(key).await?;
    Ok(record.and_then(|record| in_use(ports, record)))
}

/// The same as [`current`], if the store can tell without waiting (docs/decisions/0062); `None`
/// means that `current` must be asked.
pub(crate) fn current_now(
    ports: &Arc<Ports>,
    key: Option<&SessionTokenHash>,
) -> Option<Option<Arc<SessionRecord>>> {
    let Some(key) = key else {
        return Some(None);
    };
    let record = ports.sessions.load_now(key)?;
    Some(record.and_then(|record| in_use(ports, record)))
}

/// A record that lives, after its use was noted; `None` if it has ended.
fn in_use(ports: &Arc<Ports>, record: Arc<SessionRecord>) -> Option<Arc<SessionRecord>> {
    let now = ports.now();
    if !lives(ports, &record, now) {
        return None;
    }
    note_activity(ports, &record, now);
    profile::refresh_if_old(ports, &record, now);
    Some(record)
}

/// Whether neither the absolute nor the idle end has come; exactly at its end a session has ended.
pub(crate) fn lives(ports: &Ports, record: &SessionRecord, now: SystemTime) -> bool {
    let (idle, _) = ports.config.session_lives(record.remembered);
    let idle_end = record.seen_at.checked_add(idle);
    now < record.expires_at && idle_end.is_none_or(|end| now < end)
}

/// When a session that was seen at `seen_at` ends without further activity.
pub(crate) fn idle_end(ports: &Ports, remembered: bool, seen_at: SystemTime) -> SystemTime {
    let (idle, _) = ports.config.session_lives(remembered);
    seen_at.checked_add(idle).unwrap_or(seen_at)
}

/// Writes the time of the last activity, in the background, and only if the stored one is older
/// than the activity step: five minutes, or a tenth of the idle lifetime (docs/attacks.md, T103).
///
/// It never inserts. A conflict means that another request wrote, or that the session ended;
/// neither needs another try (T098).
fn note_activity(ports: &Ports, record: &Arc<SessionRecord>, now: SystemTime) {
    let due = record
        .seen_at
        .checked_add(ports.config.lifetimes.activity_step())
        .is_some_and(|due| due <= now);
    if !due {
        return;
    }
    let seen = SessionRecord {
        seen_at: now,
        idle_ends_at: idle_end(ports, record.remembered, now),
        version: record.version + 1,
        ..SessionRecord::clone(record)
    };
    let (store, expected) = (Arc::clone(&ports.sessions), record.version);
    ports.tasks.spawn(async move {
        if let Err(error) = store.replace(expected, Arc::new(seen)).await {
            tracing::warn!(target: "threelo", error = %Causes(&error), "the session's activity could not be written");
        }
    });
}

/// The sessions of an account that have not ended, newest first.
///
/// # Errors
///
/// [`Rejection::Store`] if they cannot be read.
pub(crate) async fn sessions_of(
    ports: &Ports,
    account: &AccountId,
) -> Result<Vec<Arc<SessionRecord>>, Rejection> {
    let now = ports.now();
    let mut sessions = ports.sessions.list_of(account).await?;
    sessions.retain(|session| lives(ports, session, now));
    sessions.sort_by_key(|session| std::cmp::Reverse(session.created_at));
    Ok(sessions)
}
