//! Grants that were read lately, so that a token that works costs no store call
//! (docs/decisions/0044).
//!
//! The cache only ever saves a read: no write is decided by it, because every write is a
//! compare-and-set on the stored version.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, SystemTime};

use crate::store::first_version::earliest;
use crate::store::{GrantKey, GrantRecord, Version};

/// After this time the store is asked again: another instance may have replaced the token, which
/// may have died early (docs/protocol.md, 3.3).
const LIFE: Duration = Duration::from_secs(5 * 60);
/// Grants in the cache; when it is full, old entries go, and if there are none, all of them.
const MOST: usize = 10_000;

/// While one caller reads a grant again, the others continue with the old entry, for this long at
/// most.
const TURN: Duration = Duration::from_secs(10);

/// A grant as it was read or written.
struct Entry {
    /// The record, shared with everything that uses it.
    record: Arc<GrantRecord>,
    /// When it was read or written.
    read_at: SystemTime,
    /// When a caller began to read it again.
    turn_at: Option<SystemTime>,
}

impl Entry {
    /// Whether the entry may be used: it is young, or a little older while a caller reads it again.
    /// After a clock was set back it may not.
    fn is_young(&self, now: SystemTime) -> bool {
        let age = now.duration_since(self.read_at);
        age.is_ok_and(|age| age < LIFE || (age < LIFE + TURN && self.is_being_read(now)))
    }

    /// Whether the turn of a caller who reads it again has not run out; a caller that failed loses
    /// it after ten seconds.
    fn is_being_read(&self, now: SystemTime) -> bool {
        let since = self.turn_at.map(|at| now.duration_since(at));
        since.is_some_and(|age| age.is_ok_and(|age| age < TURN))
    }
}

/// A grant that was deleted by this process: a record that was read before must not be cached
/// after.
struct Gone {
    /// When it was deleted.
    at: SystemTime,
    /// Records below this version are older than the deletion; one that is made anew is not below
    /// it (docs/decisions/0039).
    below: Version,
}

/// What the lock protects.
#[derive(Default)]
struct Kept {
    /// The cached grants.
    entries: HashMap<GrantKey, Entry>,
    /// The deletions of the last five minutes.
    gone: HashMap<GrantKey, Gone>,
    /// The last deletion that found no room there. It stands for one of every grant.
    gone_all: Option<Gone>,
}

/// The grants of one app that this process uses.
#[derive(Default)]
pub(crate) struct Cache(RwLock<Kept>);

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}

impl Cache {
    /// Many readers at a time; a panic elsewhere poisons nothing that matters here.
    fn read(&self) -> RwLockReadGuard<'_, Kept> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// One writer. No lock is held across an await.
    fn write(&self) -> RwLockWriteGuard<'_, Kept> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A grant that was read less than five minutes ago.
    ///
    /// Of concurrent callers that find an older entry, one gets `None`, and thereby the turn to
    /// read the store; the others get the old entry. `None` always means: read the store.
    pub(crate) fn get(&self, key: &GrantKey, now: SystemTime) -> Option<Arc<GrantRecord>> {
        let kept = |entry: &Entry| entry.is_young(now).then(|| Arc::clone(&entry.record));
        if let Some(young) = kept(self.read().entries.get(key)?) {
            return Some(young);
        }
        let mut all = self.write();
        let entry = all.entries.get_mut(key)?;
        let taken = kept(entry);
        if taken.is_none() {
            entry.turn_at = Some(now);
        }
        taken
    }

    /// Caches what was just read or written, unless a newer version is cached, or the grant was
    /// deleted here since the record was made. An older entry that is not young any more gives way
    /// even to a lower version.
    pub(crate) fn put(&self, record: &Arc<GrantRecord>, now: SystemTime) {
        let mut all = self.write();
        let key = &record.key;
        let mut gone = all.gone.get(key).into_iter().chain(&all.gone_all);
        if gone.any(|gone| gone.covers(record, now)) {
            return;
        }
        let entries = &mut all.entries;
        if entries.len() >= MOST {
            entries.retain(|_, entry| entry.is_young(now));
        }
        if entries.len() >= MOST {
            entries.clear();
        }
        let is_newer = |entry: &Entry| entry.record.version > record.version && entry.is_young(now);
        if !entries.get(key).is_some_and(is_newer) {
            let record = Arc::clone(record);
            let entry = Entry {
                record,
                read_at: now,
                turn_at: None,
            };
            entries.insert(key.clone(), entry);
        }
    }

