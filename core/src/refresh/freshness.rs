//! Whether the token of a grant is good enough: pure decisions on a record, a need and the time.

use std::time::{Duration, SystemTime};

use crate::error::ConsentNeeded;
use crate::provider::token::TokenType;
use crate::store::{ConsentMark, ConsentReason, GrantRecord};

/// With more than this left, a caller gets the token that is there, and the refresh runs in the background.
const COMFORT: Duration = Duration::from_secs(60);
/// How long a token works at least when it is handed to a script, unless none can be had.
const LASTING: Duration = Duration::from_secs(5 * 60);
/// A token that is younger than this is not replaced, even if an API refused it or its life is very short:
/// another one would not help, and each request would refresh (`docs/decisions/0053-young-tokens-are-kept.md`).
const GAP: Duration = Duration::from_secs(30);
/// How long a token that cannot be used is kept before another one is asked for.
const UNUSABLE: Duration = Duration::from_secs(5 * 60);
/// How long after its mark a grant is tried once more; then the intervals double.
const SECOND_LOOK: Duration = Duration::from_secs(10 * 60);
/// A grant that is still refused this long after it was marked is not tried again.
const LAST_LOOK: Duration = Duration::from_secs(7 * 24 * 3600);

/// What is to be done with a grant before its token is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The token can be used as it is.
    Good,
    /// The token can be used, and is to be refreshed meanwhile.
    Soon,
    /// The token must be refreshed first.
    Now,
    /// The token cannot be used, and is too young to be replaced: nothing helps before this time has passed.
    Later(Duration),
    /// No refresh can help: the account must consent again.
    Consent(ConsentNeeded),
}

/// Decides about a grant. `now` is this instance's clock; the times in the record may be another's. A token that
/// seems to come from the future counts as new, unless an API refused it: then another clock was wrong, and the
/// token's age is unknown.
///
/// A token that is not a bearer token is never good. It is replaced every five minutes, in case Atlassian issues
/// bearer tokens again.
///
/// A token is due five minutes before its end, or a tenth of its life before if that is shorter. Each
/// generation of each grant adds its own share of up to a fifth, so that tokens of one hour are not all
/// refreshed in the same minute.
pub(crate) fn assess(record: &GrantRecord, need: Need, now: SystemTime) -> Verdict {
    let tokens = &record.tokens;
    if let Some(mark) = &record.consent_needed {
        return marked(mark, now);
    }
    let age = age(tokens.exchanged_at, now);
    if tokens.token_type != TokenType::Bearer {
        let rest = UNUSABLE.saturating_sub(age.unwrap_or(UNUSABLE));
        return if rest.is_zero() && tokens.refresh_token.is_some() {
            Verdict::Now
        } else {
            Verdict::Later(rest.max(GAP))
        };
    }
    let left = tokens.left(now);
    let is_ended = matches!(need, Need::InPlaceOfEnded(ended) if record.generation <= ended);
    let is_refused =
        is_ended || matches!(need, Need::NewerThan(refused) if record.generation <= refused);
    if tokens.refresh_token.is_none() {
        return if is_refused || left.is_zero() {
            Verdict::Consent(ConsentNeeded {
                reason: ConsentReason::NoRefreshToken,
                since: Some(tokens.expires_at),
            })
        } else {
            Verdict::Good
        };
    }
    if age.is_some_and(|age| age < GAP) && !is_ended {
        return Verdict::Good;
    }
    if is_refused || (need == Need::Lasting && left < LASTING) {
        return Verdict::Now;
    }
    if !tokens.is_due(now, u8::MAX) || !tokens.is_due(now, spread(record)) {
        Verdict::Good
    } else if left > COMFORT {
        Verdict::Soon
    } else {
        Verdict::Now
    }
}

/// Decides about a marked grant: it is tried again after 10 minutes, then after 20, 40 and so on for seven days
/// (`docs/decisions/0050-marked-grants-are-tried-again.md`).
fn marked(mark: &ConsentMark, now: SystemTime) -> Verdict {
    let looked_for = mark
        .checked_at
        .duration_since(mark.since)
        .unwrap_or_default();
    // A mark from the future says nothing about when the grant was looked at.
    let silence = age(mark.checked_at, now).unwrap_or(LAST_LOOK);
    if silence >= SECOND_LOOK.max(looked_for) && looked_for < LAST_LOOK {
        return Verdict::Now;
    }
    Verdict::Consent(ConsentNeeded {
        reason: mark.reason,
        since: Some(mark.since),
    })
}

/// The time since `at`, which another instance may have noted. A little in the future it is zero; further in the
/// future one of the clocks is wrong, and there is no age.
fn age(at: SystemTime, now: SystemTime) -> Option<Duration> {
    match now.duration_since(at) {
        Ok(age) => Some(age),
        Err(ahead) => (ahead.duration() < GAP).then_some(Duration::ZERO),
    }
}

/// A number that belongs to the grant and changes with each generation (FNV-1a): all instances compute the
/// same, so they agree when the token is due.
fn spread(record: &GrantRecord) -> u8 {
    let account = record.key.account.as_str().bytes();
    let generation = record.generation.to_le_bytes();
    let mix = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let hash = account.chain(generation).fold(0x811c_9dc5, mix);
    hash.to_be_bytes()[0]
}

/// What kind of token the caller needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// One that has not ended by the clock.
    Working,
    /// One that lasts for five minutes, because it leaves this app.
    Lasting,
    /// One of a later generation than this, because Atlassian did not accept that one's token.
    NewerThan(u64),
    /// The same, and Atlassian accepts that token nowhere: it has ended, however young it is.
    InPlaceOfEnded(u64),
}
