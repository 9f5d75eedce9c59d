//! The scenarios, word for word the same on every framework: `super` says which one it is.

use super::App;

mod answers_corpus;
mod api;
mod app_mistakes;
mod browser_clients;
mod bulkheads;
mod callback_corpus;
mod canary;
mod clocks;
mod connect;
mod crowds;
mod doors;
mod durable;
mod errors;
mod flows;
mod grants;
mod hooks;
mod mallory;
mod many_cookies;
mod names;
mod negotiation;
mod new_tokens;
mod outages;
mod own_pages;
mod people;
mod profiles;
mod refresh;
mod refresh_failures;
mod resource_level;
mod restarts;
mod return_targets;
mod scopes;
mod scripts;
mod sessions;
mod sites;
mod slow_bodies;
mod upkeep;

type World = threelo_tests::World<App>;
type Browser = threelo_tests::Browser<App>;
