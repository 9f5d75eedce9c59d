//! Every scenario of a sign-in, through the real adapter and over real HTTP to the sandbox.

mod callback_corpus;
mod canary;
mod errors;
mod flows;
mod house;
mod mallory;
mod negotiation;
mod return_targets;
mod sessions;
mod settings;
mod sites;
