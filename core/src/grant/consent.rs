//! What a consent does in the store: it makes, widens or replaces a grant.
//!
//! A consent that was exchanged must not be lost, because the tokens that are stored may be dead from then on
//! (`docs/protocol.md`, section 3.3). The functions here run in tasks that a browser that hangs up does not
//! end.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep};

use crate::config::AccessType;
use crate::crypto::random;
use crate::error::{Causes, Reason};
use crate::grant::merge::{added, complete, has, merge};
use crate::grant::records::{TRIES, forget};
use crate::grant::{HOLD, link, linking};
use crate::ids::{CloudId, ConsentId, Subject};
use crate::ports::Ports;
use crate::provider::profile::Profile;
use crate::provider::site::Site;
use crate::provider::token::TokenSet;
use crate::scope::Scopes;
use crate::store::first_version::earliest;
use crate::store::{GrantKey, GrantRecord, Inserted, Replaced, StoreError, UnknownFields, Version};

/// What a consent brought, before it is a record.
pub(crate) struct Consent<'a> {
    /// Distinguishes it from every other consent.
    pub(crate) id: &'a ConsentId,
    /// The account that consented, as `GET /me` named it.
    pub(crate) profile: &'a Arc<Profile>,
    /// What the code was exchanged for.
    pub(crate) tokens: &'a TokenSet,
    /// The scopes that the flow asked for.
    pub(crate) asked: &'a Scopes,
    /// The sites that the tokens reach; `None` if they could not be read, which does not fail the login.
    pub(crate) sites: Option<Arc<[Site]>>,
    /// In connect mode, the user of the app who gets the grant.
    pub(crate) subject: Option<&'a Subject>,
    /// The site that the flow wished for, if it was granted.
    pub(crate) site: Option<CloudId>,
}

/// How much of a consent may be written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WriteScope {
    /// The grant may be created and linked.
    All,
    /// An existing grant gets the new tokens; none is created, and its links stay as they are.
    TokensOnly,
}

/// The outcome of one try to store a consent.
enum WriteOutcome {
    /// The record is stored as returned; that may be what was stored before.
    Done(Arc<GrantRecord>),
    /// Another writer was faster; try again with what is stored now.
    Conflict,
    /// The account belongs to another user of the app; nothing is changed.
    Taken,
    /// There is no grant to renew.
    Nothing,
}

/// Stores a consent: a new grant, or new tokens, sites and links for the existing one.
///
/// A store that fails is tried again for about three seconds. If it keeps failing, the login fails, and the
/// existing grant still gets its new tokens in the background, because the old ones may be dead by then. An
/// account that belongs to another user is not linked
/// (`docs/decisions/0035-linked-account-is-refused-after-the-exchange.md`); [`renew`] gave it the new tokens before.
///
/// # Errors
///
/// [`Reason::LinkedElsewhere`] if another user of the app has the account, [`Reason::Unavailable`] if the store
/// failed or the system gives no random bytes. In both cases no link was added; a write whose answer was lost
/// is the exception.
pub(crate) async fn store(ports: &Arc<Ports>, consent: &Consent<'_>) -> Result<(), Reason> {
    let new = record(ports, consent).map_err(|_none| Reason::Unavailable)?;
    for attempt in 0..TRIES {
        match put(ports, &new, WriteScope::All).await {
            Ok(WriteOutcome::Done(stored)) => return settle(ports, &stored).await,
            Ok(WriteOutcome::Nothing) => return Ok(()),
            Ok(WriteOutcome::Taken) => return Err(Reason::LinkedElsewhere),
            Ok(WriteOutcome::Conflict) => {}
            Err(error) => {
                let is_full = matches!(error, StoreError::Full);
                tracing::warn!(
                    target: "threelo",
                    error = %Causes(&error),
                    "the grant store failed while a consent was stored"
                );
                if is_full {
                    break;
                }
                back_off(attempt).await;
            }
        }
    }
    tracing::error!(target: "threelo", "the grant could not be stored");
    renew_later(ports, new);
    Err(Reason::Unavailable)
}

/// Waits before a store call is tried again: 50 ms after the first attempt, then twice as long each time.
async fn back_off(attempt: u32) {
    sleep(Duration::from_millis(50 << attempt)).await;
}

/// Gives an existing grant the new tokens of a consent that is not judged yet, because its old ones may be dead;
/// creates and links nothing. At a resource-level app the consent is a grant of its own, so nothing is
/// done (`docs/decisions/0038-no-renewal-for-resource-level-apps.md`). It does not fail: what cannot be stored
/// is tried again in the background.
pub(crate) async fn renew(ports: &Arc<Ports>, consent: &Consent<'_>) {
    if ports.config.access == AccessType::Resource {
        return;
    }
    let Ok(new) = record(ports, consent) else {
        return;
    };
    if !is_renewed(ports, &new).await {
        renew_later(ports, new);
    }
}

