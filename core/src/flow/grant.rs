//! An account's one grant: new consents join it, and it ends.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::ports::Ports;
use crate::config::Config;
use crate::error::Reason;
use crate::ids::AccountId;
use crate::site::Site;
use crate::store::{GrantKey, GrantRecord, Inserted, Replaced, StoreError};
use crate::token::TokenSet;

const TRIES: u32 = 6;
/// A refresh token that nobody uses ends after this long.
const IDLE: Duration = Duration::from_secs(90 * 24 * 3600);

/// Whether a grant may be made, or only renewed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    Insert,
    LeaveOut,
}

/// Stores a consent: a new grant, or new tokens and sites for the account's existing one.
pub(super) async fn store(
    ports: &Ports,
    account: &AccountId,
    tokens: &TokenSet,
    sites: Option<Arc<[Site]>>,
) -> Result<(), Reason> {
    let new = record(ports, account, tokens, sites);
    for attempt in 0..TRIES {
        match put(ports, &new, Missing::Insert).await {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(StoreError::Full) => break,
            Err(StoreError::Failed(_)) => {
                tokio::time::sleep(Duration::from_millis(50 << attempt)).await
            }
        }
    }
    tracing::error!(target: "threelo", "the grant could not be stored");
    Err(Reason::Unavailable)
}

/// Gives an existing grant the new tokens; makes none.
pub(super) async fn renew(
    ports: &Ports,
    account: &AccountId,
    tokens: &TokenSet,
    sites: Option<Arc<[Site]>>,
) {
    let new = record(ports, account, tokens, sites);
    for _ in 0..TRIES {
        if matches!(put(ports, &new, Missing::LeaveOut).await, Ok(true)) {
            return;
        }
    }
    tracing::warn!(target: "threelo", "an existing grant did not get its new tokens");
}

fn record(
    ports: &Ports,
    account: &AccountId,
    tokens: &TokenSet,
    sites: Option<Arc<[Site]>>,
) -> GrantRecord {
    GrantRecord {
        key: ports.grant_key(account),
        tokens: tokens.clone(),
        consented_at: tokens.exchanged_at,
        consent_needed: None,
        sites,
        sites_read_at: ports.now(),
        last_site: None,
        generation: 1,
        version: 1,
    }
}

/// One try; `false` means that somebody else wrote in between.
async fn put(ports: &Ports, new: &GrantRecord, missing: Missing) -> Result<bool, StoreError> {
    let Some(stored) = ports.grants.load(&new.key).await? else {
        if missing == Missing::LeaveOut {
            return Ok(true);
        }
        let record = Arc::new(new.clone());
        let is_done = ports.grants.insert(Arc::clone(&record)).await? == Inserted::Done;
        if is_done {
            use_from_now_on(ports, &record);
        }
        return Ok(is_done);
    };
    // Consents are compared with consents: a refresh of the old grant may have been answered after this one.
    if stored.consented_at > new.consented_at {
        return Ok(true);
    }
    let merged = GrantRecord {
        sites: new.sites.clone().or_else(|| stored.sites.clone()),
        last_site: stored.last_site.clone(),
        generation: stored.generation + 1,
        version: stored.version + 1,
        ..new.clone()
    };
    let record = Arc::new(merged);
    let replaced = ports
        .grants
        .replace(stored.version, Arc::clone(&record))
        .await?;
    if replaced == Replaced::Done {
        use_from_now_on(ports, &record);
    }
    Ok(replaced == Replaced::Done)
}

fn use_from_now_on(ports: &Ports, record: &Arc<GrantRecord>) {
    ports.refresh.cache.put(record, ports.now());
    ports.refresh.flights.wake(&record.key.account);
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

/// Deletes a grant here. What Atlassian keeps is the user's to remove.
pub(crate) async fn forget(ports: &Ports, key: &GrantKey) -> Result<(), StoreError> {
    ports.refresh.cache.forget(&key.account);
    ports.grants.delete(key).await?;
    ports.refresh.cache.forget(&key.account);
    tracing::info!(target: "threelo", "a grant was forgotten");
    Ok(())
}
