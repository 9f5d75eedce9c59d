//! Several instances over one database: processes of their own, killed and raced.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: what is not as expected ends the test"
)]

mod callbacks;
mod contracts;
mod crashes;
mod database;
mod dumps;
mod failover;
mod jumps;
mod model;
mod outages;
mod refreshes;
mod silence;
mod streams;
mod trips;
mod upgrades;
mod version_1;
