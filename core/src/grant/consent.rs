//! Grants in the store: consents make, join or replace them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep};

use crate::config::{AccessType, Config};
use crate::crypto::random;
use crate::error::{Causes, Reason};
use crate::grant::merge::{added, merge};
use crate::grant::records::{TRIES, forget};
use crate::grant::{HOLD, link, linking};
use crate::ids::{CloudId, ConsentId, Subject};
use crate::ports::Ports;
use crate::provider::profile::Profile;
use crate::provider::site::Site;
use crate::provider::token::TokenSet;
use crate::scope::Scopes;
use crate::store::version::earliest;
use crate::store::{GrantKey, GrantRecord, Inserted, Replaced, StoreError, Version};

/// A refresh token that nobody uses ends after this long.
const IDLE: Duration = Duration::from_secs(90 * 24 * 3600);

/// What a consent brought.
pub(crate) struct Consent<'a> {
    pub(crate) profile: &'a Arc<Profile>,
    pub(crate) tokens: &'a TokenSet,
    pub(crate) asked: &'a Scopes,
    pub(crate) sites: Option<Arc<[Site]>>,
    /// In connect mode, who gets the grant.
    pub(crate) subject: Option<&'a Subject>,
    /// The wished site, if it was granted.
    pub(crate) site: Option<CloudId>,
}

/// Whether a grant may be made or linked, or only renewed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WriteScope {
    All,
    TokensOnly,
}

/// What came of one try.
enum WriteOutcome {
    Done(Arc<GrantRecord>),
    /// Somebody else wrote in between.
    Conflict,
    /// Another user of the app has the account.
    Taken,
    /// There is nothing to renew, or something newer is stored.
    Nothing,
}

/// Stores a consent: a new grant, or new tokens, sites and links for the existing one. If the store fails for too long to
/// wait for it, the existing one gets its new tokens later.
///
/// # Errors
///
/// [`Reason::LinkedElsewhere`], [`Reason::Unavailable`].
pub(crate) async fn store(ports: &Arc<Ports>, consent: &Consent<'_>) -> Result<(), Reason> {
    let new = record(ports, consent).map_err(|_none| Reason::Unavailable)?;
    for attempt in 0..TRIES {
        match put(ports, &new, WriteScope::All).await {
            Ok(WriteOutcome::Done(stored)) => return settle(ports, &stored).await,
            Ok(WriteOutcome::Nothing) => return Ok(()),
            Ok(WriteOutcome::Taken) => {
                renew(ports, consent).await;
                return Err(Reason::LinkedElsewhere);
            }
            Ok(WriteOutcome::Conflict) => {}
            Err(error) => {
                let is_full = matches!(error, StoreError::Full);
                tracing::warn!(target: "threelo", error = %Causes(&error), "the grant store failed at a consent");
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

/// Waits before a call of the store is tried again: 50 ms, then twice as long each time.
async fn back_off(attempt: u32) {
    sleep(Duration::from_millis(50 << attempt)).await;
}

/// Gives an existing grant the new tokens, because its old ones may be dead by now; makes none and links nobody.
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

async fn is_renewed(ports: &Ports, new: &GrantRecord) -> bool {
    for _ in 0..TRIES {
        match put(ports, new, WriteScope::TokensOnly).await {
            Ok(WriteOutcome::Done(_) | WriteOutcome::Nothing) => return true,
            Ok(WriteOutcome::Conflict | WriteOutcome::Taken) => {}
            Err(error) => {
                tracing::warn!(target: "threelo", error = %Causes(&error), "an existing grant waits for its new tokens");
                return false;
            }
        }
    }
    false
}

/// The same behind the visitor's back, for as long as a refresh would hold its tokens.
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
        tracing::error!(target: "threelo", "an existing grant did not get its new tokens for an hour");
    }));
}

/// Whether another user of the app has the account, and may keep it for themselves.
///
/// # Errors
///
/// [`Reason::Unavailable`] if nobody can tell.
pub(crate) async fn is_taken(ports: &Ports, consent: &Consent<'_>) -> Result<bool, Reason> {
    if consent.subject.is_none() {
        return Ok(false);
    }
    let new = record(ports, consent).map_err(|_none| Reason::Unavailable)?;
    let theirs = ports.grants.of_account(&ports.app, &new.key.account);
    let theirs = theirs.await.map_err(|_store| Reason::Unavailable)?;
    Ok(link::is_taken(ports, &theirs, &new))
}

