//! Sessions, grants and spent states of [threelo](https://docs.rs/threelo) in SQLite, for one machine, or in Postgres,
//! for many instances. Everything but keys is sealed by threelo before it comes here.
//!
//! ```no_run
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! let store = threelo_sqlx::SqliteStore::connect("sqlite:threelo.db").migrate().await?;
//! let auth = threelo::AuthBuilder::from_env().store(Arc::new(store)).build()?;
//! # Ok(())
//! # }
//! ```
//!
//! Rows are listed by account id, client id and the origin of the authorization server, which stand in clear; users of the
//! app (subjects) stand as hashes.

#[macro_use]
mod backend;
mod connecting;
mod error;
mod failure;
mod health;
mod lent;
#[cfg(feature = "postgres")]
mod postgres;
mod prefix;
mod row_store;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statements;
mod tables;

pub use self::connecting::Connecting;
pub use self::error::SetupError;
#[cfg(feature = "postgres")]
pub use self::postgres::PostgresStore;
#[cfg(feature = "sqlite")]
pub use self::sqlite::SqliteStore;
