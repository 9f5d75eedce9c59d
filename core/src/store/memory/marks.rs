//! Spent marks in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::RwLock;
use std::time::SystemTime;

use async_trait::async_trait;

use crate::ids::MarkKey;
use crate::store::memory::{ByPrefix, CAPACITY, read, write};
use crate::store::{FlowMarks, Spent, StoreError};

/// How many marks are added between two sweeps of those that ended, so that a sweep costs each mark little.
const SWEEP_EVERY: usize = 1024;

/// Remembers spent marks in this process, 100,000 unless told otherwise. A full store refuses new marks and
/// evicts none: a mark that was forgotten early would let a state be used twice.
pub struct MemoryFlowMarks {
    /// Each mark with the time until which it counts.
    marks: RwLock<HashMap<MarkKey, SystemTime, ByPrefix>>,
    /// How many marks there may be, those that ended and were not swept yet included.
    capacity: usize,
}

impl MemoryFlowMarks {
    /// An empty store for at most 100,000 marks.
    pub fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    /// An empty store for at most `capacity` marks.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            marks: RwLock::default(),
            capacity,
        }
    }
}

impl Default for MemoryFlowMarks {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryFlowMarks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryFlowMarks")
            .field("count", &read(&self.marks).len())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl FlowMarks for MemoryFlowMarks {
    /// Looks and writes under one lock. A mark that ended but was not swept yet still counts as spent.
    ///
    /// Marks that ended by `now` are swept about every 1,024 additions, and before the store reports that it is
    /// full.
    async fn spend(
        &self,
        state: MarkKey,
        now: SystemTime,
        until: SystemTime,
    ) -> Result<Spent, StoreError> {
        let mut marks = write(&self.marks);
        if marks.contains_key(&state) {
            return Ok(Spent::Again);
        }
        let due = marks.len() % SWEEP_EVERY == SWEEP_EVERY - 1;
        if due || marks.len() >= self.capacity {
            marks.retain(|_, until| *until > now);
        }
        if marks.len() >= self.capacity {
            return Err(StoreError::Full);
        }
        marks.insert(state, until);
        Ok(Spent::First)
    }
}
