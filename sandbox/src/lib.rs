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
mod body;
mod builder;
mod events;
mod fault_response;
mod mint;
mod oauth;
mod products;
mod request;
mod response;
mod sandbox;
mod server;
mod state;
mod time;
mod user_agent;

pub use self::builder::{SandboxBuilder, StartError};
pub use self::sandbox::Sandbox;
pub use self::state::clock::Clock;
pub use self::state::fault::{Endpoint, Fault};
pub use self::state::journal::JournalEntry;
pub use self::state::knobs::Knobs;
pub use self::state::seed::{App, GrantType, Seed, Site, User};
pub use self::user_agent::Stranded;
