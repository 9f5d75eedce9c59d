//! Keeps the sessions, grants and spent states of [threelo](https://docs.rs/threelo) in a SQL database: [`SqliteStore`] for
//! one machine, [`PostgresStore`] for any number of instances. threelo seals everything except for keys before it gets here.
//!
//! # Getting started
//!
//! In `Cargo.toml`, beside `threelo` or one of its adapters:
//!
//! ```toml
//! [dependencies]
//! threelo-sqlx = "0.1"
//! ```
//!
//! The features `sqlite` and `postgres` are both on by default. For one of them only, write
//! `threelo-sqlx = { version = "0.1", default-features = false, features = ["postgres"] }`.
//!
//! Connect, create the tables, and hand the store to the builder:
//!
//! ```no_run
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use threelo::AuthBuilder;
//! use threelo_sqlx::SqliteStore;
//!
//! let store = SqliteStore::connect("sqlite:threelo.db").migrate().await?;
//! let auth = AuthBuilder::from_env().store(Arc::new(store)).build()?;
//! # Ok(())
//! # }
//! ```
//!
//! For Postgres, only the type and the address differ:
//!
//! ```no_run
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! # use threelo_sqlx::PostgresStore;
//! let store = PostgresStore::connect("postgres://app:secret@db.internal/app").migrate().await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`migrate`](Connecting::migrate) creates the tables where they are missing. Without it, `connect` only checks them, for
//! deployments whose app may not create tables. Whatever is wrong with the database is a [`SqlSetupError`] at start-up, and
//! its text says what to do.
//!
//! # Keys
//!
//! A store in a database needs sealing keys: the variable `THREELO_KEYS`, or `AuthBuilder::keys`. Without them, `build` returns
//! an error. A key is an id and at least 32 random bytes in base64. This makes one, to be kept with the other secrets of the
//! app:
//!
//! ```console
//! $ echo "THREELO_KEYS=k1:$(openssl rand -base64 32)"
//! ```
//!
//! Rows that are sealed with a lost key cannot be opened: their users have to sign in and consent again.
//! The documentation of `Auth::rekey` describes how to change keys while the app runs.
//!
//! # Several instances
//!
//! All instances of an app use the same database, the same prefix and the same keys. Nothing else is shared between them, and
//! any instance can serve any request. For SQLite, these are processes on one machine. Every instance may call `migrate` at
//! every start: one creates the tables, the others wait for it.
//!
//! A new version of the app may be rolled out one instance after another. `migrate` of the new one only adds to the tables, so that
//! instances of the release before go on and can be started again. A program that can no longer use the tables says so at start-up
//! with [`SqlSetupError::Newer`].
//!
//! Several apps can share a database, each with a prefix of its own (`connect_with_prefix`).
//!
//! # What a caller can rely on
//!
//! - **Every write is atomic.** A row is inserted, replaced or deleted together with its subjects, or not at all. Versions are
//!   compared in the statement that writes. The exception is `delete_expired`, of which a part may have been done.
//! - **Of concurrent calls that spend one mark**, the database lets exactly one be the first.
//! - **Every call of [`RowStore`](threelo::store::RowStore) ends.** It has five seconds, including the wait for a connection. A
//!   call that only reads is repeated once if its connection turns out to be broken, with another five seconds.
//! - **An error does not mean that nothing was changed.** The database may have committed although its answer was lost. The
//!   cause of a [`StoreError`](threelo::store::StoreError) is that of `sqlx`, or [`SqlSetupError::NotMigrated`]; no store
//!   here is ever [full](threelo::store::StoreError::Full).
//! - **A caller that hangs up** leaves the row as it was or completely written, never in between.
//! - **After an outage**, calls work again without a restart, even if another server answers at the same address.
//!
//! Calls must be made in a Tokio runtime; runtimes that come and go, such as those of actix-web's workers, may share a store.
//!
//! # Tables
//!
//! The tables of version 1, with the default prefix:
//!
//! | table | columns | holds |
//! |---|---|---|
//! | `threelo_rows` | `kind`, `key`, `version`, `owner`, `ends_at`, `sealed` | a session or a grant |
//! | `threelo_subjects` | `subject`, `key` | the users of the app to whom a grant is linked |
//! | `threelo_marks` | `mark`, `until` | spent states |
//! | `threelo_leases` | `key`, `value`, `written_at` | which instance refreshes a grant |
//! | `threelo_schema` | `id`, `version` | the version of the tables: that of the oldest program that can use them |
//! | `threelo_steps` | `step` | the changes of the tables that were made |
//!
//! Times are microseconds since 1970. In clear are: the Atlassian account id of a session; the origin of the authorization
//! server, the client id and the account id of a grant; versions, times, and what is in a lease slot. Session tokens, subjects
//! and marks are stored as hashes; names, e-mail addresses and Atlassian's tokens only in the column `sealed`.
//!
//! Expired sessions and marks are deleted by threelo in the background, after sign-ins. Grants do not expire; they stay until
//! the account is deleted or disconnected.

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
mod steps;
mod tables;

pub use self::connecting::Connecting;
pub use self::error::SqlSetupError;
#[cfg(feature = "postgres")]
pub use self::postgres::PostgresStore;
#[cfg(feature = "sqlite")]
pub use self::sqlite::SqliteStore;