pub(crate) fn record(
    ports: &Ports,
    consent: &Consent<'_>,
) -> Result<GrantRecord, crate::error::Rejection> {
    let account = &consent.profile.account_id;
    let key = match ports.config.access {
        AccessType::Account => ports.grant_key(account),
        AccessType::Resource => GrantKey {
            consent: Some(ConsentId::from_bytes(random()?)),
            ..ports.grant_key(account)
        },
    };
    let now = ports.now();
    let beginning = beginning(now)?;
    Ok(GrantRecord {
        key,
        tokens: consent.tokens.clone(),
        consented_at: consent.tokens.exchanged_at,
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
        generation: beginning,
        version: beginning,
    })
}

/// Where a new grant begins to count. No two grants of one account begin alike: whoever still refreshes a grant that was
/// deleted never writes over the one that took its place.
fn beginning(now: SystemTime) -> Result<Version, crate::error::Rejection> {
    let [a, b, c] = random()?;
    Ok(earliest(now) | u64::from(u32::from_be_bytes([0, a & 0x0f, b, c])))
}

/// One try.
async fn put(
    ports: &Ports,
    new: &GrantRecord,
    change: WriteScope,
) -> Result<WriteOutcome, StoreError> {
    let theirs = ports
        .grants
        .of_account(&ports.app, &new.key.account)
        .await?;
    if change == WriteScope::All && link::is_taken(ports, &theirs, new) {
        return Ok(WriteOutcome::Taken);
    }
    let Some(stored) = theirs.iter().find(|stored| stored.key == new.key) else {
        if change == WriteScope::TokensOnly {
            return Ok(WriteOutcome::Nothing);
        }
        return insert(ports, &theirs, new).await;
    };
    let now = ports.now();
    let record = Arc::new(match change {
        WriteScope::All => merge(stored, new, now),
        WriteScope::TokensOnly => GrantRecord {
            links: Arc::clone(&stored.links),
            profile: stored.profile.clone(),
            ..merge(stored, new, now)
        },
    });
    if record.generation == stored.generation && record.links == stored.links {
        return Ok(WriteOutcome::Nothing);
    }
    let replaced = ports
        .grants
        .replace(stored.version, Arc::clone(&record))
        .await?;
    Ok(match replaced {
        Replaced::Done => done(ports, record),
        Replaced::Conflict => WriteOutcome::Conflict,
    })
}

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

fn done(ports: &Ports, record: Arc<GrantRecord>) -> WriteOutcome {
    ports.refresh.cache.put(&record, ports.now());
    ports.refresh.single_flight.wake(&record.key);
    WriteOutcome::Done(record)
}

/// Resource-level: looks once more at the account's other grants, now that this one is stored. Two users who connect an
/// account at once may both have found it free; whoever sees the other gives way, so that never both have it.
async fn settle(ports: &Ports, new: &GrantRecord) -> Result<(), Reason> {
    if new.key.consent.is_none() {
        return Ok(());
    }
    for attempt in 0..TRIES {
        let theirs = ports.grants.of_account(&ports.app, &new.key.account).await;
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
    // Nobody can tell whose the account is: it stays with whoever had it.
    give_up(ports, new).await;
    Err(Reason::Unavailable)
}

async fn give_up(ports: &Ports, new: &GrantRecord) {
    for attempt in 0..TRIES {
        if forget(ports, &new.key).await.is_ok() {
            return;
        }
        back_off(attempt).await;
    }
    tracing::error!(target: "threelo", "a grant that was refused could not be deleted");
}

/// A consent that covers all sites of older grants takes their place, for whoever gave it. What fails is tidied up by the
/// next one.
async fn replace_older(ports: &Ports, theirs: &[Arc<GrantRecord>], new: &GrantRecord) {
    for older in theirs.iter().filter(|older| is_covered(older, new)) {
        if let Err(error) = linking::hand_over(ports, older, new).await {
            tracing::warn!(target: "threelo", error = %Causes(&error), "an older grant could not be replaced");
        }
    }
}

fn is_covered(older: &GrantRecord, new: &GrantRecord) -> bool {
    let (Some(before), Some(after)) = (&older.sites, &new.sites) else {
        return false;
    };
    let reached = |site: &Site| after.iter().any(|other| other.id == site.id);
    older.key != new.key && older.consented_at <= new.consented_at && before.iter().all(reached)
}

/// When the account must consent again at the latest, if nobody uses the grant: 90 days after the last exchange, or with
/// the access token if there is no refresh token; earlier if consents are reckoned to end.
pub(crate) fn consent_by(config: &Config, grant: &GrantRecord) -> SystemTime {
    let tokens = &grant.tokens;
    if let Some(mark) = &grant.consent_needed {
        return mark.since;
    }
    if tokens.refresh_token.is_none() {
        return tokens.expires_at;
    }
    let after = |from: SystemTime, life| from.checked_add(life).unwrap_or(from);
    let idle_end = after(tokens.exchanged_at, IDLE);
    match config.longest_consent {
        Some(longest) => idle_end.min(after(grant.consented_at, longest)),
        None => idle_end,
    }
}
