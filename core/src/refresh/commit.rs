//! What a refresh leaves in the store: the new pair, or a mark. Nothing here destroys what somebody else stored.

use std::sync::Arc;

use crate::error::ConsentNeeded;
use crate::ports::{Failure, Outcome, Ports};
use crate::provider::token::TokenSet;
use crate::store::{ConsentMark, ConsentReason, GrantKey, GrantRecord, Replaced};

/// The stored grant; gone is a reason to consent, never one to store it again.
pub(crate) async fn load(ports: &Ports, key: &GrantKey) -> Outcome {
    let record = ports.grants.load(key).await?;
    record.ok_or(Failure::Consent(ConsentNeeded::NO_GRANT))
}

/// What somebody else stored, for who wanted a token.
pub(crate) fn outcome_of(record: Arc<GrantRecord>) -> Outcome {
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
pub(crate) async fn store_tokens(
    ports: &Ports,
    old: &Arc<GrantRecord>,
    tokens: &TokenSet,
) -> Outcome {
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
        seen = load(ports, &old.key).await?;
        if seen.generation != old.generation {
            return outcome_of(seen);
        }
    }
}

/// Marks a grant whose token was refused, provided that nobody stored another pair.
pub(crate) async fn mark_refused(
    ports: &Ports,
    refused: &GrantRecord,
    reason: ConsentReason,
) -> Outcome {
    loop {
        let seen = load(ports, &refused.key).await?;
        if seen.generation != refused.generation {
            return outcome_of(seen);
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
