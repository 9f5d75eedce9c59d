//! The right to refresh a grant, and what is remembered of earlier attempts.

use std::time::{Duration, SystemTime};

/// Attempts are forgotten this long after they began; Atlassian's leeway is ten minutes.
const MEMORY: Duration = Duration::from_secs(15 * 60);

/// Who holds a lease: a random number per refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeaseOwner(pub u128);

/// A wish for a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseRequest {
    /// Who wants it.
    pub owner: LeaseOwner,
    /// Which generation of the grant is to be replaced.
    pub generation: u64,
    /// For how long.
    pub life: Duration,
}

/// What came of the wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "callers must decide both cases")]
pub enum Lease {
    /// The caller has it.
    Taken(Attempts),
    /// Somebody else has it.
    Held,
}

/// What came of a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "callers must decide both cases")]
pub enum Renewed {
    /// The caller still has the lease.
    Done,
    /// It ended, or somebody else has it.
    Lost,
}

/// Earlier attempts on the same generation by others, as ages by the store's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// The first one whose answer may be missing.
    pub first: Option<Duration>,
    /// The last sign of the owner before this one.
    pub last: Option<Duration>,
}

/// One lease as any store may keep it: the rules of [`GrantStore`](crate::store::grant::GrantStore), without a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseRow {
    /// Who has it; `None` after a release.
    pub owner: Option<LeaseOwner>,
    /// When it ends.
    pub until: SystemTime,
    /// The generation that is to be replaced.
    pub generation: u64,
    /// When the newest owner first took it.
    pub began: SystemTime,
    /// The newest owner's last sign.
    pub last: SystemTime,
    /// The first attempt before this owner's whose answer may be missing.
    pub open_since: Option<SystemTime>,
    /// The last sign of the owner before this one.
    pub before: Option<SystemTime>,
}

impl LeaseRow {
    /// What becomes of the row `stored` when a lease is asked for: the row to store, or `None` if it is held.
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

    /// The row after a renewal, or `None` if the lease is lost.
    #[must_use]
    pub fn renewed(&self, request: &LeaseRequest, now: SystemTime) -> Option<Self> {
        let has_it = self.owner == Some(request.owner) && now < self.until;
        has_it.then(|| Self {
            until: now.checked_add(request.life).unwrap_or(now),
            last: now,
            ..*self
        })
    }

    /// The row after a release by its owner; `None` removes it.
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

    /// The earlier attempts, for who has just taken the lease.
    pub fn attempts(&self, now: SystemTime) -> Attempts {
        Attempts {
            first: self.open_since.map(|since| age(since, now)),
            last: self.before.map(|at| age(at, now)),
        }
    }
}

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
    fn what_the_owner_before_saw_is_kept_when_an_owner_asks_again() {
        let first = LeaseRow::take(None, &by(1), at(0)).unwrap();
        let second = LeaseRow::take(Some(&first), &by(2), at(31)).unwrap();

        let again = LeaseRow::take(Some(&second), &by(2), at(35)).unwrap();

        assert_eq!(again.attempts(at(35)).last, Some(Duration::from_secs(35)));
    }
}
