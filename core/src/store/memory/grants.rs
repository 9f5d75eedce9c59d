//! Grants and leases in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use async_trait::async_trait;

use crate::clock::{Clock, SystemClock};
use crate::ids::{AccountId, ConsentId, Subject};
use crate::store::grant::{AppKey, GrantKey, GrantRecord, GrantStore, PageRequest};
use crate::store::lease::{Lease, LeaseOwner, LeaseRequest, LeaseRow, Renewed};
use crate::store::memory::{CAPACITY, read, write};
use crate::store::{Inserted, Replaced, StoreError, Version};

/// What identifies a grant within its app. Accounts sort before consents, so all grants of an account are
/// neighbours.
type Id = (AccountId, Option<ConsentId>);

/// The grants of one app, with an index of the links. Both change under one lock.
#[derive(Default)]
struct App {
    /// The grants in the order in which `accounts` lists them.
    grants: BTreeMap<Id, Arc<GrantRecord>>,
    /// Which grants each user of the app has.
    of_subject: HashMap<Subject, BTreeSet<Id>>,
}

impl App {
    /// Stores a grant and lists it under its links, those of the record before it no longer.
    fn put(&mut self, record: Arc<GrantRecord>) {
        let id = id(&record.key);
        self.remove(&id);
        for link in record.links.iter() {
            let linked = self.of_subject.entry(link.subject.clone());
            linked.or_default().insert(id.clone());
        }
        self.grants.insert(id, record);
    }

    /// Removes a grant and its entries in the index; nothing if it is not there.
    fn remove(&mut self, id: &Id) {
        let Some(record) = self.grants.remove(id) else {
            return;
        };
        for link in record.links.iter() {
            if let Some(linked) = self.of_subject.get_mut(&link.subject) {
                linked.remove(id);
                if linked.is_empty() {
                    self.of_subject.remove(&link.subject);
                }
            }
        }
    }
}

/// The part of a key that identifies a grant within its app.
fn id(key: &GrantKey) -> Id {
    (key.account.clone(), key.consent.clone())
}

/// Keeps grants and leases in this process, 100,000 grants unless told otherwise. A full store refuses new
/// grants and evicts none: a lost grant would cost its owner a consent.
///
/// `delete` and `delete_if` remove the grant and then its lease, under two locks. A refresh between the two may
/// lose its lease, which it notices when it renews or stores.
pub struct MemoryGrants {
    /// The grants of each app that uses this store.
    apps: RwLock<HashMap<AppKey, App>>,
    /// The leases, apart from the grants: a lease may exist for a grant that was just deleted.
    leases: Mutex<HashMap<GrantKey, LeaseRow>>,
    /// The store's time, by which leases end.
    clock: Arc<dyn Clock>,
    /// How many grants there may be, of all apps together.
    capacity: usize,
}

impl MemoryGrants {
    /// An empty store for at most 100,000 grants.
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

    /// Sets the clock by which leases end; it is the machine's otherwise.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Locks the leases, also after a panic: each one is written whole.
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
        let count = count(&read(&self.apps));
        f.debug_struct("MemoryGrants")
            .field("count", &count)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl GrantStore for MemoryGrants {
    async fn insert(&self, record: Arc<GrantRecord>) -> Result<Inserted, StoreError> {
        let mut apps = write(&self.apps);
        let count = count(&apps);
        let app = apps.entry(record.key.app.clone()).or_default();
        if app.grants.contains_key(&id(&record.key)) {
            return Ok(Inserted::Exists);
        }
        if count >= self.capacity {
            return Err(StoreError::Full);
        }
        app.put(record);
        Ok(Inserted::Done)
    }

    async fn load(&self, key: &GrantKey) -> Result<Option<Arc<GrantRecord>>, StoreError> {
        let apps = read(&self.apps);
        let app = apps.get(&key.app);
        Ok(app.and_then(|app| app.grants.get(&id(key)).cloned()))
    }

    async fn replace(
        &self,
        expected: Version,
        record: Arc<GrantRecord>,
    ) -> Result<Replaced, StoreError> {
        let mut apps = write(&self.apps);
        let Some(app) = apps.get_mut(&record.key.app) else {
            return Ok(Replaced::Conflict);
        };
        match app.grants.get(&id(&record.key)) {
            Some(stored) if stored.version == expected => {
                app.put(record);
                Ok(Replaced::Done)
            }
            _ => Ok(Replaced::Conflict),
        }
    }

    async fn delete(&self, key: &GrantKey) -> Result<(), StoreError> {
        if let Some(app) = write(&self.apps).get_mut(&key.app) {
            app.remove(&id(key));
        }
        self.leases().remove(key);
        Ok(())
    }

    async fn delete_if(&self, key: &GrantKey, expected: Version) -> Result<Replaced, StoreError> {
        let mut apps = write(&self.apps);
        let app = apps.get_mut(&key.app);
        let stored = app.filter(|app| {
            let stored = app.grants.get(&id(key));
            stored.is_some_and(|stored| stored.version == expected)
        });
        let Some(app) = stored else {
            return Ok(Replaced::Conflict);
        };
        app.remove(&id(key));
        drop(apps);
        self.leases().remove(key);
        Ok(Replaced::Done)
    }

    async fn delete_of(&self, app: &AppKey, account: &AccountId) -> Result<u64, StoreError> {
        let mut gone = 0;
        for record in self.of_account(app, account).await? {
            self.delete(&record.key).await?;
            gone += 1;
        }
        Ok(gone)
    }

    async fn of_account(
        &self,
        app: &AppKey,
        account: &AccountId,
    ) -> Result<Vec<Arc<GrantRecord>>, StoreError> {
        let apps = read(&self.apps);
        let Some(app) = apps.get(app) else {
            return Ok(Vec::new());
        };
        let theirs = app.grants.range((account.clone(), None)..);
        let theirs = theirs.take_while(|((other, _), _)| other == account);
        Ok(theirs.map(|(_, record)| Arc::clone(record)).collect())
    }

    async fn of_subject(
        &self,
        app: &AppKey,
        subject: &Subject,
    ) -> Result<Vec<Arc<GrantRecord>>, StoreError> {
        let apps = read(&self.apps);
        let Some(app) = apps.get(app) else {
            return Ok(Vec::new());
        };
        let linked = app.of_subject.get(subject).into_iter().flatten();
        Ok(linked
            .filter_map(|id| app.grants.get(id).cloned())
            .collect())
    }

    async fn accounts(
        &self,
        app: &AppKey,
        page: &PageRequest,
    ) -> Result<Vec<AccountId>, StoreError> {
        let apps = read(&self.apps);
        let mut found: Vec<AccountId> = Vec::new();
        let Some(app) = apps.get(app) else {
            return Ok(found);
        };
        let from = match &page.after {
            Some(after) => Bound::Excluded((after.clone(), None)),
            None => Bound::Unbounded,
        };
        for (account, _) in app.grants.range((from, Bound::Unbounded)).map(|(id, _)| id) {
            let is_new = page.after.as_ref() != Some(account) && found.last() != Some(account);
            if is_new && found.len() == page.limit {
                break;
            }
            if is_new {
                found.push(account.clone());
            }
        }
        Ok(found)
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

/// How many grants all apps have together.
fn count(apps: &HashMap<AppKey, App>) -> usize {
    apps.values().map(|app| app.grants.len()).sum()
}
