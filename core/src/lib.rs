//! Atlassian sign-in and Atlassian API access (OAuth 2.0 authorization code grants, "3LO") for a web app that already
//! exists, without a framework.
//!
//! Most apps use an adapter: `threelo-tower` for axum and tower, where one layer adds the routes and extractors.
//! This crate is what adapters are made of: it takes a [`RequestHead`](adapter::RequestHead), decides, and gives an
//! [`Action`](adapter::Action).
//!
//! ```
//! use threelo::{Auth, Credentials, Environment};
//!
//! # fn main() -> Result<(), threelo::BuildError> {
//! let auth = Auth::builder(Credentials::new("my-client-id", "my-secret"), "https://app.example.com")
//!     .scopes(["read:jira-work"])
//!     .build()?;
//!
//! assert_eq!(auth.callback_url(), "https://app.example.com/auth/callback");
//! # Ok(())
//! # }
//! ```

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
pub use self::ports::{BoxError, Cancelled, Connected, FlowDetails, HookDecision, SignIn};
pub use self::provider::profile::{ExtendedProfile, Profile};
pub use self::provider::site::Site;
pub use self::return_to::ReturnTo;
pub use self::scope::Scopes;
pub use self::sealed::Rekeyed;
pub use self::secret::AccessToken;
#[cfg(feature = "auth")]
pub use self::session::Erased;
pub use self::store::{ConsentReason, PageRequest};