/// Whether the existing grant has the new tokens, or needs none. `false` if the store failed or other writers
/// won each time.
async fn is_renewed(ports: &Ports, new: &GrantRecord) -> bool {
    for _ in 0..TRIES {
        match put(ports, new, WriteScope::TokensOnly).await {
            Ok(WriteOutcome::Done(_) | WriteOutcome::Nothing) => return true,
            Ok(WriteOutcome::Conflict | WriteOutcome::Taken) => {}
            Err(error) => {
                tracing::warn!(
                    target: "threelo",
                    error = %Causes(&error),
                    "the new tokens of an existing grant could not be stored; they are tried again"
                );
                return false;
            }
        }
    }
    false
}

/// Tries the renewal again in the background, for as long as a refresh would hold its tokens. A process that
/// ends before that loses the tokens; the account then needs a new consent.
fn renew_later(ports: &Arc<Ports>, new: GrantRecord) {
    let worker = Arc::clone(ports);
    drop(ports.tasks.spawn(async move {
        let (began, mut pause) = (Instant::now(), Duration::from_millis(500));
        while began.elapsed() < HOLD {
            sleep(pause).await;
            if is_renewed(&worker, &new).await {
                return;
            }
            pause = (pause * 2).min(Duration::from_secs(5));
        }
        tracing::error!(target: "threelo", "the new tokens of an existing grant could not be stored for an hour");
    }));
}

/// Whether the account of a consent belongs to another user of the app, before the app's hook is asked. It is
/// checked again when the consent is stored, because another user may connect the account in between.
///
/// # Errors
///
/// [`Reason::Unavailable`] if the store failed or the system gives no random bytes.
pub(crate) async fn is_taken(ports: &Ports, consent: &Consent<'_>) -> Result<bool, Reason> {
    if consent.subject.is_none() {
        return Ok(false);
    }
    let new = record(ports, consent).map_err(|_none| Reason::Unavailable)?;
    let theirs = ports.grants.all_of_account(&ports.app, &new.key.account);
    let theirs = theirs.await.map_err(|error| {
        tracing::error!(target: "threelo", error = %Causes(&error), "it is unknown whose an account is");
        Reason::Unavailable
    })?;
    Ok(link::is_taken(ports, &theirs, &new))
}

/// The record that a consent would create, with a key, a version and a generation of its own.
///
/// # Errors
///
/// The rejection for a system that gives no random bytes.
pub(crate) fn record(
    ports: &Ports,
    consent: &Consent<'_>,
) -> Result<GrantRecord, crate::error::Rejection> {
    let account = &consent.profile.account_id;
    let id = consent.id;
    let key = GrantKey {
        consent: (ports.config.access == AccessType::Resource).then(|| id.clone()),
        ..ports.grant_key(account)
    };
    let now = ports.now();
    let beginning = beginning(now)?;
    Ok(GrantRecord {
        key,
        tokens: consent.tokens.clone(),
        consented_at: consent.tokens.exchanged_at,
        consents: Arc::new([id.clone()]),
        asked: consent.asked.clone(),
        wanted: consent.tokens.scopes.clone(),
        consent_needed: None,
        sites: consent.sites.clone(),
        added: Arc::new([]),
        sites_read_at: now,
        last_site: None,
        profile: consent.subject.map(|_| Arc::clone(consent.profile)),
        links: consent
            .subject
            .map(|subject| link::new(subject, now, consent.site.clone()))
            .into_iter()
            .collect(),
        unknown: UnknownFields::default(),
        generation: beginning,
        version: beginning,
    })
}

/// The number at which a new grant starts to count. No two grants of one account start at the same number, so
/// that a refresh of a deleted grant never writes over the one that took its place
/// (`docs/decisions/0039-grants-count-from-a-unique-number.md`).
fn beginning(now: SystemTime) -> Result<Version, crate::error::Rejection> {
    let [a, b, c] = random()?;
    Ok(earliest(now) | u64::from(u32::from_be_bytes([0, a & 0x0f, b, c])))
}

/// Stores a consent once: reads the account's grants, then inserts or replaces by compare-and-set.
///
/// # Errors
///
/// [`StoreError`] if the store failed. The write may have happened; another try then finds it and changes nothing,
/// whatever was written on top of it.
async fn put(
    ports: &Ports,
    new: &GrantRecord,
    change: WriteScope,
) -> Result<WriteOutcome, StoreError> {
    let theirs = match change == WriteScope::All && !new.links.is_empty() {
        true => ports.grants.all_of_account(&ports.app, &new.key.account),
        false => ports.grants.of_account(&ports.app, &new.key.account),
    };
    let theirs = theirs.await?;
    if change == WriteScope::All && link::is_taken(ports, &theirs, new) {
        return Ok(WriteOutcome::Taken);
    }
    let Some(stored) = theirs.iter().find(|stored| stored.key == new.key) else {
        if change == WriteScope::TokensOnly {
            return Ok(WriteOutcome::Nothing);
        }
        return insert(ports, &theirs, new).await;
    };
    let Some(record) = changed(stored, new, change, ports.now()).map(Arc::new) else {
        return Ok(WriteOutcome::Done(Arc::clone(stored)));
    };
    let replaced = ports
        .grants
        .replace(stored.version, Arc::clone(&record))
        .await?;
    Ok(match replaced {
        Replaced::Done => done(ports, record),
        Replaced::Conflict => WriteOutcome::Conflict,
    })
}

