//! Grants in memory.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use async_trait::async_trait;

use super::{CAPACITY, read, write};
use crate::clock::{Clock, SystemClock};
use crate::ids::AccountId;
use crate::store::{
    AppKey, GrantKey, GrantRecord, GrantStore, Inserted, Lease, LeaseOwner, LeaseRequest, LeaseRow,
    Page, Renewed, Replaced, StoreError, Version,
};

type Accounts = BTreeMap<AccountId, Arc<GrantRecord>>;

/// Keeps grants in this process: 100 000 unless set; full is an error, no grant is ever thrown out.
pub struct MemoryGrants {
    apps: RwLock<HashMap<AppKey, Accounts>>,
    leases: Mutex<HashMap<GrantKey, LeaseRow>>,
    clock: Arc<dyn Clock>,
    capacity: usize,
}

impl MemoryGrants {
    /// An empty store for at most 100 000 grants.
    pub fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    /// An empty store for at most `capacity` grants.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            apps: RwLock::default(),
            leases: Mutex::default(),
            clock: Arc::new(SystemClock),
            capacity,
        }
    }

    /// The clock by which leases end; the machine's unless set.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    fn leases(&self) -> MutexGuard<'_, HashMap<GrantKey, LeaseRow>> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryGrants {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryGrants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count: usize = read(&self.apps).values().map(BTreeMap::len).sum();
        f.debug_struct("MemoryGrants")
            .field("count", &count)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl GrantStore for MemoryGrants {
    async fn insert(&self, record: Arc<GrantRecord>) -> Result<Inserted, StoreError> {
        let mut apps = write(&self.apps);
        let count: usize = apps.values().map(BTreeMap::len).sum();
        let accounts = apps.entry(record.key.app.clone()).or_default();
        if accounts.contains_key(&record.key.account) {
            return Ok(Inserted::Exists);
        }
        if count >= self.capacity {
            return Err(StoreError::Full);
        }
        accounts.insert(record.key.account.clone(), record);
        Ok(Inserted::Done)
    }

    async fn load(&self, key: &GrantKey) -> Result<Option<Arc<GrantRecord>>, StoreError> {
        let apps = read(&self.apps);
        let accounts = apps.get(&key.app);
        Ok(accounts.and_then(|accounts| accounts.get(&key.account).cloned()))
    }

    async fn replace(
        &self,
        expected: Version,
        record: Arc<GrantRecord>,
    ) -> Result<Replaced, StoreError> {
        let mut apps = write(&self.apps);
        let accounts = apps.get_mut(&record.key.app);
        match accounts.and_then(|accounts| accounts.get_mut(&record.key.account)) {
            Some(stored) if stored.version == expected => {
                *stored = record;
                Ok(Replaced::Done)
            }
            _ => Ok(Replaced::Conflict),
        }
    }

    async fn delete(&self, key: &GrantKey) -> Result<(), StoreError> {
        if let Some(accounts) = write(&self.apps).get_mut(&key.app) {
            accounts.remove(&key.account);
        }
        self.leases().remove(key);
        Ok(())
    }

    async fn accounts(&self, app: &AppKey, page: &Page) -> Result<Vec<AccountId>, StoreError> {
        let apps = read(&self.apps);
        let Some(accounts) = apps.get(app) else {
            return Ok(Vec::new());
        };
        let after = page
            .after
            .as_ref()
            .map_or(Bound::Unbounded, Bound::Excluded);
        let part = accounts.range::<AccountId, _>((after, Bound::Unbounded));
        Ok(part.take(page.limit).map(|(id, _)| id.clone()).collect())
    }

    async fn lease(&self, key: &GrantKey, request: &LeaseRequest) -> Result<Lease, StoreError> {
        let now = self.clock.now();
        let mut leases = self.leases();
        let Some(row) = LeaseRow::take(leases.get(key), request, now) else {
            return Ok(Lease::Held);
        };
        leases.insert(key.clone(), row);
        Ok(Lease::Taken(row.attempts(now)))
    }

    async fn renew(&self, key: &GrantKey, request: &LeaseRequest) -> Result<Renewed, StoreError> {
        let now = self.clock.now();
        let mut leases = self.leases();
        let Some(row) = leases.get_mut(key) else {
            return Ok(Renewed::Lost);
        };
        match row.renewed(request, now) {
            Some(renewed) => {
                *row = renewed;
                Ok(Renewed::Done)
            }
            None => Ok(Renewed::Lost),
        }
    }

    async fn release(
        &self,
        key: &GrantKey,
        owner: LeaseOwner,
        settled: bool,
    ) -> Result<(), StoreError> {
        let mut leases = self.leases();
        let Some(row) = leases.get_mut(key).filter(|row| row.owner == Some(owner)) else {
            return Ok(());
        };
        match row.released(settled) {
            Some(released) => *row = released,
            None => {
                leases.remove(key);
            }
        }
        Ok(())
    }
}
