//! How sessions begin: at the end of a login, and for code of another site that redeems a ticket.
//!
//! Nothing of a request becomes part of a token: each is 256 new random bits, so a planted one is
//! never adopted (docs/attacks.md, T079).

use std::sync::Arc;
use std::time::SystemTime;

use crate::crypto::random;
use crate::error::Rejection;
use crate::ids::{CloudId, SessionToken, SessionTokenHash};
use crate::message::cookie::SetCookie;
use crate::ports::Ports;
use crate::provider::profile::Profile;
use crate::session::kind::SessionKind;
use crate::session::lookup::{idle_end, lives};
use crate::store::{Inserted, SessionRecord, StoreError, UnknownFields};

/// A session of its own for code of another site, beside the one of the browser's first-party
/// pages.
pub(crate) struct SharedSession {
    /// What the code shows from now on. It is not stored; only its hash is.
    pub token: SessionToken,
    /// The absolute end, that of the session that it comes from.
    pub expires_at: SystemTime,
}

/// Makes a session like another one, to be shown in the way of `kind`. Both have the same absolute
/// end; otherwise they are independent, and signing out of one leaves the other alone
/// (docs/decisions/0064).
///
/// After the new session is stored, the other one is looked up again: a "sign out everywhere" in
/// between did not see the new row, and it must end this session, too (docs/attacks.md, T097).
///
/// # Errors
///
/// [`Rejection::Ticket`] if the other session ended meanwhile; [`Rejection::Store`],
/// [`Rejection::NoRandomness`].
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
    // A sign-out everywhere that happened meanwhile includes this session.
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
    /// The site that was wished for, if it was granted.
    pub site: Option<CloudId>,
    /// Whether it gets the longer lifetimes of the builder's `remember`.
    pub remember: bool,
    /// The browser's session so far, which ends; it may belong to another account.
    pub replaces: Option<SessionTokenHash>,
}

/// A session that has begun and is stored.
pub(crate) struct StartedSession {
    /// The key under which it is stored, for a handoff ticket.
    pub key: SessionTokenHash,
    /// The cookie that replaces the browser's old one; it lives until the session's absolute end.
    pub cookie: SetCookie,
}

/// Begins a session for a consent: stores it under a new token, ends the browser's old session, and
/// ends the oldest sessions of the account if it has too many (docs/attacks.md, T104).
///
/// The site is the one of the wish, or that of the browser's old session if it was the same
/// account's: a visitor who asked for more goes on where they were.
///
/// # Errors
///
/// [`Rejection::Store`], [`Rejection::NoRandomness`]. The new session may have been stored then;
/// without its cookie it ends by itself.
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

/// One copy of an equal profile for all sessions of its account, so that memory grows with accounts
/// and not with sessions.
fn shared(others: &[Arc<SessionRecord>], profile: &Arc<Profile>) -> Arc<Profile> {
    let same = others.iter().find(|other| other.profile == *profile);
    Arc::clone(same.map_or(profile, |other| &other.profile))
}

/// What differs between a session of a login and one of a ticket.
struct InitialState {
    profile: Arc<Profile>,
    site: Option<CloudId>,
    remembered: bool,
    profile_read_at: SystemTime,
    expires_at: SystemTime,
}

/// Stores a new session; it never replaces one.
///
/// # Errors
///
/// [`Rejection::Store`]. A key that exists is [`Rejection::NoRandomness`]: two equal draws of 256
/// bits prove that the source is broken.
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
        idle_ends_at: idle_end(ports, begins.remembered, now),
        unknown: UnknownFields::default(),
        version: 1,
    };
    match ports.sessions.insert(Arc::new(record)).await? {
        Inserted::Done => Ok(()),
        Inserted::Exists => Err(Rejection::NoRandomness),
    }
}

/// Ends the oldest of an account's sessions until the rest fits beside `staying` others. Two logins
/// at the same moment may leave one session too many; the next login ends it.
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
