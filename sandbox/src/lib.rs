//! A local Atlassian: the authorization server and the few APIs around it, so that a login runs without an account.
//!
//! It mimics what is known of the current service and has a knob for what is not. It shares no code with the client,
//! so that the two can prove each other wrong.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use threelo_sandbox::Sandbox;
//!
//! let sandbox = Sandbox::builder().start().await?;
//! println!("{} {}", sandbox.url(), sandbox.client_id());
//! assert_eq!(sandbox.count("POST", "/oauth/token"), 0);
//! # Ok(())
//! # }
//! ```
//!
//! As a binary: `cargo run -p threelo-sandbox -- --listen 127.0.0.1:9400 [--seed FILE.toml]`; the format of a seed is
//! that of `seed.example.toml` beside this crate's manifest, which is also the default.

mod api;
mod authorize;
mod body;
mod builder;
mod clock;
mod consent;
mod fault;
mod grants;
mod happenings;
mod journal;
mod knobs;
mod mint;
mod pages;
mod products;
mod sandbox;
mod seed;
mod server;
mod state;
mod time;
mod token;
mod visitor;

pub use self::builder::{SandboxBuilder, StartError};
pub use self::clock::Clock;
pub use self::fault::{Endpoint, Fault};
pub use self::journal::JournalEntry;
pub use self::knobs::Knobs;
pub use self::sandbox::Sandbox;
pub use self::seed::{App, GrantType, Seed, Site, User};
pub use self::visitor::Stranded;
