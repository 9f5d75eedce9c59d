//! Sessions: begin, look up, end.

use std::sync::Arc;
use std::time::SystemTime;

use crate::crypto::random;
use crate::error::Rejection;
use crate::ids::{CloudId, SessionToken, SessionTokenHash};
use crate::message::cookie::SetCookie;
use crate::ports::Ports;
use crate::provider::profile::Profile;
use crate::session::kind::SessionKind;
use crate::session::lookup::lives;
use crate::store::{Inserted, SessionRecord, StoreError};

/// A session of its own for code of another site, beside that of the browser's first-party pages.
pub(crate) struct SharedSession {
    /// What the code shows from now on.
    pub token: SessionToken,
    /// When it ends: with the session that it comes from.
    pub expires_at: SystemTime,
}

/// Makes a session like another one, to be shown in the way of `kind`.
///
/// # Errors
///
/// [`Rejection::Ticket`] if that one ended meanwhile; [`Rejection::Store`], [`Rejection::NoRandomness`].
pub(crate) async fn share(
    ports: &Ports,
    session: &SessionRecord,
    kind: SessionKind<'_>,
) -> Result<SharedSession, Rejection> {
    let begins = InitialState {
        profile: Arc::clone(&session.profile),
        site: session.site.clone(),
        remembered: session.remembered,
        profile_read_at: session.profile_read_at,
        expires_at: session.expires_at,
    };
    let token = SessionToken::from_bytes(random()?);
    let key = kind.key(&ports.config, &token);
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
    Ok(SharedSession { token, expires_at })
}

/// What a callback begins a session with.
pub(crate) struct NewSession {
    /// Who signed in.
    pub profile: Arc<Profile>,
    /// The site that was asked for, if it was granted.
    pub site: Option<CloudId>,
    /// Whether it lives for longer.
    pub remember: bool,
    /// The browser's session so far, which ends.
    pub replaces: Option<SessionTokenHash>,
}

/// A session that began.
pub(crate) struct StartedSession {
    /// Its key.
    pub key: SessionTokenHash,
    /// What the browser shows from now on.
    pub cookie: SetCookie,
}

/// Makes a session for a consent, ends the browser's old one, and gives the new cookie.
pub(crate) async fn begin(ports: &Ports, new: NewSession) -> Result<StartedSession, Rejection> {
    let now = ports.now();
    let mut theirs = ports.sessions.list_of(&new.profile.account_id).await?;
    theirs.retain(|session| lives(ports, session, now));
    let before = theirs
        .iter()
        .find(|session| Some(session.key) == new.replaces);
    let (_, life) = ports.config.session_lives(new.remember);
    let begins = InitialState {
        profile: shared(&theirs, &new.profile),
        // Whoever asked for more goes on where they were.
        site: new
            .site
            .or_else(|| before.and_then(|session| session.site.clone())),
        remembered: new.remember,
        profile_read_at: now,
        expires_at: now.checked_add(life).unwrap_or(now),
    };
    let token = SessionToken::from_bytes(random()?);
    let key = SessionKind::Cookie.key(&ports.config, &token);
    insert(ports, key, begins).await?;
    if let Some(old) = &new.replaces {
        ports.sessions.delete(old).await?;
        theirs.retain(|session| session.key != *old);
    }
    end_oldest(ports, theirs, 1).await?;
    let cookies = &ports.config.cookies;
    let cookie = SetCookie::new(&cookies.session, &token.encode(), cookies.secure);
    let cookie = cookie.max_age(life.as_secs());
    Ok(StartedSession { key, cookie })
}

/// One copy of a profile for all sessions of its account.
fn shared(others: &[Arc<SessionRecord>], profile: &Arc<Profile>) -> Arc<Profile> {
    let same = others.iter().find(|other| other.profile == *profile);
    Arc::clone(same.map_or(profile, |other| &other.profile))
}

/// What a new session begins with.
struct InitialState {
    profile: Arc<Profile>,
    site: Option<CloudId>,
    remembered: bool,
    profile_read_at: SystemTime,
    expires_at: SystemTime,
}

async fn insert(
    ports: &Ports,
    key: SessionTokenHash,
    begins: InitialState,
) -> Result<(), Rejection> {
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
