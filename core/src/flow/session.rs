//! Sessions: begin, look up, end.

use std::sync::Arc;
use std::time::SystemTime;

use super::consent::Consented;
use super::ports::Ports;
use super::profile;
use crate::error::{Causes, Rejection};
use crate::ids::{AccountId, CloudId, Ticket, TicketHash};
use crate::message::cookie::SetCookie;
use crate::profile::Profile;
use crate::random::random_ticket;
use crate::store::{Inserted, SessionRecord, StoreError};

/// A session of its own for code of another site, beside that of the browser's first-party pages.
pub(crate) struct Share {
    /// What the code shows from now on.
    pub ticket: Ticket,
    /// When it ends: with the session that it comes from.
    pub expires_at: SystemTime,
}

/// Makes a session like another one, under the key that `key` makes of its ticket.
///
/// # Errors
///
/// [`Rejection::Ticket`] if that one ended meanwhile; [`Rejection::Store`], [`Rejection::NoRandomness`].
pub(crate) async fn share(
    ports: &Ports,
    session: &SessionRecord,
    key: impl FnOnce(&Ticket) -> TicketHash,
) -> Result<Share, Rejection> {
    let begins = Begins {
        profile: Arc::clone(&session.profile),
        site: session.site.clone(),
        remembered: session.remembered,
        profile_read_at: session.profile_read_at,
        expires_at: session.expires_at,
    };
    let ticket = random_ticket()?;
    let key = key(&ticket);
    insert(ports, key, begins).await?;
    // Whoever signed out everywhere meanwhile meant this one too.
    if ports.sessions.load(&session.key).await?.is_none() {
        ports.sessions.delete(&key).await?;
        return Err(Rejection::Ticket);
    }
    let mut theirs = ports.sessions.list_of(session.account()).await?;
    theirs.retain(|other| other.key != session.key && other.key != key);
    end_oldest(ports, theirs, 2).await?;
    let expires_at = session.expires_at;
    Ok(Share { ticket, expires_at })
}

/// Makes a session for a consent, ends the browser's old one, and gives the new cookie.
pub(super) async fn begin(
    ports: &Ports,
    consented: &Consented,
    (old, remember): (Option<&TicketHash>, bool),
) -> Result<(TicketHash, SetCookie), Rejection> {
    let account = &consented.profile.account_id;
    let (now, old) = (ports.now(), old.copied());
    let mut theirs = ports.sessions.list_of(account).await?;
    theirs.retain(|session| lives(ports, session, now));
    let profile = shared(&theirs, &consented.profile);
    let before = theirs.iter().find(|session| Some(session.key) == old);
    let begins = Begins {
        profile,
        // Whoever asked for more goes on where they were.
        site: consented
            .site
            .clone()
            .or_else(|| before.and_then(|session| session.site.clone())),
        remembered: remember,
        profile_read_at: now,
        expires_at: now
            .checked_add(ports.config.session_lives(remember).1)
            .unwrap_or(now),
    };
    let ticket = random_ticket()?;
    let key = ports.config.session_key(&ticket);
    insert(ports, key, begins).await?;
    if let Some(old) = &old {
        ports.sessions.delete(old).await?;
        theirs.retain(|session| session.key != *old);
    }
    end_oldest(ports, theirs, 1).await?;
    let cookies = &ports.config.cookies;
    let (_, life) = ports.config.session_lives(remember);
    let cookie = SetCookie::new(&cookies.session, &ticket.encode(), cookies.secure);
    Ok((key, cookie.max_age(life.as_secs())))
}

/// One copy of a profile for all sessions of its account.
fn shared(others: &[Arc<SessionRecord>], profile: &Arc<Profile>) -> Arc<Profile> {
    let same = others.iter().find(|other| other.profile == *profile);
    Arc::clone(same.map_or(profile, |other| &other.profile))
}

/// What a new session begins with.
struct Begins {
    profile: Arc<Profile>,
    site: Option<CloudId>,
    remembered: bool,
    profile_read_at: SystemTime,
    expires_at: SystemTime,
}

async fn insert(ports: &Ports, key: TicketHash, begins: Begins) -> Result<(), Rejection> {
    let now = ports.now();
    let record = SessionRecord {
        key,
        profile: begins.profile,
        site: begins.site,
        profile_read_at: begins.profile_read_at,
        remembered: begins.remembered,
        created_at: now,
        seen_at: now,
        expires_at: begins.expires_at,
        version: 1,
    };
    match ports.sessions.insert(Arc::new(record)).await? {
        Inserted::Done => Ok(()),
        // Two equal draws of 256 bits: the source is broken.
        Inserted::Exists => Err(Rejection::NoRandomness),
    }
}

