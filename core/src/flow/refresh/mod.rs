//! A token that works: as it is kept, or from one refresh for all who wait, in this process and in every other.
//!
//! The rules are played through in `tests/model`: without any single one of them a grant is lost.

mod alarm;
mod attempt;
mod cache;
mod flight;
mod judge;
mod keep;

use std::sync::Arc;
use std::time::Duration;

pub(super) use self::alarm::Alarm;
pub(super) use self::attempt::HOLD;
pub(super) use self::cache::Cache;
pub(super) use self::flight::Flights;

use self::flight::Phase;
use self::judge::Verdict;
use super::ports::Ports;
use crate::error::{ConsentNeeded, GrantError};
use crate::store::{GrantKey, GrantRecord};

/// Three times what an answer may take.
const LEASE: Duration = Duration::from_secs(30);

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
        && judge::judge(&kept, need, now) == Verdict::Good
    {
        return Ok(kept);
    }
    let record = load(ports, key).await?;
    match judge::judge(&record, need, ports.now()) {
        Verdict::Good => Ok(record),
        Verdict::Soon => {
            let _behind = flight::join(ports, &record);
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
pub(crate) async fn lasting(
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

/// The grant of an account as it is stored, whether its token works or not.
///
/// # Errors
///
/// [`ConsentReason::NoGrant`](crate::store::ConsentReason), or a store that failed.
pub(crate) async fn load(ports: &Ports, key: &GrantKey) -> Result<Arc<GrantRecord>, GrantError> {
    match ports.grants.load(key).await? {
        Some(record) => {
            ports.refresh.cache.put(&record, ports.now());
            Ok(record)
        }
        None => {
            ports.refresh.cache.forget(key, ports.now());
            Err(ConsentNeeded::NO_GRANT.into())
        }
    }
}

/// Whether a grant may give a token, without asking Atlassian.
///
/// # Errors
///
/// [`GrantError::ConsentNeeded`] if nothing but a new consent helps.
pub(crate) async fn usable(ports: &Ports, key: &GrantKey) -> Result<(), GrantError> {
    let now = ports.now();
    let verdict = |record: &GrantRecord| judge::judge(record, Need::Working, now);
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
    let mut flight = flight::join(ports, record)?;
    let longest = ports.config.refresh_wait;
    let landed = flight.wait_for(|phase| !matches!(phase, Phase::Working));
    let phase = match tokio::time::timeout(longest, landed).await {
        Ok(Ok(phase)) => phase.clone(),
        // The task ended without a word, or takes too long: it may still succeed.
        Ok(Err(_)) | Err(_) => Phase::Late,
    };
    match phase {
        Phase::Landed(outcome) => Ok(outcome?),
        Phase::Working | Phase::Late => Err(flight::LATER),
    }
}

/// What refreshing keeps in this process.
#[derive(Debug)]
pub(crate) struct Refresh {
    pub(super) cache: Cache,
    pub(super) flights: Flights,
    pub(super) alarm: Alarm,
    /// How long a lease lives.
    lease: Duration,
}

impl Refresh {
    /// With leases that live 30 seconds unless set.
    pub(crate) fn new(lease: Option<Duration>) -> Self {
        Self {
            cache: Cache::default(),
            flights: Flights::default(),
            alarm: Alarm::default(),
            lease: lease.unwrap_or(LEASE),
        }
    }

    /// An answer takes at most a third of a lease.
    fn deadline(&self) -> Duration {
        self.lease / 3
    }
}
