//! A local stand-in for Atlassian: its authorization server and the few APIs around it, for tests
//! and first steps.
//!
//! One server plays both of Atlassian's hosts, `auth.atlassian.com` and `api.atlassian.com`, on one
//! port. An app that is pointed at [`Sandbox::url`] signs its users in without an Atlassian account
//! and without the network:
//!
//! | request | what it does |
//! |---|---|
//! | `GET /authorize` | the authorization request (RFC 6749 §4.1.1), with pages to log in and to consent |
//! | `POST /oauth/token` | exchanges a code or a refresh token; JSON or form, secret in the body or HTTP Basic |
//! | `POST /oauth/revoke` | revokes a token (RFC 7009) |
//! | `GET /me` | the profile of the user, for the scope `read:me` |
//! | `GET /oauth/token/accessible-resources` | the sites that the token reaches |
//! | `/ex/jira/{cloudid}/...` | `myself`, `search/jql`, `project/search` and `issue` of Jira's REST API, version 3 |
//! | `/ex/confluence/{cloudid}/...` | `pages` of Confluence's REST API, version 2 |
//!
//! The sandbox behaves as the current service is known to behave, error texts included. What is not
//! known for certain, or varies, is a field of [`Knobs`]. It shares no code with the client, so
//! that each can prove the other wrong.
//!
//! # A test
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
//! A test drives the user with [`Sandbox::approve`] and [`Sandbox::cancel`], moves the time with
//! [`Sandbox::clock`], makes requests fail with [`Sandbox::fault`], changes what happened at
//! Atlassian with methods such as [`Sandbox::revoke_user`], and looks at the requests with
//! [`Sandbox::journal`].
//!
//! # A program
//!
//! `cargo run -p threelo-sandbox -- --listen 127.0.0.1:9400 [--seed FILE.toml]` prints one line of
//! JSON with the address and the credentials, and serves until it is interrupted. The format of a
//! seed is that of `seed.example.toml` beside this crate's manifest, which is also the default; see
//! [`Seed`].
//!
//! # Not for production
//!
//! There are no passwords, the signatures of tokens are random bytes, and secrets are kept and
//! shown in plain text.

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
pub use self::state::clock::SandboxClock;
pub use self::state::fault::{Endpoint, Fault};
pub use self::state::journal::JournalEntry;
pub use self::state::knobs::Knobs;
pub use self::state::seed::{App, GrantType, Seed, SeedSite, SeedUser};
pub use self::user_agent::Stranded;
