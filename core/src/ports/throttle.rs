//! When this process looked at something at Atlassian, so that nobody makes it look all the time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

const MOST: usize = 10_000;

/// The last looks, whatever came of them.
#[derive(Debug)]
pub(crate) struct Throttle<K>(Mutex<HashMap<K, SystemTime>>);

impl<K> Default for Throttle<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash> Throttle<K> {
    /// Whether the last look is at least `gap` ago; if so, this is one.
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
