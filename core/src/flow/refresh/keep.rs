//! What a refresh leaves in the store: the new pair, or a mark. Nothing here destroys what somebody else stored.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Causes, ConsentNeeded, GrantError};
use crate::flow::ports::Ports;
use crate::store::{ConsentMark, ConsentReason, GrantKey, GrantRecord, Replaced, StoreError};
use crate::token::TokenSet;

/// What came of a refresh, for all who waited.
pub(super) type Outcome = Result<Arc<GrantRecord>, Failure>;

/// Why a refresh gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Only a new consent helps.
    Consent(ConsentNeeded),
    /// Not now; not before this long.
    NotNow(Duration),
    /// The store failed.
    Store,
}

impl Failure {
    /// How long nobody should try again; nothing where trying again asks nobody but the store.
    pub(super) fn rest(self) -> Option<Duration> {
        match self {
            Self::Consent(_) => None,
            Self::NotNow(rest) => Some(rest),
            Self::Store => Some(Duration::ZERO),
        }
    }
}

impl From<Failure> for GrantError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Consent(needed) => needed.into(),
            Failure::NotNow(rest) => Self::Unavailable {
                retry_after: rest.max(Duration::from_secs(1)),
            },
            Failure::Store => StoreError::Failed("the refresh could not reach it".into()).into(),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        tracing::warn!(target: "threelo", error = %Causes(&error), "a refresh could not reach the grant store");
        Self::Store
    }
}

/// The stored grant; gone is a reason to consent, never one to store it again.
pub(super) async fn stored(ports: &Ports, key: &GrantKey) -> Outcome {
    let record = ports.grants.load(key).await?;
    record.ok_or(Failure::Consent(ConsentNeeded::NO_GRANT))
}

/// What somebody else stored, for who wanted a token.
pub(super) fn theirs(record: Arc<GrantRecord>) -> Outcome {
    match &record.consent_needed {
        None => Ok(record),
        Some(mark) => Err(Failure::Consent(ConsentNeeded {
            reason: mark.reason,
            since: Some(mark.since),
        })),
    }
}

/// Writes a new pair over the generation that it came from. On a conflict it joins what was written meanwhile (a site
/// choice, a mark); if another pair was stored, that one stands.
pub(super) async fn pair(ports: &Ports, old: &Arc<GrantRecord>, tokens: &TokenSet) -> Outcome {
    let mut seen = Arc::clone(old);
    loop {
        let record = Arc::new(GrantRecord {
            tokens: tokens.clone().keeping(&seen.tokens),
            consent_needed: None,
            generation: seen.generation + 1,
            version: seen.version + 1,
            ..GrantRecord::clone(&seen)
        });
        if ports
            .grants
            .replace(seen.version, Arc::clone(&record))
            .await?
            == Replaced::Done
        {
            return Ok(record);
        }
        seen = stored(ports, &old.key).await?;
        if seen.generation != old.generation {
            return theirs(seen);
        }
    }
}

/// Marks a grant whose token was refused, provided that nobody stored another pair.
pub(super) async fn mark(ports: &Ports, refused: &GrantRecord, reason: ConsentReason) -> Outcome {
    loop {
        let seen = stored(ports, &refused.key).await?;
        if seen.generation != refused.generation {
            return theirs(seen);
        }
        let now = ports.now();
        let known = seen.consent_needed;
        let mark = ConsentMark {
            reason: known.map_or(reason, |mark| mark.reason),
            since: known.map_or(now, |mark| mark.since),
            checked_at: now,
        };
        let record = GrantRecord {
            consent_needed: Some(mark),
            version: seen.version + 1,
            ..GrantRecord::clone(&seen)
        };
        if ports.grants.replace(seen.version, Arc::new(record)).await? == Replaced::Done {
            tracing::warn!(target: "threelo", reason = mark.reason.as_str(), "a grant was refused: its account must consent again");
            return Err(Failure::Consent(ConsentNeeded {
                reason: mark.reason,
                since: Some(mark.since),
            }));
        }
    }
}
