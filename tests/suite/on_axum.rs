//! Every scenario on axum, and what only tower and axum have.

use threelo_tests::AxumApp as App;

mod cors;
#[path = "scenarios/mod.rs"]
mod scenarios;
mod tower;
