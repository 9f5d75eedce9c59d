//! The scenarios, word for word the same on every framework: `super` says which one it is.

use super::App;

mod answers_corpus;
mod api;
mod callback_corpus;
mod canary;
mod errors;
mod flows;
mod mallory;
mod negotiation;
mod own_pages;
mod refresh;
mod refresh_failures;
mod return_targets;
mod sessions;
mod sites;

type World = threelo_tests::World<App>;
type Browser = threelo_tests::Browser<App>;
