//! A token that works: as it is kept, or from one refresh for all who wait, in this process and in every other.
//!
//! The rules are played through in `tests/model`: without any single one of them a grant is lost.

mod attempt;
mod commit;
mod freshness;
mod run;

pub(crate) use self::freshness::Need;

use std::sync::Arc;

use crate::error::GrantError;
use crate::grant::load;
use crate::ports::{Phase, Ports};
use crate::refresh::freshness::Verdict;
use crate::store::{GrantKey, GrantRecord};

/// The grant of an account, with an access token that works.
///
/// # Errors
///
/// [`GrantError`]; whatever it is, nothing is lost.
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
    let record = load(ports, key).await?;
    match freshness::assess(&record, need, ports.now()) {
        Verdict::Good => Ok(record),
        Verdict::Soon => {
            let _behind = run::join(ports, &record);
            Ok(record)
        }
        Verdict::Now => wait(ports, &record).await,
        Verdict::Consent(needed) => Err(needed.into()),
    }
}

/// The same with a token that lasts for five minutes, or, while none can be had, with one that works. If Atlassian refused
/// the one that was handed out, another one.
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

/// Whether a grant may give a token, without asking Atlassian.
///
/// # Errors
///
/// [`GrantError::ConsentNeeded`] if nothing but a new consent helps.
pub(crate) async fn check_usable(ports: &Ports, key: &GrantKey) -> Result<(), GrantError> {
    let now = ports.now();
    let verdict = |record: &GrantRecord| freshness::assess(record, Need::Working, now);
    if let Some(kept) = ports.refresh.cache.get(key, now)
        && !matches!(verdict(&kept), Verdict::Consent(_))
    {
        return Ok(());
    }
    match verdict(&*load(ports, key).await?) {
        Verdict::Consent(needed) => Err(needed.into()),
        Verdict::Good | Verdict::Soon | Verdict::Now => Ok(()),
    }
}

async fn wait(ports: &Arc<Ports>, record: &GrantRecord) -> Result<Arc<GrantRecord>, GrantError> {
    let mut flight = run::join(ports, record)?;
    let longest = ports.config.refresh_wait;
    let landed = flight.wait_for(|phase| !matches!(phase, Phase::Working));
    let phase = match tokio::time::timeout(longest, landed).await {
        Ok(Ok(phase)) => phase.clone(),
        // The task ended without a word, or takes too long: it may still succeed.
        Ok(Err(_)) | Err(_) => Phase::Late,
    };
    match phase {
        Phase::Done(outcome) => Ok(outcome?),
        Phase::Working | Phase::Late => Err(run::TRY_LATER),
    }
}
