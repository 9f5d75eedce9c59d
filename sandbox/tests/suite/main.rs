//! The sandbox as a client sees it, over real HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod api;
mod authorize;
mod client;
mod events;
mod faults;
mod grant_types;
mod products;
mod program;
mod refresh;
mod token;
