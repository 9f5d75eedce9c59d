//! Spent states in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::RwLock;
use std::time::SystemTime;

use async_trait::async_trait;

use crate::ids::MarkKey;
use crate::store::memory::{ByPrefix, CAPACITY, read, write};
use crate::store::{FlowMarks, Spent, StoreError};

/// How many marks are added between two sweeps.
const SWEEP_EVERY: usize = 1024;

/// Remembers spent states in this process: 100 000 at a time unless set; full is an error, no mark is thrown out
/// before its time.
pub struct MemoryFlowMarks {
    marks: RwLock<HashMap<MarkKey, SystemTime, ByPrefix>>,
    capacity: usize,
}

impl MemoryFlowMarks {
    /// No marks yet, at most 100 000.
    pub fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    /// No marks yet, at most `capacity`.
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
