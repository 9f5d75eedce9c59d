//! When a consent ends.

use std::time::{Duration, SystemTime};

use crate::config::Config;
use crate::store::GrantRecord;

/// How long Atlassian keeps a refresh token that is not used (`docs/protocol.md`, section 3.1).
const IDLE: Duration = Duration::from_secs(90 * 24 * 3600);

/// When the account must consent again at the latest if the grant is not used: 90 days after the last exchange,
/// or when the access token ends if there is no refresh token. If the app sets `longest_consent`, consents are
/// assumed to end that long after they were given. For a marked grant it is the time of the mark.
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
