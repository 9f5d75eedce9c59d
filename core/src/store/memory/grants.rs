//! Grants in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, RwLock};

use async_trait::async_trait;

use super::{CAPACITY, read, write};
use crate::store::{GrantKey, GrantRecord, GrantStore, Inserted, Replaced, StoreError, Version};

/// Keeps grants in this process: 100 000 unless set; full is an error, no grant is ever thrown out.
pub struct MemoryGrants {
    grants: RwLock<HashMap<GrantKey, Arc<GrantRecord>>>,
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
            grants: RwLock::default(),
            capacity,
        }
    }
}

impl Default for MemoryGrants {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryGrants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryGrants")
            .field("count", &read(&self.grants).len())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl GrantStore for MemoryGrants {
    async fn insert(&self, record: Arc<GrantRecord>) -> Result<Inserted, StoreError> {
        let mut grants = write(&self.grants);
        if grants.contains_key(&record.key) {
            return Ok(Inserted::Exists);
        }
        if grants.len() >= self.capacity {
            return Err(StoreError::Full);
        }
        grants.insert(record.key.clone(), record);
        Ok(Inserted::Done)
    }

    async fn load(&self, key: &GrantKey) -> Result<Option<Arc<GrantRecord>>, StoreError> {
        Ok(read(&self.grants).get(key).cloned())
    }

    async fn replace(
        &self,
        expected: Version,
        record: Arc<GrantRecord>,
    ) -> Result<Replaced, StoreError> {
        match write(&self.grants).get_mut(&record.key) {
            Some(stored) if stored.version == expected => {
                *stored = record;
                Ok(Replaced::Done)
            }
            _ => Ok(Replaced::Conflict),
        }
    }

    async fn delete(&self, key: &GrantKey) -> Result<(), StoreError> {
        write(&self.grants).remove(key);
        Ok(())
    }
}
