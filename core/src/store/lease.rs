//! The lease of a grant: who may send its refresh token, and what is remembered of earlier attempts.
//!
//! Everything here is a pure function over the content of a slot and the store's time, so that every database
//! follows the same rule without knowing it (`docs/decisions/0052-lease-rule-in-one-place.md`). The rules are
//! modelled in `tests/model`.

use std::time::{Duration, SystemTime};

/// How long an attempt whose answer may be missing is remembered. Atlassian accepts the old token again for ten
/// minutes (`docs/protocol.md`, section 3.1); the rest is margin.
const MEMORY: Duration = Duration::from_secs(15 * 60);

/// How long an attempt is taken up that nobody asks for: a minute less than the ten for which Atlassian accepts the old
/// token. Later it would end the whole family (`docs/protocol.md`, section 3.3), of which a newer pair may wait
/// for a store that was down.
const TAKEN_UP: Duration = Duration::from_secs(9 * 60);

/// Identifies one refresh task: a random number, drawn once per refresh and not per process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeaseOwner(pub u128);

/// A request for a lease, or for more time with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseRequest {
    /// The refresh that asks.
    pub owner: LeaseOwner,
    /// The generation of the token pair that is to be replaced. Attempts on another generation say nothing
    /// about this one.
    pub generation: u64,
    /// How long the lease is to live from now, by the store's clock.
    pub life: Duration,
}

/// The outcome of asking for a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "callers must decide both cases")]
pub enum Lease {
    /// The caller holds the lease, and learns what earlier owners left.
    Taken(Attempts),
    /// Another owner holds it, and its time has not passed.
    Held,
}

/// The outcome of a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "callers must decide both cases")]
pub enum Renewed {
    /// The caller still holds the lease, for `life` from now.
    Done,
    /// It ended, or another owner took it. The caller must not send the token any more.
    Lost,
}

/// Earlier attempts by other owners on the same generation, as ages by the store's clock.
///
/// They decide how far a refusal is believed: a token that another owner may have spent is refused without
/// being dead (`docs/decisions/0049-doubt-refusals.md`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// The age of the oldest attempt whose answer may be missing, if it began less than 15 minutes ago. If
    /// there is one, a refusal means that the answer was lost and not that the user withdrew the consent.
    pub first: Option<Duration>,
    /// The age of the last sign of life of the owner before this one, who may still be waiting for an answer.
    pub last: Option<Duration>,
}

/// The content of a lease slot. It is not a secret and is not sealed, but it is written whole or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseRow {
    /// Who holds it; `None` after a release that left an attempt to remember.
    pub owner: Option<LeaseOwner>,
    /// When the lease ends, by the store's clock. From then on any owner may take it.
    pub until: SystemTime,
    /// The generation that is to be replaced. With another one, everything below is forgotten.
    pub generation: u64,
    /// When the newest owner first took it; kept when the same owner takes it again.
    pub began: SystemTime,
    /// When the newest owner last took or renewed it.
    pub last: SystemTime,
    /// When the first attempt before this owner's began whose answer may be missing.
    pub open_since: Option<SystemTime>,
    /// The last sign of the owner before this one. It stays when the same owner takes the lease again, which
    /// would otherwise forget whom it overtook.
    pub before: Option<SystemTime>,
}

impl LeaseRow {
    /// The row after `request`, given what is stored: the row to write, or `None` if another owner holds the
    /// lease.
    ///
    /// An owner that neither released nor renewed until its time passed may have sent the token before it
    /// crashed. Its start is then remembered as an attempt without an answer.
    pub fn take(stored: Option<&Self>, request: &LeaseRequest, now: SystemTime) -> Option<Self> {
        let fresh = Self {
            owner: Some(request.owner),
            until: now.checked_add(request.life).unwrap_or(now),
            generation: request.generation,
            began: now,
            last: now,
            open_since: None,
            before: None,
        };
        let Some(stored) = stored else {
            return Some(fresh);
        };
        let is_own = stored.owner == Some(request.owner);
        if stored.owner.is_some() && !is_own && now < stored.until {
            return None;
        }
        if stored.generation != request.generation {
            return Some(fresh);
        }
        if is_own {
            return Some(Self {
                began: stored.began,
                open_since: stored.open_since,
                before: stored.before,
                ..fresh
            });
        }
        // An owner that never released may have sent the token before it went silent.
        let died = stored.owner.is_some().then_some(stored.began);
        let open_since = stored.open_since.or(died);
        Some(Self {
            open_since: open_since.filter(|since| age(*since, now) < MEMORY),
            before: Some(stored.last),
            ..fresh
        })
    }

    /// The row after a renewal, or `None` if the owner or the time no longer match: a lease that ended is lost,
    /// even if no other owner has taken it.
    #[must_use]
    pub fn renewed(&self, request: &LeaseRequest, now: SystemTime) -> Option<Self> {
        let has_it = self.owner == Some(request.owner) && now < self.until;
        has_it.then(|| Self {
            until: now.checked_add(request.life).unwrap_or(now),
            last: now,
            ..*self
        })
    }

