//! Atlassian sign-in as [actix-web](https://docs.rs/actix-web) middleware, with extractors.
//!
//! One middleware adds the login, callback and logout routes to an existing app. Handlers take the current user, the
//! current site and an API client as extractors.
//!
//! ```toml
//! [dependencies]
//! actix-web = "4"
//! threelo-actix = "0.1"
//! ```
//!
//! # An app in 20 lines
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use threelo_actix::{Auth, AuthMiddleware, CurrentUser, MaybeUser};
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let auth = Auth::from_env()?;
//!     println!("callback URL to register: {}", auth.callback_url());
//!     let app = move || {
//!         App::new()
//!             .wrap(AuthMiddleware::new(auth.clone())) // after guards, before an access log
//!             .route("/", web::get().to(home))
//!             .route("/board", web::get().to(board))
//!     };
//!     Ok(HttpServer::new(app).bind("127.0.0.1:3000")?.run().await?)
//! }
//!
//! async fn home(user: MaybeUser) -> String {
//!     user.as_ref().map_or("Sign in at /auth/login".to_owned(), |user| format!("Hello {}", user.name()))
//! }
//!
//! async fn board(user: CurrentUser) -> String {
//!     format!("The board of {}", user.account_id())
//! }
//! ```
//!
//! Build [`Auth`] once, outside the closure, and clone it: all workers then share sessions, grants and refreshes.
//!
//! | variable | what it is |
//! |---|---|
//! | `ATLASSIAN_CLIENT_ID`, `ATLASSIAN_CLIENT_SECRET` | from the app's *Settings* in the developer console |
//! | `PUBLIC_URL` | the origin that browsers see, e.g. `https://app.example.com`; plain http for localhost only |
//! | `ATLASSIAN_SCOPES` | what a login asks for, besides `read:me` and `offline_access` |
//! | `ATLASSIAN_OPTIONAL_SCOPES` | further scopes that a login may ask for, when a page needs them |
//! | `THREELO_PREFIX`, `THREELO_MOUNTED_AT`, `COOKIE_SUFFIX` | as `prefix`, `mounted_at` and `cookie_suffix` of the builder |
//! | `THREELO_KEYS` | sealing keys, `id:base64` entries separated by commas; required with a database |
//! | `ATLASSIAN_AUTH_URL`, `ATLASSIAN_API_URL` | another Atlassian, such as the sandbox |
//!
//! The first two rows are required. [`Auth::builder`] takes the same settings and more.
//!
//! # The order of middleware
//!
//! Middleware that is registered later runs earlier. Register [`AuthMiddleware`] after the guards and whatever changes
//! replies, so that its header fields reach every reply, and before what must see the auth routes, too: an access log,
//! compression, and in connect mode the app's sessions. It goes around the whole [`App`], or around a [`Scope`] whose
//! path [`AuthBuilder::mounted_at`] names; if the auth routes are to be elsewhere, [`auth_routes`] serves them. An extractor
//! without it answers 500 and names the line that is missing.
//!
//! The query of the callback holds a code, which must not enter a log. `%U` is the path alone; `%r` has the query, too:
//!
//! ```
//! use actix_web::{App, middleware::Logger};
//! use threelo_actix::{Auth, AuthMiddleware};
//!
//! fn configure(auth: Auth) {
//!     let app = App::new()
//!         .wrap(AuthMiddleware::new(auth))
//!         .wrap(Logger::new("%a %U %s %D ms"));
//!     # let _ = app;
//! }
//! ```
//!
//! [`App`]: actix_web::App
//! [`Scope`]: actix_web::Scope
//!
//! # Extractors and guards
//!
//! | extractor | what it is | if there is none |
//! |---|---|---|
//! | [`CurrentUser`] | the user who is signed in | 401 `not_signed_in`; navigations go to the login and come back |
//! | [`MaybeUser`] | the same, or `None` | never turned away for that |
//! | [`CurrentProfile`] | name, e-mail address and more, as far as the user's privacy settings allow | as [`CurrentUser`] |
//! | [`CurrentSession`] | the session, to inspect or end | as [`CurrentUser`] |
//! | [`CurrentSite`] | the site of the request | 409 `choose_site`; navigations go to the picker and come back |
//! | [`Atlassian`] | an API client with a valid token | 401 `consent_needed`; navigations go to Atlassian and back |
//! | [`Connections`] | connect mode: the accounts that the user has connected | empty |
//!
//! If a store fails, each of them answers 503: a user is never treated as signed out because of it.
//! `Option<CurrentUser>` is the exception, because actix-web turns every error of an optional extractor into `None`;
//! use [`MaybeUser`]. Scripts get JSON with a stable `code` (`application/problem+json`), and htmx gets `HX-Redirect`.
//!
//! The guards [`require_login`], [`require_scopes`], [`require_site`] and [`same_origin`] are middleware for resources
//! and scopes inside [`AuthMiddleware`]:
//!
//! ```
//! use actix_web::web;
//! use threelo_actix::{require_login, same_origin};
//!
//! fn configure(app: &mut web::ServiceConfig) {
//!     let admin = web::scope("/admin")
//!         .wrap(same_origin())
//!         .wrap(require_login())
//!         .route("", web::get().to(async || "settings"))
//!         .route("/limit", web::post().to(async || "saved"));
//!     app.service(admin);
//! }
//! ```
//!
//! # Calls to Atlassian
//!
//! ```
//! use threelo_actix::{Atlassian, AuthRejection, CurrentSite};
//!
//! async fn projects(atlassian: Atlassian, site: CurrentSite) -> Result<String, AuthRejection> {
//!     let found: serde_json::Value = atlassian
//!         .jira(&site)
//!         .get("/rest/api/3/project/search")
//!         .query(&[("maxResults", 10)])
//!         .json()
//!         .await?; // a failure becomes a reply that fits the request
//!     Ok(found["total"].to_string())
//! }
//! ```
//!
//! The token is refreshed before it expires, once for all requests and instances that wait for it.
//!
//! # More scopes later
//!
//! Name a scope among the `optional_scopes` of the builder, and ask for it where it is needed: with the guard
//! [`require_scopes`], with `needs` on a call, or with [`Login`]. A visitor who lacks it gets a page that asks for it,
//! and comes back; a script gets 403 `missing_scope`. What Atlassian does not grant ends in a page, not in a loop.
//!
//! ```
//! use threelo_actix::{Atlassian, AuthRejection, CurrentSite, Login};
//!
//! async fn file(atlassian: Atlassian, site: CurrentSite) -> Result<String, AuthRejection> {
//!     let issue = serde_json::json!({ "fields": { "summary": "Printer on fire", "project": { "key": "OPS" } } });
//!     let call = atlassian.jira(&site).post("/rest/api/3/issue").needs(["write:jira-work"]);
//!     let created: serde_json::Value = call.body_json(&issue).json().await?;
//!     Ok(created["key"].to_string())
//! }
//!
//! /// A button "allow changes" leads here.
//! async fn allow_changes() -> Login {
//!     Login::new().scopes(["write:jira-work"]).return_to("/board")
//! }
//! ```
//!
//! # Connect mode
//!
//! An app that has users of its own takes [`Connect`] and [`ConnectMiddleware`]. Its resolver says who the app's user
//! is; it is called only where that matters. The middleware of the app's sessions must run before it, so it is
//! registered after it:
//!
//! ```no_run
//! use actix_web::{App, HttpRequest, HttpServer, web};
//! use threelo_actix::{Connect, ConnectMiddleware, Connections, Subject};
//!
//! # fn user_of(_: &HttpRequest) -> Option<String> { None }
//! # fn app() -> Result<(), Box<dyn std::error::Error>> {
//! let connect = Connect::from_env()?;
//! let around = ConnectMiddleware::new(connect, |request: &HttpRequest| {
//!     let user = user_of(request); // from the app's own session
//!     async move { Ok(user.map(Subject::parse).transpose()?) }
//! });
//! let server = HttpServer::new(move || {
//!     App::new().route("/accounts", web::get().to(accounts)).wrap(around.clone()) // .wrap(sessions)
//! });
//! # Ok(())
//! # }
//!
//! async fn accounts(connections: Connections) -> String {
//!     connections.iter().map(|account| account.name()).collect::<Vec<_>>().join(", ")
//! }
//! ```
//!
//! `<form method="post" action="/auth/connect">` is the button that starts a flow, and `GET /auth/connections` the page
//! with all accounts.
//!
//! # Behind a proxy, and below a path
//!
//! `PUBLIC_URL` is what browsers see; forwarded header fields are not read. If browsers see the app below a path, name
//! it: `.mounted_at("/tool")` makes the callback URL `https://example.com/tool/auth/callback`. It does not matter
//! whether the proxy removes the path from requests. The middleware may go around a scope with that path:
//!
//! ```
//! use actix_web::{App, web};
//! use threelo_actix::threelo::BuildError;
//! use threelo_actix::{Auth, AuthMiddleware, Credentials};
//!
//! # fn app() -> Result<(), BuildError> {
//! let auth = Auth::builder(Credentials::new("my-client-id", "my-secret"), "https://example.com")
//!     .mounted_at("/tool")
//!     .build()?;
//! let board = web::get().to(async || "a board");
//! let tool = web::scope("/tool").wrap(AuthMiddleware::new(auth)).route("/board", board);
//! let app = App::new().service(tool);
//! # drop(app);
//! # Ok(())
//! # }
//! ```
//!
//! # More than one instance
//!
//! Give all instances the same database ([`AuthBuilder::store`]) and the same `THREELO_KEYS`. Nothing is sticky: a
//! login may begin on one instance and end on another, and a token that all of them find expired is refreshed once.
//!
//! # Work that outlives its request
//!
//! Exchanges and refreshes go on when a visitor hangs up. In actix-web they run on the worker that began them, and end
//! with it. [`AuthBuilder::runtime`] gives them a runtime that outlives the workers, so that [`Auth::drain`] can wait
//! for them after the server stopped:
//!
//! ```no_run
//! use std::time::Duration;
//! use actix_web::{App, HttpServer};
//! use threelo_actix::{AuthBuilder, AuthMiddleware};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let background = tokio::runtime::Runtime::new()?;
//! let auth = AuthBuilder::from_env().runtime(background.handle().clone()).build()?;
//! let around = AuthMiddleware::new(auth.clone());
//! let server = HttpServer::new(move || App::new().wrap(around.clone())).bind("127.0.0.1:3000")?;
//! actix_web::rt::System::new().block_on(server.run())?;
//! background.block_on(auth.drain(Duration::from_secs(10)));
//! # Ok(())
//! # }
//! ```
//!
//! # Tests
//!
//! Replies to signed-out visitors need no Atlassian:
//!
//! ```
//! use actix_web::{App, test, web};
//! use threelo_actix::{Auth, AuthMiddleware, Credentials, CurrentUser};
//!
//! # #[actix_web::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let auth = Auth::builder(Credentials::new("my-client-id", "my-secret"), "http://localhost:3000").build()?;
//! let name = async |user: CurrentUser| user.name().to_owned();
//! let app = App::new().wrap(AuthMiddleware::new(auth)).route("/", web::get().to(name));
//! let app = test::init_service(app).await;
//!
//! let request = test::TestRequest::get().uri("/").to_request();
//! assert_eq!(test::call_service(&app, request).await.status(), 401);
//! # Ok(())
//! # }
//! ```
//!
//! For everything else, `threelo-sandbox` imitates Atlassian in the process of the test. Its address is the environment
//! of the app, and `Sandbox::approve` does what a user does there:
//!
//! ```text
//! let sandbox = Sandbox::builder().start().await?;
//! let auth = Auth::builder(Credentials::new(sandbox.client_id(), sandbox.client_secret()), "http://localhost:3000")
//!     .environment(Environment::custom(sandbox.url(), sandbox.url()))
//!     .build()?;
//! // Open /auth/login, follow its Location with `sandbox.approve(location, "mia", None)`, and open the callback that
//! // this returns, with the cookies of the replies.
//! ```
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `reqwest` | yes | the default HTTP client; without it, give the builder one |

mod connect;
mod convert;
mod extract;
mod guard;
mod login;
mod middleware;
mod rejection;
mod resolver;
mod routes;

pub use threelo;
pub use threelo::{
    AccessType, AccountId, ApiClient, ApiError, ApiErrorKind, Auth, AuthBuilder, AuthSession,
    BoxError, CloudId, CodeExchange, Connect, ConnectBuilder, Connected, ConnectedAccount,
    ConnectedAccounts, Credentials, Environment, FlowDetails, HookDecision, LimitDecision,
    LinkPolicy, LoginRequest, Profile, Rejection, RejectionResponse, SessionDetails, SignIn, Site,
    Subject, User, UserSession,
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
pub use self::routes::auth_routes;
