//! When the refresh tokens of one account after another are refused, the fault may be in the app's
//! set-up or at Atlassian, and not in the grants (docs/decisions/0075).
//!
//! Then an alarm begins. While it lasts no grant is marked as needing a new consent, callers get a
//! 503, and only a probe now and then asks Atlassian. It ends with the first grant that can be
//! refreshed, or by its time: what is still refused after a quarter of an hour is believed. A mark
//! that was wrong does no harm, because marked grants are tried again (docs/decisions/0050).

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::ids::AccountId;

/// This many accounts refused in a row, within the window, begin an alarm.
const REFUSALS: usize = 5;
/// A refusal that is older than this counts no longer.
const WINDOW: Duration = Duration::from_secs(5 * 60);
/// More refusals are not remembered; they would change nothing.
const MOST: usize = 64;
/// How long an alarm lasts. After it refusals are believed, until there were none for as long again.
const ALARM: Duration = Duration::from_secs(15 * 60);
/// How often a process asks Atlassian during an alarm, whatever the number of grants: 90 calls in all.
const PROBE: Duration = Duration::from_secs(10);

/// The refusals of different accounts since the last success, in this process.
#[derive(Debug, Default)]
pub(crate) struct CircuitBreaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    refusals: Vec<(AccountId, SystemTime)>,
    alarm: Option<Alarm>,
}

#[derive(Debug)]
struct Alarm {
    began: SystemTime,
    probed: SystemTime,
    refused: SystemTime,
}

impl Alarm {
    fn is_on(&self, now: SystemTime) -> bool {
        is_within(self.began, now, ALARM)
    }

    /// Whether it is over and forgotten. A clock that was set back ends it, too.
    fn is_past(&self, now: SystemTime) -> bool {
        !self.is_on(now) && !is_within(self.refused, now, ALARM)
    }
}

/// Whether `at` is less than `span` ago. What lies in the future is not.
fn is_within(at: SystemTime, now: SystemTime, span: Duration) -> bool {
    now.duration_since(at).is_ok_and(|age| age < span)
}

impl CircuitBreaker {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a refresh may ask Atlassian. During an alarm that is one in ten seconds, and this
    /// counts as one.
    ///
    /// # Errors
    ///
    /// The time after which to ask again.
    pub(crate) fn admit(&self, now: SystemTime) -> Result<(), Duration> {
        let mut state = self.lock();
        let Some(alarm) = state.alarm.as_mut().filter(|alarm| alarm.is_on(now)) else {
            return Ok(());
        };
        if is_within(alarm.probed, now, PROBE) {
            return Err(PROBE);
        }
        alarm.probed = now;
        Ok(())
    }

    /// Notes a refusal; `true` if it must not be believed. An account counts once, however often it
    /// is refused: a single dead grant that is asked for again and again proves nothing about the
    /// others.
    pub(crate) fn record_refusal(&self, account: &AccountId, now: SystemTime) -> bool {
        let mut state = self.lock();
        state.alarm = state.alarm.take().filter(|alarm| !alarm.is_past(now));
        if let Some(alarm) = &mut state.alarm {
            alarm.refused = now;
            return alarm.is_on(now);
        }
        let refusals = &mut state.refusals;
        refusals.retain(|(other, at)| other != account && is_within(*at, now, WINDOW));
        if refusals.len() < MOST {
            refusals.push((account.clone(), now));
        }
        if refusals.len() < REFUSALS {
            return false;
        }
        refusals.clear();
        state.alarm = Some(Alarm {
            began: now,
            probed: now,
            refused: now,
        });
        true
    }

    /// A grant was refreshed, so Atlassian and the set-up work: earlier refusals were meant.
    pub(crate) fn record_success(&self) {
        *self.lock() = State::default();
    }
}
