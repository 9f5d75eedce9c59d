//! Atlassian sign-in and Atlassian API access (OAuth 2.0 authorization code grants, "3LO") for a web app that already
//! exists, without a framework.
//!
//! Most apps use an adapter: `threelo-tower` for axum and tower, where one layer adds the routes and extractors.
//! This crate is what adapters are made of: it takes a [`RequestHead`](message::RequestHead), decides, and gives an
//! [`Action`].
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

pub mod atlassian;
mod auth;
pub mod clock;
pub mod config;
pub mod crypto;
mod environment;
mod error;
mod faces;
mod flow;
mod grant;
pub mod guide;
pub mod http_client;
mod ids;
pub mod message;
pub mod pages;
mod ports;
pub mod provider;
mod refresh;
mod return_to;
mod scope;
mod sealed;
pub mod secret;
mod session;
mod sites;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod web;

pub use self::crypto::key_ring as seal;
pub use self::provider::{authorization as authorize, profile, site, token};

pub use self::atlassian::{ApiClient, ApiError};
pub use self::auth::{
    Accounts, Action, Auth, AuthBuilder, AuthSession, BuildError, Builder, Connect, ConnectBuilder,
    ConnectMode, ConnectedAccount, ConnectedAccounts, Grant, Grants, Guard, SignInMode, User,
    UserSession,
};
pub use self::config::{AccessType, ConfigError, Credentials, LinkPolicy, TokenEncoding};
pub use self::environment::Environment;
pub use self::error::{
    ApiErrorKind, ConsentNeeded, GrantError, MissingScope, MissingScopeReason, Reason, Rejection,
    RejectionResponse,
};
#[doc(hidden)]
pub use self::faces::Resolver;
pub use self::flow::LoginRequest;
pub use self::ids::{
    AccountId, CloudId, ConsentId, InvalidId, SessionToken, SessionTokenHash, Subject,
};
pub use self::ports::{BoxError, Cancelled, Connected, FlowDetails, HookDecision, SignIn};
pub use self::provider::profile::{ExtendedProfile, Profile};
pub use self::provider::site::Site;
pub use self::return_to::{ReturnTo, ReturnToRules};
pub use self::scope::Scopes;
pub use self::sealed::Rekeyed;
pub use self::session::Erased;
pub use self::web::Responder;