    /// Drops a grant that is deleted, or may be, and keeps out records that were read before: a
    /// request in progress may hold one. The deletion is remembered for as long as an entry would
    /// live. If there are too many, no old grant at all is cached for that long: it is read from the store.
    pub(crate) fn forget(&self, key: &GrantKey, now: SystemTime) {
        let mut all = self.write();
        all.entries.remove(key);
        if all.gone.len() >= MOST {
            all.gone.retain(|_, gone| gone.is_young(now));
        }
        let gone = Gone {
            at: now,
            below: earliest(now),
        };
        if all.gone.len() < MOST {
            all.gone.insert(key.clone(), gone);
        } else {
            all.gone_all = Some(gone);
        }
    }
}

impl Gone {
    /// Whether an entry that was read before the deletion could still count as young.
    fn is_young(&self, now: SystemTime) -> bool {
        now.duration_since(self.at).is_ok_and(|age| age < LIFE)
    }

    /// Whether a record is older than the deletion.
    fn covers(&self, record: &GrantRecord, now: SystemTime) -> bool {
        self.is_young(now) && record.version < self.below
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::ids::AccountId;
    use crate::provider::token::{TokenSet, TokenType};
    use crate::scope::Scopes;
    use crate::secret::AccessToken;
    use crate::store::AppKey;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn record(version: Version) -> Arc<GrantRecord> {
        record_of("edward", version)
    }

    fn record_of(account: &str, version: Version) -> Arc<GrantRecord> {
        let app = AppKey {
            environment: "https://auth.atlassian.com".into(),
            client_id: "app".into(),
        };
        Arc::new(GrantRecord {
            key: GrantKey {
                app,
                account: AccountId::parse(account).unwrap(),
                consent: None,
            },
            tokens: TokenSet {
                access_token: AccessToken::new("token"),
                refresh_token: None,
                token_type: TokenType::Bearer,
                expires_at: at(10_000),
                exchanged_at: at(0),
                scopes: Scopes::new(),
            },
            consented_at: at(0),
            consents: Arc::new([]),
            asked: Scopes::new(),
            wanted: Scopes::new(),
            consent_needed: None,
            sites: None,
            added: Arc::new([]),
            sites_read_at: at(0),
            last_site: None,
            profile: None,
            links: Arc::new([]),
            unknown: Default::default(),
            generation: version,
            version,
        })
    }

    #[test]
    fn a_grant_that_was_read_before_it_was_deleted_is_not_cached_after() {
        let cache = Cache::default();
        let (old, new) = (record(earliest(at(100)) + 7), record(earliest(at(500))));
        let is_kept = || cache.get(&old.key, at(500)).is_some();
        cache.put(&old, at(400));
        assert!(is_kept());

        cache.forget(&old.key, at(500));
        cache.put(&old, at(500));

        assert!(!is_kept(), "a deleted grant came back");
        cache.put(&new, at(500));
        assert!(is_kept(), "a new grant is kept");
    }

    #[test]
    fn deletions_without_number_let_no_deleted_grant_back_and_cost_bounded_memory() {
        let cache = Cache::default();
        let version = earliest(at(100));
        for number in 0..=MOST {
            let record = record_of(&format!("user{number}"), version);
            cache.forget(&record.key, at(500));
        }
        let last = record_of(&format!("user{MOST}"), version);

        cache.put(&last, at(501));

        assert!(cache.get(&last.key, at(501)).is_none());
        assert_eq!(cache.read().gone.len(), MOST);
        cache.put(&last, at(900));
        assert!(cache.get(&last.key, at(900)).is_some(), "not for ever");
    }

    #[test]
    fn of_many_who_find_a_grant_old_one_reads_it() {
        let cache = Cache::default();
        let kept = record(1);
        cache.put(&kept, at(0));
        let has_turn = |now| cache.get(&kept.key, now).is_none();

        assert!(!has_turn(at(299)));
        assert!(has_turn(at(301)));
        assert!(!has_turn(at(302)), "two read it");
        assert!(
            has_turn(at(312)),
            "who has the turn and says nothing loses it"
        );
        cache.put(&kept, at(313));
        assert!(!has_turn(at(314)));
    }
}
