//! What a test turns on and a store in its way asks for.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A switch, off at first.
#[derive(Debug, Default)]
pub(crate) struct Switch(AtomicBool);

impl Switch {
    pub(crate) fn set(&self, is_on: bool) {
        self.0.store(is_on, Ordering::SeqCst);
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Whether it was on; it is off afterwards.
    pub(crate) fn take(&self) -> bool {
        self.0.swap(false, Ordering::SeqCst)
    }
}

/// A counter, zero at first.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicUsize);

impl Counter {
    pub(crate) fn set(&self, count: usize) {
        self.0.store(count, Ordering::SeqCst);
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn increment(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether it was above zero; it is one less afterwards.
    pub(crate) fn take_one(&self) -> bool {
        let one_less = |count: usize| count.checked_sub(1);
        let taken = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
        taken.is_ok()
    }
}
