//! Every scenario of a sign-in, through the real adapters and over real HTTP to the sandbox.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::too_many_lines,
    clippy::type_complexity,
    clippy::excessive_nesting,
    clippy::duplicate_mod,
    reason = "tests: a table is as long as it is, and what is not as expected ends the test; the scenarios are there once for each framework"
)]

mod asking;
mod house;
mod on_actix;
mod on_axum;
mod own_cors;
mod parity;
mod sealing;
mod settings;
mod stores;
