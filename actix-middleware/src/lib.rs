//! Atlassian sign-in as [actix-web](https://docs.rs/actix-web) middleware, with extractors.
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use threelo_actix::{Auth, AuthMiddleware, CurrentUser, MaybeUser};
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
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let auth = Auth::from_env()?;
//!     let app = move || {
//!         App::new()
//!             .wrap(AuthMiddleware::new(auth.clone()))
//!             .route("/", web::get().to(home))
//!             .route("/board", web::get().to(board))
//!     };
//!     Ok(HttpServer::new(app).bind("127.0.0.1:3000")?.run().await?)
//! }
//! ```
//!
//! # Work that outlives its request
//!
//! Exchanges and refreshes go on when a visitor hangs up. In actix-web they run on the worker that began them, and end
//! with it. [`AuthBuilder::runtime`](threelo::AuthBuilder::runtime) gives them a place that outlives the workers, so that [`Auth::drain`] can wait for
//! them after the server stopped.

mod connect;
mod convert;
mod extract;
mod guard;
mod login;
mod middleware;
mod rejection;

pub use threelo;
pub use threelo::{
    AccessType, AccountId, ApiClient, ApiError, ApiErrorKind, Auth, AuthBuilder, AuthSession,
    BoxError, CloudId, Connect, ConnectBuilder, Connected, ConnectedAccount, ConnectedAccounts,
    Credentials, Environment, FlowDetails, HookDecision, LinkPolicy, LoginRequest, Profile,
    Rejection, RejectionResponse, SessionDetails, SignIn, Site, Subject, User, UserSession,
};

pub use self::connect::ConnectMiddleware;
pub use self::extract::{
    Atlassian, Connections, CurrentProfile, CurrentSession, CurrentSite, CurrentUser, MaybeUser,
};
pub use self::guard::{
    GuardMiddleware, GuardService, require_login, require_scopes, require_site, same_origin,
};
pub use self::login::Login;
pub use self::middleware::{AuthMiddleware, AuthService};
pub use self::rejection::AuthRejection;
