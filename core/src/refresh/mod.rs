//! A token that works: the one that is stored, or a new one from a single refresh for all callers who wait, in
//! this process and in every other (`docs/decisions/0045-one-refresh-for-all.md`).
//!
//! `freshness` decides, purely, whether the stored token is good. `run` lets one task per grant and process
//! refresh, `attempt` takes the lease and sends, `commit` writes the result. The rules are modelled in
//! `tests/model`, which loses a grant if any one of them is left out
//! (`docs/decisions/0046-refresh-rules-are-modelled.md`).
//!
//! A caller that hangs up loses nothing: the refresh runs in a task of its own.

mod attempt;
mod commit;
mod freshness;
mod run;
mod unfinished;

pub(crate) use self::freshness::Need;
pub(crate) use self::unfinished::{finish_all, keep_looking};

use std::sync::Arc;

use crate::error::GrantError;
use crate::grant::load;
use crate::ports::{Phase, Ports};
use crate::refresh::freshness::Verdict;
use crate::store::{GrantKey, GrantRecord};

/// The grant under a key, with an access token that meets `need`.
///
/// A good token from the cache costs no store call. A token with more than a minute left is returned as it is,
/// and the refresh that is due runs in the background. Otherwise the caller waits, at most for the configured
/// time (`refresh_wait`, 12 seconds unless set); the refresh goes on after that.
///
/// # Errors
///
/// [`GrantError::ConsentNeeded`] if only a new consent helps; [`GrantError::Unavailable`] if Atlassian gives no
/// token in time or another refresh failed a moment ago; [`GrantError::Store`] if the store failed. In every
/// case the grant is as good as before.
pub(crate) async fn fresh(
    ports: &Arc<Ports>,
    key: &GrantKey,
    need: Need,
) -> Result<Arc<GrantRecord>, GrantError> {
    let now = ports.now();
    if let Some(kept) = ports.refresh.cache.get(key, now)
        && freshness::assess(&kept, need, now) == Verdict::Good
    {
        return Ok(kept);
    }
    keep_looking(ports);
    let record = load(ports, key).await?;
    match freshness::assess(&record, need, ports.now()) {
        Verdict::Good => Ok(record),
        Verdict::Soon => {
            let _in_background = run::join(ports, &record);
            Ok(record)
        }
        Verdict::Now => {
            let renewed = wait(ports, &record).await?;
            match freshness::assess(&renewed, Need::Working, ports.now()) {
                Verdict::Later(retry_after) => Err(GrantError::Unavailable { retry_after }),
                _ => Ok(renewed),
            }
        }
        Verdict::Later(retry_after) => Err(GrantError::Unavailable { retry_after }),
        Verdict::Consent(needed) => Err(needed.into()),
    }
}

/// The grant with a token for a script in the browser: one that lasts for five minutes, or, while none can be
/// had, one that works now. If the script reports that Atlassian refused its token, another one
/// (`docs/decisions/0070-scripts-report-refused-tokens.md`).
///
/// # Errors
///
/// Those of [`fresh`].
pub(crate) async fn fresh_for_handout(
    ports: &Arc<Ports>,
    key: &GrantKey,
    is_refused: bool,
) -> Result<Arc<GrantRecord>, GrantError> {
    let need = match is_refused {
        true => Need::NewerThan(load(ports, key).await?.generation),
        false => Need::Lasting,
    };
    match fresh(ports, key, need).await {
        Err(GrantError::Unavailable { .. }) => fresh(ports, key, Need::Working).await,
        outcome => outcome,
    }
}

/// Whether a grant may give a token, without asking Atlassian. It refuses only after it looked at the store,
/// where a newer consent may be.
///
/// # Errors
///
/// [`GrantError::ConsentNeeded`] if only a new consent helps, [`GrantError::Unavailable`] if the token is of a type
/// that cannot be used, [`GrantError::Store`] if the store failed.
pub(crate) async fn check_usable(ports: &Ports, key: &GrantKey) -> Result<(), GrantError> {
    let now = ports.now();
    let verdict = |record: &GrantRecord| freshness::assess(record, Need::Working, now);
    if let Some(kept) = ports.refresh.cache.get(key, now)
        && !matches!(verdict(&kept), Verdict::Consent(_) | Verdict::Later(_))
    {
        return Ok(());
    }
    match verdict(&*load(ports, key).await?) {
        Verdict::Consent(needed) => Err(needed.into()),
        Verdict::Later(retry_after) => Err(GrantError::Unavailable { retry_after }),
        Verdict::Good | Verdict::Soon | Verdict::Now => Ok(()),
    }
}

/// Joins or starts the refresh of a grant and waits for its outcome, for `refresh_wait` at most.
///
/// # Errors
///
/// The failure of the refresh, or [`run::TRY_LATER`] if it takes too long, or if its task ended without an
/// outcome.
async fn wait(ports: &Arc<Ports>, record: &GrantRecord) -> Result<Arc<GrantRecord>, GrantError> {
    let mut flight = run::join(ports, record)?;
    let longest = ports.config.refresh_wait;
    let landed = flight.wait_for(|phase| !matches!(phase, Phase::Working));
    let phase = match tokio::time::timeout(longest, landed).await {
        Ok(Ok(phase)) => phase.clone(),
        // The task ended without an outcome, or takes too long and may still succeed.
        Ok(Err(_)) | Err(_) => Phase::Late,
    };
    match phase {
        Phase::Done(outcome) => Ok(outcome?),
        Phase::Working | Phase::Late => Err(run::TRY_LATER),
    }
}