    /// The row after a release by its owner; `None` empties the slot.
    ///
    /// A settled attempt leaves no trace of itself, but what was open before it stays open. An attempt that is
    /// not settled counts from its beginning.
    #[must_use]
    pub fn released(&self, settled: bool) -> Option<Self> {
        let open_since = if settled {
            self.open_since
        } else {
            self.open_since.or(Some(self.began))
        };
        open_since.map(|_| Self {
            owner: None,
            open_since,
            ..*self
        })
    }

    /// Whether an owner left the refresh unfinished, and nobody is at it: the lease ended by its time, or it was given
    /// back without an answer, and the provider still accepts the old token.
    ///
    /// An owner that chases a lost answer sleeps for as long as a lease lives at most, and its lease may end
    /// meanwhile: it counts as gone after twice that time.
    pub(crate) fn is_abandoned(&self, now: SystemTime) -> bool {
        let life = self.until.duration_since(self.last).unwrap_or_default();
        let gone = self.until.checked_add(life).unwrap_or(self.until);
        let open = match self.owner {
            Some(_) if now < gone => return false,
            Some(_) => Some(self.open_since.unwrap_or(self.began)),
            None => self.open_since,
        };
        open.is_some_and(|since| age(since, now) < TAKEN_UP)
    }

    /// The attempts of others, for the owner that has just taken the lease.
    pub fn attempts(&self, now: SystemTime) -> Attempts {
        Attempts {
            first: self.open_since.map(|since| age(since, now)),
            last: self.before.map(|at| age(at, now)),
        }
    }
}

/// The age of a moment; zero if it lies in the future of a clock that was set back.
fn age(at: SystemTime, now: SystemTime) -> Duration {
    now.duration_since(at).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn by(owner: u128) -> LeaseRequest {
        LeaseRequest {
            owner: LeaseOwner(owner),
            generation: 1,
            life: Duration::from_secs(30),
        }
    }

    #[test]
    fn a_lease_has_one_owner_until_it_ends() {
        let row = LeaseRow::take(None, &by(1), at(0)).unwrap();

        assert_eq!(LeaseRow::take(Some(&row), &by(2), at(29)), None);
        assert!(LeaseRow::take(Some(&row), &by(1), at(29)).is_some());
        assert!(LeaseRow::take(Some(&row), &by(2), at(30)).is_some());
        assert_eq!(row.renewed(&by(2), at(1)), None);
        assert_eq!(row.renewed(&by(1), at(30)), None);
    }

    #[test]
    fn an_owner_that_died_may_have_sent_the_token() {
        let dead = LeaseRow::take(None, &by(1), at(0)).unwrap();

        let next = LeaseRow::take(Some(&dead), &by(2), at(40)).unwrap();

        let seen = next.attempts(at(40));
        assert_eq!(seen.first, Some(Duration::from_secs(40)));
        assert_eq!(seen.last, Some(Duration::from_secs(40)));
    }

    #[test]
    fn a_settled_attempt_leaves_nothing_and_an_open_one_is_remembered_for_a_while() {
        let row = LeaseRow::take(None, &by(1), at(0)).unwrap();

        assert_eq!(row.released(true), None);
        let open = row.released(false).unwrap();
        let soon = LeaseRow::take(Some(&open), &by(2), at(60)).unwrap();
        assert_eq!(soon.attempts(at(60)).first, Some(Duration::from_secs(60)));
        let late = LeaseRow::take(Some(&open), &by(2), at(3600)).unwrap();
        assert_eq!(late.attempts(at(3600)).first, None);
    }

    #[test]
    fn a_lease_is_abandoned_after_its_end_or_without_an_answer_for_a_while() {
        let held = LeaseRow::take(None, &by(1), at(0)).unwrap();
        assert!(!held.is_abandoned(at(59)));
        assert!(held.is_abandoned(at(60)));
        assert!(!held.is_abandoned(at(9 * 60)));
        let open = held.released(false).unwrap();
        assert!(open.is_abandoned(at(1)));
        assert!(!open.is_abandoned(at(9 * 60)));
        // A second owner is at it.
        let again = LeaseRow::take(Some(&open), &by(2), at(60)).unwrap();
        assert!(!again.is_abandoned(at(61)));
        assert!(!again.is_abandoned(at(119)));
        assert!(again.is_abandoned(at(120)));
    }

    #[test]
    fn what_the_owner_before_saw_is_kept_when_an_owner_asks_again() {
        let first = LeaseRow::take(None, &by(1), at(0)).unwrap();
        let second = LeaseRow::take(Some(&first), &by(2), at(31)).unwrap();

        let again = LeaseRow::take(Some(&second), &by(2), at(35)).unwrap();

        assert_eq!(again.attempts(at(35)).last, Some(Duration::from_secs(35)));
    }
}
