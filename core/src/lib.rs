//! Atlassian sign-in and Atlassian API access (OAuth 2.0 authorization code grants, "3LO") for a web app that already
//! exists, without a web framework.
//!
//! # Which crate to use
//!
//! | crate | for |
//! |---|---|
//! | `threelo-tower` | axum and any other tower service over `http` 1 |
//! | `threelo-actix` | actix-web |
//! | `threelo` | jobs that work with grants outside requests, stores, adapters for other frameworks |
//! | `threelo-sqlx`, `threelo-redis` | sessions and grants in SQLite, Postgres or Redis |
//! | `threelo-sandbox` | a local stand-in for Atlassian, for development and tests |
//!
//! An app takes one adapter. The adapter re-exports this crate as `threelo`, and the names that handlers need. Their
//! front pages have an app in 20 lines, and everything about layers, extractors and guards.
//!
//! # Two modes
//!
//! **Sign-in mode** ([`Auth`]): visitors sign in with their Atlassian account, and threelo owns the session.
//!
//! ```
//! use threelo::{Auth, Credentials};
//!
//! # fn main() -> Result<(), threelo::BuildError> {
//! let auth = Auth::builder(Credentials::new("my-client-id", "my-secret"), "https://app.example.com")
//!     .scopes(["read:jira-work"])
//!     .build()?;
//!
//! // Register exactly this address in Atlassian's developer console.
//! assert_eq!(auth.callback_url(), "https://app.example.com/auth/callback");
//! # Ok(())
//! # }
//! ```
//!
//! **Connect mode** ([`Connect`]): the app has users and sessions of its own, and its users *connect* Atlassian
//! accounts. The app says who its user is, as a [`Subject`]; a callback works only in the browser and for the user that
//! started its flow (docs/attacks.md T001).
//!
//! ```
//! use threelo::{Connect, Credentials};
//!
//! # fn main() -> Result<(), threelo::BuildError> {
//! let connect = Connect::builder(Credentials::new("my-client-id", "my-secret"), "https://app.example.com")
//!     .scopes(["write:jira-work"])
//!     .app_login("/login")
//!     .build()?;
//! # Ok(())
//! # }
//! ```
//!
//! Both builders check all settings, and [`BuildError`] names every wrong one with its remedy. [`Auth::from_env`] and
//! [`Connect::from_env`] take the settings from environment variables.
//!
//! # Jobs outside requests
//!
//! [`Auth::grants`] and [`Connect::grants`] give the [`Grants`] of all accounts that consented. A token that has
//! expired is refreshed, once for all processes that share a store.
//!
//! ```no_run
//! use threelo::{Auth, GrantError, PageRequest};
//!
//! # async fn job() -> Result<(), Box<dyn std::error::Error>> {
//! let auth = Auth::from_env()?;
//! let mut page = Some(PageRequest::first(100));
//! while let Some(request) = page {
//!     let accounts = auth.grants().list(&request).await?;
//!     for account in &accounts.ids {
//!         let grant = match auth.grants().of(account).await {
//!             Err(GrantError::ConsentNeeded(_)) => continue, // its owner must sign in again
//!             grant => grant?,
//!         };
//!         for site in grant.sites().await?.iter() {
//!             let me: serde_json::Value = grant.client().jira(site).get("/rest/api/3/myself").json().await?;
//!             println!("{account} is {} at {}", me["displayName"], site.name);
//!         }
//!     }
//!     page = accounts.next;
//! }
//! auth.drain(std::time::Duration::from_secs(10)).await; // refreshes that are still in progress
//! # Ok(())
//! # }
//! ```
//!
//! # Stores
//!
//! Without a store, everything is kept in the memory of the process: sign-ins and grants end with it. A database keeps
//! rows that are sealed with the configured keys (`THREELO_KEYS`), for any number of instances:
//!
//! ```
//! use std::sync::Arc;
//! use threelo::store::RowStore;
//! use threelo::{Auth, AuthBuilder, BuildError};
//!
//! /// `rows` is a `SqliteStore`, a `PostgresStore`, a `RedisStore`, or a store of your own.
//! fn auth(rows: Arc<dyn RowStore>) -> Result<Auth, BuildError> {
//!     AuthBuilder::from_env().store(rows).build()
//! }
//! ```
//!
//! A store of your own implements [`RowStore`](store::RowStore), and proves it with the contract of the module
//! `testing`.
//!
//! # The sandbox
//!
//! `threelo-sandbox` imitates Atlassian's authorization server and the APIs that an app needs first. A program gets it
//! with `cargo run -p threelo-sandbox -- --listen 127.0.0.1:9400`, which prints a client id and a secret; a test starts
//! it in its own process. Name its address as the environment:
//!
//! ```
//! use threelo::{Auth, Credentials, Environment};
//!
//! # fn main() -> Result<(), threelo::BuildError> {
//! let sandbox = "http://127.0.0.1:9400";
//! let auth = Auth::builder(Credentials::new("my-client-id", "my-secret"), "http://localhost:3000")
//!     .environment(Environment::custom(sandbox, sandbox))
//!     .build()?;
//! # Ok(())
//! # }
//! ```
//!
//! # Modules
//!
//! | module | what it has |
//! |---|---|
//! | the root | [`Auth`], [`Connect`], their builders, and the values that handlers and hooks see |
//! | [`atlassian`] | the API client: requests, responses, retries |
//! | [`store`] | the trait of a database and the values of its rows |
//! | [`http_client`] | the trait of an HTTP client, and the default one |
//! | [`pages`] | what the built-in pages say, for pages in your own look |
//! | [`clock`] | the trait of a clock, and a clock for tests |
//! | [`guide`] | guides for single-page apps, desktop apps and browser extensions |
//! | [`adapter`] | what an adapter for a web framework is made of |
//! | `testing` | the contract that proves a store |
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `auth` | yes | everything but storage; a crate with a store does without it |
//! | `reqwest` | yes | [`ReqwestClient`](http_client::ReqwestClient); without it, give the builder an HTTP client |
//! | `testing` | no | the module `testing`, for the tests of a store |

