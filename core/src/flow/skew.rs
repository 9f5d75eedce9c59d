//! Clocks of instances differ by a little.

use std::time::{Duration, SystemTime};

use super::ports::Ports;

/// As far may the clock of another instance be ahead, or behind.
pub(super) const SKEW: Duration = Duration::from_secs(5);

/// How long ago it was; `None` if that is in the future, by more than clocks differ.
pub(super) fn age(ports: &Ports, at: SystemTime) -> Option<Duration> {
    match ports.now().duration_since(at) {
        Ok(age) => Some(age),
        Err(ahead) => (ahead.duration() <= SKEW).then_some(Duration::ZERO),
    }
}

/// Whether it may have been after `began`, which another instance noted.
pub(super) fn is_since(at: SystemTime, began: SystemTime) -> bool {
    at.checked_add(SKEW).is_none_or(|at| at >= began)
}
