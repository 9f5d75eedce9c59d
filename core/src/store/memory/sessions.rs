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

const SHARDS: usize = 64;

type Shard = RwLock<HashMap<SessionTokenHash, Arc<SessionRecord>, ByPrefix>>;

/// Keeps sessions in this process: 100 000 unless set; full is an error, nothing is thrown out.
pub struct MemorySessions {
    shards: [Shard; SHARDS],
    of_account: RwLock<HashMap<AccountId, Vec<SessionTokenHash>>>,
    count: AtomicUsize,
    capacity: usize,
}

impl MemorySessions {
    /// An empty store for at most 100 000 sessions.
    pub fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    /// An empty store for at most `capacity` sessions; about 250 bytes each.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Shard::default()),
            of_account: RwLock::default(),
            count: AtomicUsize::new(0),
            capacity,
        }
    }

    fn shard(&self, key: &SessionTokenHash) -> &Shard {
        // The map inside a shard hashes by the first bytes, so the last one chooses the shard.
        let [.., last] = key.0;
        &self.shards[usize::from(last) % SHARDS]
    }

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

    fn remove_expired(&self, now: SystemTime) -> u64 {
        let expired: Vec<SessionTokenHash> = self
            .shards
            .iter()
            .flat_map(|shard| {
                let shard = read(shard);
                let old = shard.values().filter(|record| record.expires_at <= now);
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
            // Most accounts have one session; a vector's own first step has room for four.
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
