//! Looking sessions up.

use std::sync::Arc;
use std::time::SystemTime;

use crate::error::{Causes, Rejection};
use crate::ids::{AccountId, SessionTokenHash};
use crate::ports::Ports;
use crate::session::profile;
use crate::store::SessionRecord;

/// The session under a key, if it is there and its time has not come.
///
/// # Errors
///
/// [`Rejection::Store`] if nobody can tell.
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

/// The same as [`current`], if it can be told without waiting.
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

fn in_use(ports: &Arc<Ports>, record: Arc<SessionRecord>) -> Option<Arc<SessionRecord>> {
    let now = ports.now();
    if !lives(ports, &record, now) {
        return None;
    }
    note_activity(ports, &record, now);
    profile::refresh_if_old(ports, &record, now);
    Some(record)
}

pub(crate) fn lives(ports: &Ports, record: &SessionRecord, now: SystemTime) -> bool {
    let (idle, _) = ports.config.session_lives(record.remembered);
    let idle_end = record.seen_at.checked_add(idle);
    now < record.expires_at && idle_end.is_none_or(|end| now < end)
}

/// Writes the time of the last activity, seldom and behind the request's back; a conflict means that somebody else
/// wrote, or that the session ended, and both are fine.
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

/// The sessions of an account that still live, newest first.
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
