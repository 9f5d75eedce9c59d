#![doc = include_str!("README.md")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a contract that is broken must end the test"
)]

mod kit;
mod many;
mod rows;

pub use self::rows::row_store_contract;
