//! Every scenario of a sign-in, through the real adapter and over real HTTP to the sandbox.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::too_many_lines,
    clippy::type_complexity,
    reason = "tests: a table is as long as it is, and what is not as expected ends the test"
)]

mod answers_corpus;
mod api;
mod callback_corpus;
mod canary;
mod errors;
mod flows;
mod house;
mod mallory;
mod negotiation;
mod refresh;
mod refresh_failures;
mod return_targets;
mod sessions;
mod settings;
mod sites;
mod stores;
mod tower;