/// Ends the oldest of an account's sessions, beside so many that stay.
async fn end_oldest(
    ports: &Ports,
    mut others: Vec<Arc<SessionRecord>>,
    staying: usize,
) -> Result<(), StoreError> {
    let most_others = ports.config.sessions_per_account.saturating_sub(staying);
    others.sort_by_key(|other| std::cmp::Reverse(other.created_at));
    for other in others.iter().skip(most_others) {
        ports.sessions.delete(&other.key).await?;
    }
    Ok(())
}

/// The session under a key, if it is there and its time has not come.
///
/// # Errors
///
/// [`Rejection::Store`] if nobody can tell.
pub(crate) async fn current(
    ports: &Arc<Ports>,
    key: Option<&TicketHash>,
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
    key: Option<&TicketHash>,
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

fn lives(ports: &Ports, record: &SessionRecord, now: SystemTime) -> bool {
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

/// The cookies that take a session from a browser: the removal, and a mark that lives one second.
///
/// Chromium throws a `no-store` page out of its back-forward cache when cookies change; but it overlooks a mere removal
/// when the page was reached by the very redirect that set the cookie, as the page after a login is (seen in Chromium
/// 156, `tests/browser`). A cookie that is set is never overlooked.
pub(crate) fn ending(ports: &Ports) -> Vec<SetCookie> {
    let cookies = &ports.config.cookies;
    let mark = format!("{}-ended", cookies.session);
    vec![
        SetCookie::removal(&cookies.session, cookies.secure),
        SetCookie::new(&mark, "1", cookies.secure).max_age(1),
    ]
}

/// Does what a visitor asked for although they hang up: nobody who signed out stays signed in.
pub(super) async fn to_the_end<T: Send + 'static>(
    ports: &Ports,
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    let done = ports.tasks.spawn(work).await;
    done.unwrap_or_else(|panic_or_shutdown| Err(StoreError::Failed(panic_or_shutdown.into())))
}

/// Ends one session and gives the cookies that take it from the browser.
///
/// # Errors
///
/// [`Rejection::Store`] if the session may still be there.
pub(crate) async fn end(ports: &Arc<Ports>, key: &TicketHash) -> Result<Vec<SetCookie>, Rejection> {
    let (worker, key) = (Arc::clone(ports), *key);
    let ended = to_the_end(ports, async move { worker.sessions.delete(&key).await });
    ended.await?;
    tracing::info!(target: "threelo", "session ended");
    Ok(ending(ports))
}

/// Ends all sessions of an account.
///
/// # Errors
///
/// [`Rejection::Store`] if some may still be there.
pub(crate) async fn end_all(
    ports: &Arc<Ports>,
    account: &AccountId,
) -> Result<Vec<SetCookie>, Rejection> {
    let (worker, account) = (Arc::clone(ports), account.clone());
    let ended = async move { worker.sessions.delete_of(&account, None).await };
    to_the_end(ports, ended).await?;
    tracing::info!(target: "threelo", "all sessions of an account ended");
    Ok(ending(ports))
}

/// Atlassian says that an account is not active any more: its sessions end. A store that is down is asked again at the next
/// look at the profile.
pub(super) async fn account_ended(ports: &Ports, account: &AccountId) {
    match ports.sessions.delete_of(account, None).await {
        Ok(0) => {}
        Ok(_) => tracing::info!(target: "threelo", "the sessions of an inactive account ended"),
        Err(error) => {
            tracing::warn!(target: "threelo", error = %Causes(&error), "the sessions of an inactive account could not be ended");
        }
    }
}

/// Ends the account's session with this handle; `false` if it has none.
///
/// # Errors
///
/// [`Rejection::Store`] if the store failed.
pub(crate) async fn end_by_handle(
    ports: &Ports,
    account: &AccountId,
    handle: &str,
) -> Result<bool, Rejection> {
    let sessions = ports.sessions.list_of(account).await?;
    let Some(session) = sessions
        .iter()
        .find(|session| session.key.handle() == handle)
    else {
        return Ok(false);
    };
    let (store, key) = (Arc::clone(&ports.sessions), session.key);
    to_the_end(ports, async move { store.delete(&key).await }).await?;
    Ok(true)
}
