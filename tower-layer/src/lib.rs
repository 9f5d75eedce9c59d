//! Atlassian sign-in as a [tower](https://docs.rs/tower) layer, with extractors for axum.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use threelo_tower::{Auth, AuthLayer, CurrentUser, MaybeUser};
//!
//! async fn home(user: MaybeUser) -> String {
//!     match user.as_ref() {
//!         Some(user) => format!("Hello {}", user.name()),
//!         None => "Hello stranger, sign in at /auth/login".to_owned(),
//!     }
//! }
//!
//! async fn board(user: CurrentUser) -> String {
//!     format!("The board of {}", user.account_id())
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let auth = Auth::from_env()?;
//! let app: Router = Router::new()
//!     .route("/", get(home))
//!     .route("/board", get(board))
//!     .layer(AuthLayer::new(auth));
//! # Ok(())
//! # }
//! ```

mod body;
mod connect;
mod convert;
#[cfg(feature = "axum")]
mod extract;
mod guard;
mod layer;
#[cfg(feature = "axum")]
mod login;
#[cfg(feature = "axum")]
mod rejection;
#[cfg(feature = "axum")]
mod routes;

pub use threelo;
pub use threelo::{
    AccessType, AccountId, ApiClient, ApiError, ApiErrorKind, Auth, AuthBuilder, AuthSession,
    BoxError, CloudId, Connect, ConnectBuilder, Connected, ConnectedAccount, ConnectedAccounts,
    Credentials, Environment, FlowDetails, HookDecision, LinkPolicy, LoginRequest, Profile,
    Rejection, RejectionResponse, SessionDetails, SignIn, Site, Subject, User, UserSession,
};

pub use self::body::ResponseBody;
pub use self::connect::ConnectLayer;
#[cfg(feature = "axum")]
pub use self::extract::{
    Atlassian, Connections, CurrentProfile, CurrentSession, CurrentSite, CurrentUser, MaybeUser,
};
pub use self::guard::{
    GuardLayer, GuardService, require_login, require_scopes, require_site, same_origin,
};
pub use self::layer::{AuthLayer, AuthService, ResponseFuture};
#[cfg(feature = "axum")]
pub use self::login::Login;
#[cfg(feature = "axum")]
pub use self::rejection::AuthRejection;
#[cfg(feature = "axum")]
pub use self::routes::auth_routes;
