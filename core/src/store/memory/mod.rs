//! Stores for one process: bounded, gone at restart.

mod grants;
mod marks;
mod sessions;

use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

pub use self::grants::MemoryGrants;
pub use self::marks::MemoryFlowMarks;
pub use self::sessions::MemorySessions;

/// Entries per kind unless set.
const CAPACITY: usize = 100_000;

/// Keys are SHA-256 values already: their first bytes are the hash.
#[derive(Clone, Copy, Debug, Default)]
struct Prefix(u64);

impl Hasher for Prefix {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

type ByPrefix = BuildHasherDefault<Prefix>;

/// A lock whose holder panicked still guards whole entries: every write below is one map operation.
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
