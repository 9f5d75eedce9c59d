//! Stores that live in one process: bounded, never evicting, and empty after a restart.
//!
//! They suit tests and a single instance whose visitors may sign in again after a deploy. Records are held as
//! they are, without sealing, and each comparison is made under the lock of its write.

mod grants;
mod marks;
mod sessions;

use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

pub use self::grants::MemoryGrants;
pub use self::marks::MemoryFlowMarks;
pub use self::sessions::MemorySessions;

/// How many entries of one kind a store holds unless told otherwise. Beyond it new records are refused with
/// [`StoreError::Full`](crate::store::StoreError): logins fail, but those who are signed in stay so.
const CAPACITY: usize = 100_000;

/// A hasher that takes the first eight bytes of its input: keys are SHA-256 values already and need no second
/// hash.
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

/// Builds [`Prefix`] for maps.
type ByPrefix = BuildHasherDefault<Prefix>;

/// Locks for reading. A lock whose holder panicked still guards whole entries, because every write below is one
/// map operation; a panic in one request must not end all others.
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// Locks for writing, with the same view of a panic.
fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
