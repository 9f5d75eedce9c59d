//! Sessions in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::SystemTime;

use async_trait::async_trait;

use crate::ids::{AccountId, SessionTokenHash};
use crate::store::memory::{ByPrefix, CAPACITY, read, write};
use crate::store::session::{SessionRecord, SessionStore};
use crate::store::{Inserted, Replaced, StoreError, Version};

/// How many locks the sessions are spread over, so that requests on many threads rarely wait for each other.
const SHARDS: usize = 64;

/// The sessions behind one lock.
type Shard = RwLock<HashMap<SessionTokenHash, Arc<SessionRecord>, ByPrefix>>;

/// Keeps sessions in this process, 100,000 unless told otherwise. When it is full, expired sessions make room;
/// no session is evicted before its end.
///
/// The capacity is checked before the insert and not together with it, so concurrent logins may exceed it by a
/// few.
pub struct MemorySessions {
    /// The sessions by key.
    shards: [Shard; SHARDS],
    /// The keys of each account. The index may name a key too many for a moment, never one too few, so that
    /// "sign out everywhere" misses none.
    of_account: RwLock<HashMap<AccountId, Vec<SessionTokenHash>>>,
    /// How many sessions there are.
    count: AtomicUsize,
    /// How many there may be.
    capacity: usize,
}

impl MemorySessions {
    /// An empty store for at most 100,000 sessions.
    pub fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    /// An empty store for at most `capacity` sessions of about 250 bytes each.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Shard::default()),
            of_account: RwLock::default(),
            count: AtomicUsize::new(0),
            capacity,
        }
    }

    /// The lock and map for a key.
    fn shard(&self, key: &SessionTokenHash) -> &Shard {
        // The map inside a shard hashes by the first bytes, so the last one chooses the shard.
        let [.., last] = key.0;
        &self.shards[usize::from(last) % SHARDS]
    }

    /// Removes a session and its index entry; `false` if it was not there. The session goes first: what the
    /// index still names is not found.
    fn remove(&self, key: &SessionTokenHash) -> bool {
        let Some(record) = write(self.shard(key)).remove(key) else {
            return false;
        };
        self.count.fetch_sub(1, Ordering::Relaxed);
        let mut index = write(&self.of_account);
        if let Some(keys) = index.get_mut(record.account()) {
            keys.retain(|other| other != key);
            if keys.is_empty() {
                index.remove(record.account());
            }
        }
        true
    }

    /// Removes the sessions whose idle or absolute end is at or before `now`, and returns how many. Each shard is read
    /// for a moment, and each session removed by itself, so that requests go on meanwhile.
    fn remove_expired(&self, now: SystemTime) -> u64 {
        let expired: Vec<SessionTokenHash> = self
            .shards
            .iter()
            .flat_map(|shard| {
                let shard = read(shard);
                let old = shard.values().filter(|record| record.ends_at() <= now);
                old.map(|record| record.key).collect::<Vec<_>>()
            })
            .collect();
        expired.iter().filter(|key| self.remove(key)).count() as u64
    }
}

impl Default for MemorySessions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemorySessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySessions")
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionStore for MemorySessions {
    async fn insert(&self, record: Arc<SessionRecord>) -> Result<Inserted, StoreError> {
        if self.count.load(Ordering::Relaxed) >= self.capacity
            && self.remove_expired(record.created_at) == 0
        {
            return Err(StoreError::Full);
        }
        let key = record.key;
        // The index first: it may name a key too many, never one too few.
        write(&self.of_account)
            .entry(record.account().clone())
            // Most accounts have one session, and a vector would start with room for four.
            .or_insert_with(|| Vec::with_capacity(1))
            .push(key);
        let mut shard = write(self.shard(&key));
        if shard.contains_key(&key) {
            return Ok(Inserted::Exists);
        }
        shard.insert(key, record);
        self.count.fetch_add(1, Ordering::Relaxed);
        Ok(Inserted::Done)
    }

    async fn load(&self, key: &SessionTokenHash) -> Result<Option<Arc<SessionRecord>>, StoreError> {
        Ok(read(self.shard(key)).get(key).cloned())
    }

    fn load_now(&self, key: &SessionTokenHash) -> Option<Option<Arc<SessionRecord>>> {
        Some(read(self.shard(key)).get(key).cloned())
    }

    async fn replace(
        &self,
        expected: Version,
        record: Arc<SessionRecord>,
    ) -> Result<Replaced, StoreError> {
        match write(self.shard(&record.key)).get_mut(&record.key) {
            Some(stored) if stored.version == expected => {
                *stored = record;
                Ok(Replaced::Done)
            }
            _ => Ok(Replaced::Conflict),
        }
    }

    async fn delete(&self, key: &SessionTokenHash) -> Result<(), StoreError> {
        self.remove(key);
        Ok(())
    }

    async fn list_of(&self, account: &AccountId) -> Result<Vec<Arc<SessionRecord>>, StoreError> {
        let keys = read(&self.of_account)
            .get(account)
            .cloned()
            .unwrap_or_default();
        Ok(keys
            .iter()
            .filter_map(|key| read(self.shard(key)).get(key).cloned())
            .collect())
    }

    async fn delete_of(&self, account: &AccountId) -> Result<u64, StoreError> {
        let keys = read(&self.of_account)
            .get(account)
            .cloned()
            .unwrap_or_default();
        let gone = keys.iter().filter(|key| self.remove(key));
        Ok(gone.count() as u64)
    }

    async fn delete_expired(&self, now: SystemTime) -> Result<u64, StoreError> {
        Ok(self.remove_expired(now))
    }
}
