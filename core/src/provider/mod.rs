//! Atlassian's endpoints as pairs of pure functions: one writes the request, one reads the response.
//!
//! Nothing in here sends, waits, logs or reads a clock, so that every response can be tested as a value. The errors
//! keep no text of a response, because it may contain tokens (docs/attacks.md T161). What is known about the endpoints,
//! and how certain it is, stands in docs/protocol.md.

pub mod authorization;
pub mod profile;
pub mod site;
pub mod token;
