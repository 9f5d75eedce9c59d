//! Whether a grant's token will do.

use std::time::{Duration, SystemTime};

use crate::error::ConsentNeeded;
use crate::store::{ConsentMark, ConsentReason, GrantRecord};

/// With more than this left, a caller gets the token that is there, and the refresh runs behind.
const COMFORT: Duration = Duration::from_secs(60);
/// A token that is handed out works at least this long.
const LASTING: Duration = Duration::from_secs(5 * 60);
/// A token that is younger than this is not replaced, be it that an API refused it or that its life is a blink: that
/// would not help, and never end.
const GAP: Duration = Duration::from_secs(30);
/// A marked grant is tried once more after this long, then after twice as long, and so on.
const SECOND_LOOK: Duration = Duration::from_secs(10 * 60);
/// After this long nobody looks at a marked grant again.
const LAST_LOOK: Duration = Duration::from_secs(7 * 24 * 3600);

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Use it.
    Good,
    /// Use it, and refresh it meanwhile.
    Soon,
    /// Refresh it first.
    Now,
    /// Nothing but a new consent helps.
    Consent(ConsentNeeded),
}

/// Assesses a grant.
pub(crate) fn assess(record: &GrantRecord, need: Need, now: SystemTime) -> Verdict {
    let tokens = &record.tokens;
    if let Some(mark) = &record.consent_needed {
        return marked(mark, now);
    }
    let left = tokens.left(now);
    let is_refused = matches!(need, Need::NewerThan(refused) if record.generation <= refused);
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
    let age = now.duration_since(tokens.exchanged_at).unwrap_or_default();
    if age < GAP {
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

fn marked(mark: &ConsentMark, now: SystemTime) -> Verdict {
    let looked_for = mark
        .checked_at
        .duration_since(mark.since)
        .unwrap_or_default();
    let silence = now.duration_since(mark.checked_at).unwrap_or_default();
    if silence >= SECOND_LOOK.max(looked_for) && looked_for < LAST_LOOK {
        return Verdict::Now;
    }
    Verdict::Consent(ConsentNeeded {
        reason: mark.reason,
        since: Some(mark.since),
    })
}

/// A number of the grant's own, another for each generation (FNV-1a).
fn spread(record: &GrantRecord) -> u8 {
    let account = record.key.account.as_str().bytes();
    let generation = record.generation.to_le_bytes();
    let mix = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let hash = account.chain(generation).fold(0x811c_9dc5, mix);
    hash.to_be_bytes()[0]
}

/// What kind of token will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// One that works by the clock.
    Working,
    /// One that works for a while, because it leaves this app: 5 minutes.
    Lasting,
    /// One that is newer than this generation, whose token Atlassian did not accept.
    NewerThan(u64),
}
