//! Sessions, grants and spent states of [threelo](https://docs.rs/threelo) in Redis (7 or newer), for many instances.
//! Everything but keys is sealed by threelo before it comes here.
//!
//! ```no_run
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! let store = threelo_redis::RedisStore::connect("redis://127.0.0.1:6379").await?;
//! let auth = threelo::AuthBuilder::from_env().store(Arc::new(store)).build()?;
//! # Ok(())
//! # }
//! ```
//!
//! Grants live as long as their users: give Redis persistence (`appendonly yes`) and `maxmemory-policy noeviction`, or keep
//! it for something that may be lost.
//!
//! # How it is kept
//!
//! A row is a hash with its version, owner and subjects beside the sealed content; a script compares and sets it. What rows
//! are listed by are sets of keys, written before the row and again after it, so that they may name a row too many, never
//! one too few; whoever takes a name from a set looks at the row again. Every script touches one key, so that a proxy may spread
//! them over a cluster; the store itself follows no redirection, and one node of several is refused at start-up. Rows with an end have it as their time to live.

mod keys;
mod link;
mod rows;
mod scripts;
mod sets;
mod setup_error;
mod store;

pub use self::setup_error::SetupError;
pub use self::store::RedisStore;
