//! When this process looked at something at Atlassian, so that requests cannot make it look all the
//! time.
//!
//! It belongs to one process: several instances may each look once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Keys that are remembered. While all of them are recent, further keys are not allowed a look,
/// which bounds memory and calls alike.
const MOST: usize = 10_000;

/// The times of the last looks, whatever came of them.
#[derive(Debug)]
pub(crate) struct Throttle<K>(Mutex<HashMap<K, SystemTime>>);

impl<K> Default for Throttle<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash> Throttle<K> {
    /// Whether the last look at `key` was at least `gap` ago; if so, this counts as a look, and
    /// concurrent callers are refused. A failed look counts, too: a service that does not answer is
    /// not asked for every request. A clock that was set back allows a look.
    pub(crate) fn allow(&self, key: &K, now: SystemTime, gap: Duration) -> bool {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |at: &SystemTime| now.duration_since(*at).is_ok_and(|age| age < gap);
        if looks.get(key).is_some_and(is_recent) {
            return false;
        }
        if looks.len() >= MOST {
            looks.retain(|_, at| is_recent(at));
        }
        if looks.len() >= MOST {
            return false;
        }
        looks.insert(key.clone(), now);
        true
    }
}
