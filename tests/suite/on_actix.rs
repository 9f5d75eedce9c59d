//! Every scenario on actix-web, and what only actix-web has.

use threelo_tests::ActixApp as App;

mod actix;
mod cors;
#[path = "scenarios/mod.rs"]
mod scenarios;
