//! A profile that is old is read again behind a request, and an account that ended takes its sessions along.

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

/// After a look, whatever came of it, this process does not look again for this long.
const GAP: Duration = Duration::from_secs(5 * 60);

/// Reads the profile behind the request if it is older than configured.
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

async fn refresh(ports: &Arc<Ports>, account: &AccountId) -> Result<(), StoreError> {
    let Ok(grant) = refresh::fresh(ports, &best_key(ports, account).await?, Need::Working).await
    else {
        return Ok(());
    };
    let Ok(profile) = ports.provider.profile(&grant.tokens).await else {
        return Ok(());
    };
    if profile.account_id != *account {
        tracing::error!(target: "threelo", "a grant answered with another account's profile");
        return Ok(());
    }
    if !profile.is_active() {
        end::account_ended(ports, account).await;
        return Ok(());
    }
    let profile = Arc::new(profile);
    for session in ports.sessions.list_of(account).await? {
        // When others write the session each time, the next look does it.
        let _busy_or_gone = update(ports, session, |session| SessionRecord {
            profile: Arc::clone(&profile),
            profile_read_at: ports.now(),
            ..session.clone()
        })
        .await?;
    }
    Ok(())
}

async fn best_key(
    ports: &Ports,
    account: &AccountId,
) -> Result<crate::store::GrantKey, StoreError> {
    let grants = ports.grants.of_account(&ports.app, account).await?;
    let set = GrantSet::new(Holder::of(account), grants);
    Ok(set.map_or_else(|| ports.grant_key(account), |set| set.best().key.clone()))
}
