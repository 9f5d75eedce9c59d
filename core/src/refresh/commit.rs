//! What a refresh leaves in the store: the new pair, or a mark.
//!
//! Everything is a compare-and-set against the generation that was refreshed. What another writer stored in the
//! meantime is never overwritten, and a grant that was deleted is not created again
//! (`docs/decisions/0048-store-before-use.md`).

use std::sync::Arc;

use crate::error::ConsentNeeded;
use crate::ports::{Failure, Outcome, Ports};
use crate::provider::token::TokenSet;
use crate::store::{ConsentMark, ConsentReason, GrantKey, GrantRecord, Replaced};

/// The stored grant. A grant that is gone is a reason to consent, never one to store it again.
///
/// # Errors
///
/// [`Failure::Consent`] if it is gone, [`Failure::Store`] if the store failed.
pub(crate) async fn load(ports: &Ports, key: &GrantKey) -> Outcome {
    let record = ports.grants.load(key).await?;
    record.ok_or(Failure::Consent(ConsentNeeded::NO_GRANT))
}

/// The outcome for callers when another writer stored the record: its tokens, or its mark.
pub(crate) fn outcome_of(record: Arc<GrantRecord>) -> Outcome {
    match &record.consent_needed {
        None => Ok(record),
        Some(mark) => Err(Failure::Consent(ConsentNeeded {
            reason: mark.reason,
            since: Some(mark.since),
        })),
    }
}

/// Writes a new pair over the generation that it came from, and removes a mark.
///
/// After a conflict the pair is merged into what was written meanwhile, such as a site choice or a mark. If
/// another pair was stored, that one is kept and this one is dropped: it is a consent, or a refresh by another
/// instance. An answer without a refresh token keeps the old one (RFC 6749 section 6).
///
/// # Errors
///
/// [`Failure::Store`] if the store failed; call it again with the same arguments. [`Failure::Consent`] if the
/// grant is gone, or if the pair that is kept is marked.
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

/// Marks a grant whose refresh token was refused, unless another pair was stored. The tokens stay in the
/// record, and a mark that is there keeps its reason and its beginning.
///
/// # Errors
///
/// Always one, unless another pair was stored: [`Failure::Consent`] with the mark, or [`Failure::Store`] if it
/// could not be written.
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
            tracing::warn!(
                target: "threelo",
                reason = mark.reason.as_str(),
                "a refresh token was refused: the account must consent again"
            );
            return Err(Failure::Consent(ConsentNeeded {
                reason: mark.reason,
                since: Some(mark.since),
            }));
        }
    }
}
