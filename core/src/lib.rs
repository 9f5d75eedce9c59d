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
pub mod authorize;
pub mod clock;
pub mod config;
mod environment;
mod error;
mod escape;
mod faces;
mod flow;
pub mod guide;
pub mod http_client;
mod ids;
pub mod message;
pub mod profile;
mod random;
mod return_to;
mod scope;
pub mod seal;
mod sealed;
pub mod secret;
pub mod site;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;
mod web;

pub use self::atlassian::{ApiError, Atlassian};
pub use self::auth::{
    Accounts, Action, Auth, AuthBuilder, AuthSession, BuildError, Connect, ConnectBuilder,
    Connection, Connections, CurrentSession, CurrentUser, Grant, Grants, Guard,
};
pub use self::config::{AccessType, ConfigError, Credentials, LinkPolicy, TokenEncoding};
pub use self::environment::Environment;
pub use self::error::{
    ApiErrorKind, ConsentNeeded, GrantError, MissingScope, Reason, Rejection, ScopeLack,
};
#[doc(hidden)]
pub use self::faces::Resolver;
pub use self::flow::{BoxError, Cancelled, Connected, Erased, FlowDetails, Login, Next, SignIn};
pub use self::ids::{AccountId, CloudId, ConsentId, InvalidId, Subject, Ticket, TicketHash};
pub use self::profile::{ExtendedProfile, Profile};
pub use self::return_to::{ReturnTo, ReturnToRules};
pub use self::scope::Scopes;
pub use self::sealed::Rekeyed;
pub use self::site::Site;
pub use self::web::{Answer, Refusal, pages};
