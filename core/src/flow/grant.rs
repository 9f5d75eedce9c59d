//! A new consent joins the account's one grant.

use std::sync::Arc;
use std::time::Duration;

use super::ports::Ports;
use crate::error::Reason;
use crate::ids::AccountId;
use crate::site::Site;
use crate::store::{GrantRecord, Inserted, Replaced, StoreError};
use crate::token::TokenSet;

const TRIES: u32 = 6;

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
        return Ok(ports.grants.insert(Arc::new(new.clone())).await? == Inserted::Done);
    };
    if stored.tokens.exchanged_at > new.tokens.exchanged_at {
        return Ok(true);
    }
    let merged = GrantRecord {
        sites: new.sites.clone().or_else(|| stored.sites.clone()),
        last_site: stored.last_site.clone(),
        generation: stored.generation + 1,
        version: stored.version + 1,
        ..new.clone()
    };
    Ok(ports
        .grants
        .replace(stored.version, Arc::new(merged))
        .await?
        == Replaced::Done)
}
