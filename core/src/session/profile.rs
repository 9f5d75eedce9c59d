//! Reading an old profile again in the background of a request, so that names stay current and the
//! sessions of an account end when the account does (docs/attacks.md, T021 and T023).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::error::Causes;
use crate::grant::{GrantSet, Holder};
use crate::ids::AccountId;
use crate::ports::Ports;
use crate::refresh::{self, Need};
use crate::session::end;
use crate::session::update::update;
use crate::store::{SessionRecord, StoreError};

/// After an attempt, whatever came of it, this process does not read the profile of that account
/// again for this long.
const GAP: Duration = Duration::from_secs(5 * 60);

/// Reads the profile in the background if it is older than the builder's `profile_age`. The request
/// goes on with the stored profile; a failure to store the new one is logged.
pub(crate) fn refresh_if_old(ports: &Arc<Ports>, session: &Arc<SessionRecord>, now: SystemTime) {
    let age = now
        .duration_since(session.profile_read_at)
        .unwrap_or_default();
    if age < ports.config.profile_age || !ports.profile_throttle.allow(session.account(), now, GAP)
    {
        return;
    }
    let (worker, account) = (Arc::clone(ports), session.account().clone());
    ports.tasks.spawn(async move {
        if let Err(error) = refresh(&worker, &account).await {
            tracing::warn!(target: "threelo", error = %Causes(&error), "a profile could not be stored");
        }
    });
}

/// Reads the profile once, with the account's own token, and writes it into all of its sessions.
///
/// Nothing changes if the grant gives no token or Atlassian does not answer. A profile of another
/// account is never stored. If the account is not active any more, its sessions end.
///
/// # Errors
///
/// [`StoreError`] if the store failed; some sessions may have the new profile.
async fn refresh(ports: &Arc<Ports>, account: &AccountId) -> Result<(), StoreError> {
    let Ok(grant) = refresh::fresh(ports, &best_key(ports, account).await?, Need::Working).await
    else {
        return Ok(());
    };
    let Ok(profile) = ports.provider.profile(&grant.tokens).await else {
        return Ok(());
    };
    if profile.account_id != *account {
        tracing::error!(target: "threelo", "the token of a grant gave the profile of another account");
        return Ok(());
    }
    if !profile.is_active() {
        end::account_ended(ports, account).await;
        return Ok(());
    }
    let profile = Arc::new(profile);
    for session in ports.sessions.list_of(account).await? {
        // A session that is written too often or has ended is left to the next attempt.
        let _busy_or_gone = update(ports, session, |session| SessionRecord {
            profile: Arc::clone(&profile),
            profile_read_at: ports.now(),
            ..session.clone()
        })
        .await?;
    }
    Ok(())
}

/// The key of the grant whose token is used: for a resource-level app the newest consent that gives
/// tokens. Without a grant, a key under which nothing is stored.
async fn best_key(
    ports: &Ports,
    account: &AccountId,
) -> Result<crate::store::GrantKey, StoreError> {
    let grants = ports.grants.of_account(&ports.app, account).await?;
    let set = GrantSet::new(Holder::of(account), grants);
    Ok(set.map_or_else(|| ports.grant_key(account), |set| set.best().key.clone()))
}