#![cfg_attr(
    not(feature = "auth"),
    allow(
        dead_code,
        unused_imports,
        unnameable_types,
        unreachable_pub,
        rustdoc::broken_intra_doc_links,
        reason = "storage alone leaves most of the crate out"
    )
)]

#[cfg(feature = "auth")]
pub mod adapter;
#[cfg(feature = "auth")]
pub mod atlassian;
#[cfg(feature = "auth")]
mod auth;
pub mod clock;
mod config;
mod crypto;
mod environment;
mod error;
#[cfg(feature = "auth")]
mod flow;
#[cfg(feature = "auth")]
mod grant;
#[cfg(feature = "auth")]
pub mod guide;
pub mod http_client;
mod ids;
#[doc(hidden)]
pub mod internals;
mod message;
#[cfg(feature = "auth")]
pub mod pages;
#[cfg(feature = "auth")]
mod ports;
mod provider;
#[cfg(feature = "auth")]
mod refresh;
mod return_to;
mod scope;
mod sealed;
mod secret;
#[cfg(feature = "auth")]
mod session;
#[cfg(feature = "auth")]
mod sites;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "auth")]
mod web;

#[cfg(feature = "auth")]
pub use self::atlassian::{ApiClient, ApiError};
#[cfg(feature = "auth")]
pub use self::auth::{
    Accounts, Auth, AuthBuilder, AuthSession, BuildError, Builder, Connect, ConnectBuilder,
    ConnectMode, ConnectedAccount, ConnectedAccounts, Grant, Grants, SessionDetails, SignInMode,
    User, UserSession,
};
pub use self::config::{
    AccessType, ConfigError, Credentials, Forward, LinkPolicy, Problem, TokenEncoding,
};
pub use self::environment::Environment;
pub use self::error::{
    ApiErrorKind, ConsentNeeded, GrantError, MissingScope, MissingScopeReason, Reason, Rejection,
    RejectionResponse,
};
#[cfg(feature = "auth")]
pub use self::flow::LoginRequest;
pub use self::ids::{AccountId, CloudId, InvalidId, Subject};
#[cfg(feature = "auth")]
pub use self::ports::{
    BoxError, Cancelled, CodeExchange, Connected, FlowDetails, HookDecision, LimitDecision, SignIn,
};
pub use self::provider::profile::{ExtendedProfile, Profile};
pub use self::provider::site::Site;
pub use self::return_to::ReturnTo;
pub use self::scope::Scopes;
pub use self::sealed::Rekeyed;
pub use self::secret::AccessToken;
#[cfg(feature = "auth")]
pub use self::session::Erased;
pub use self::store::{ConsentReason, PageRequest};
