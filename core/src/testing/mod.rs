#![doc = include_str!("README.md")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a contract that is broken must end the test"
)]

mod rows;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use self::rows::row_store_contract;

/// A time this long after 1970: far from any clock, so that no check depends on when it runs.
fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}