/// The stored grant with what a consent changes in it; `None` if that is nothing.
fn changed(
    stored: &GrantRecord,
    new: &GrantRecord,
    change: WriteScope,
    now: SystemTime,
) -> Option<GrantRecord> {
    let record = match (has(stored, new), change) {
        (true, WriteScope::All) => return complete(stored, new),
        (true, WriteScope::TokensOnly) => return None,
        (false, WriteScope::All) => merge(stored, new, now),
        (false, WriteScope::TokensOnly) => GrantRecord {
            links: Arc::clone(&stored.links),
            profile: stored.profile.clone(),
            ..merge(stored, new, now)
        },
    };
    let is_newer = record.generation != stored.generation;
    (is_newer || record.links != stored.links).then_some(record)
}

/// Stores a first grant, or the next one of a resource-level app. The sites that none of the other grants
/// reached count as added.
async fn insert(
    ports: &Ports,
    theirs: &[Arc<GrantRecord>],
    new: &GrantRecord,
) -> Result<WriteOutcome, StoreError> {
    let before = theirs.iter().filter_map(|grant| grant.sites.as_deref());
    let before: Vec<Site> = before.flatten().cloned().collect();
    let before = Some(&*before).filter(|_| !theirs.is_empty());
    let record = Arc::new(GrantRecord {
        added: added(before, new.sites.as_deref()),
        ..new.clone()
    });
    Ok(match ports.grants.insert(Arc::clone(&record)).await? {
        Inserted::Done => done(ports, record),
        Inserted::Exists => WriteOutcome::Conflict,
    })
}

/// What follows a successful write: the cache knows the record, and a back-off after failed refreshes ends,
/// because the new tokens are not those that failed.
fn done(ports: &Ports, record: Arc<GrantRecord>) -> WriteOutcome {
    ports.refresh.cache.put(&record, ports.now());
    ports.refresh.single_flight.wake(&record.key);
    WriteOutcome::Done(record)
}

/// Resource-level: checks the account's other grants once more, now that this one is stored.
///
/// Two users who connect one account concurrently may both have found it free. Each looks again after writing,
/// and gives way if it sees the other, so that never both have the account; both may be refused.
///
/// # Errors
///
/// [`Reason::LinkedElsewhere`] if another user has the account, [`Reason::Unavailable`] if that cannot be
/// determined; the new grant was deleted then, unless the store failed at that too, which is logged. In sign-in
/// mode the account cannot belong to another user, and if the store fails only the replacement of older grants
/// is skipped.
async fn settle(ports: &Ports, new: &GrantRecord) -> Result<(), Reason> {
    if new.key.consent.is_none() {
        return Ok(());
    }
    for attempt in 0..TRIES {
        let theirs = ports
            .grants
            .all_of_account(&ports.app, &new.key.account)
            .await;
        match theirs {
            Ok(theirs) if link::is_taken(ports, &theirs, new) => {
                give_up(ports, new).await;
                return Err(Reason::LinkedElsewhere);
            }
            Ok(theirs) => {
                replace_older(ports, &theirs, new).await;
                return Ok(());
            }
            Err(_) => back_off(attempt).await,
        }
    }
    if new.links.is_empty() {
        return Ok(());
    }
    // It is unknown who has the account, so it stays with the user who had it before.
    give_up(ports, new).await;
    Err(Reason::Unavailable)
}

/// Deletes the grant of a consent that was refused after it was stored.
async fn give_up(ports: &Ports, new: &GrantRecord) {
    for attempt in 0..TRIES {
        if forget(ports, &new.key).await.is_ok() {
            return;
        }
        back_off(attempt).await;
    }
    tracing::error!(target: "threelo", "the grant of a refused consent could not be deleted");
}

/// Replaces older grants of a resource-level app whose sites are all covered by the new one, for the user who
/// gave the consent. An older grant that cannot be replaced stays, and the next consent that covers it removes
/// it.
async fn replace_older(ports: &Ports, theirs: &[Arc<GrantRecord>], new: &GrantRecord) {
    for older in theirs.iter().filter(|older| is_covered(older, new)) {
        if let Err(error) = linking::hand_over(ports, older, new).await {
            tracing::warn!(target: "threelo", error = %Causes(&error), "an older grant could not be replaced");
        }
    }
}

/// Whether the new grant reaches every site of an older one. Grants whose sites are unknown are never covered.
fn is_covered(older: &GrantRecord, new: &GrantRecord) -> bool {
    let (Some(before), Some(after)) = (&older.sites, &new.sites) else {
        return false;
    };
    let reached = |site: &Site| after.iter().any(|other| other.id == site.id);
    older.key != new.key && older.consented_at <= new.consented_at && before.iter().all(reached)
}
