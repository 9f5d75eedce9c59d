//! Atlassian sign-in as a [tower](https://docs.rs/tower) layer, with extractors for axum.
//!
//! One layer adds the login, callback and logout routes to an existing app. Handlers take the current user, the current
//! site and an API client as extractors.
//!
//! ```toml
//! [dependencies]
//! axum = "0.8"
//! threelo-tower = "0.1"
//! tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }
//! ```
//!
//! # An app in 20 lines
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use threelo_tower::{Auth, AuthLayer, CurrentUser, MaybeUser};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let auth = Auth::from_env()?;
//!     println!("callback URL to register: {}", auth.callback_url());
//!     let app = Router::new()
//!         .route("/", get(home))
//!         .route("/board", get(board))
//!         .layer(AuthLayer::new(auth)); // on the outermost router, after its routes
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     Ok(axum::serve(listener, app).await?)
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
//! # The place of the layer
//!
//! [`AuthLayer`] goes on the *outermost* router, with `Router::layer`. Under `.nest(..)` or `.route_layer(..)`, paths
//! that match no route of the app never reach a layer, so `/auth/login` would be a 404. An app whose layer cannot sit
//! there serves the routes with [`auth_routes`]. A layer that is added after [`AuthLayer`] sees requests earlier and
//! replies later: an access log, compression, and in connect mode the app's sessions. An extractor without a layer around
//! it answers 500 and names the line that is missing.
//!
//! The query of the callback holds a code, which must not enter a log. The default span of tower-http's `TraceLayer` has
//! the whole address; this one has the path alone:
//!
//! ```
//! use axum::{Router, extract::Request};
//! use threelo_tower::{Auth, AuthLayer};
//! use tower_http::trace::TraceLayer;
//!
//! fn app(routes: Router, auth: Auth) -> Router {
//!     let trace = TraceLayer::new_for_http().make_span_with(|request: &Request| {
//!         tracing::info_span!("request", method = %request.method(), path = request.uri().path())
//!     });
//!     routes.layer(AuthLayer::new(auth)).layer(trace)
//! }
//! ```
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
//! If a store fails, each of them answers 503: a user is never treated as signed out because of it. Scripts get JSON
//! with a stable `code` (`application/problem+json`), and htmx gets `HX-Redirect`.
//!
//! The guards [`require_login`], [`require_scopes`], [`require_site`] and [`same_origin`] are layers for parts of an
//! app, inside [`AuthLayer`]:
//!
//! ```
//! use axum::{Router, routing::{get, post}};
//! use threelo_tower::{Auth, AuthLayer, require_login, same_origin};
//!
//! fn app(auth: Auth) -> Router {
//!     let admin = Router::new()
//!         .route("/admin", get(async || "settings"))
//!         .route("/admin/limit", post(async || "saved"))
//!         .layer(same_origin())
//!         .layer(require_login());
//!     Router::new().merge(admin).layer(AuthLayer::new(auth))
//! }
//! ```
//!
//! # Calls to Atlassian
//!
//! ```
//! use threelo_tower::{Atlassian, AuthRejection, CurrentSite};
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
//! use threelo_tower::{Atlassian, AuthRejection, CurrentSite, Login};
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
//! An app that has users of its own takes [`Connect`] and [`ConnectLayer`]. Its resolver says who the app's user is; it
//! is called only where that matters. The layer of the app's sessions goes around it, so it is added after it:
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use threelo_tower::{Connect, ConnectLayer, Connections, Subject};
//!
//! # fn user_of(_: &http::request::Parts) -> Option<String> { None }
//! # fn app() -> Result<Router, Box<dyn std::error::Error>> {
//! let connect = Connect::from_env()?;
//! let app = Router::new().route("/accounts", get(accounts)).layer(ConnectLayer::new(connect, |parts| {
//!     let user = user_of(parts); // from the app's own session
//!     async move { Ok(user.map(Subject::parse).transpose()?) }
//! }));
//! // .layer(sessions)
//! # Ok(app)
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
//! whether the proxy removes the path from requests. With a nested router, keep the layer on the outermost one:
//!
//! ```
//! use axum::{Router, routing::get};
//! use threelo_tower::threelo::BuildError;
//! use threelo_tower::{Auth, AuthLayer, Credentials};
//!
//! # fn app() -> Result<Router, BuildError> {
//! let auth = Auth::builder(Credentials::new("my-client-id", "my-secret"), "https://example.com")
//!     .mounted_at("/tool")
//!     .build()?;
//! let tool = Router::new().route("/board", get(async || "a board"));
//! let app = Router::new().nest("/tool", tool).layer(AuthLayer::new(auth));
//! # Ok(app)
//! # }
//! ```
//!
//! # The address of clients
//!
//! [`AuthBuilder::trusted_proxies`] limits how many codes one client may send. Behind proxies the address is in
//! `X-Forwarded-For`. Without one it is that of the connection, which a layer around [`AuthLayer`] adds to the request:
//!
//! ```no_run
//! use std::net::SocketAddr;
//!
//! use axum::Router;
//! use axum::extract::{ConnectInfo, Request};
//! use axum::middleware::map_request;
//! use threelo_tower::{Auth, AuthLayer, PeerAddress};
//!
//! async fn add_peer(ConnectInfo(peer): ConnectInfo<SocketAddr>, mut request: Request) -> Request {
//!     request.extensions_mut().insert(PeerAddress::new(peer.ip()));
//!     request
//! }
//!
//! # async fn run(auth: Auth) -> std::io::Result<()> {
//! // `auth` is built with `.trusted_proxies(0)`.
//! let app = Router::new().layer(AuthLayer::new(auth)).layer(map_request(add_peer));
//! let listener = tokio::net::TcpListener::bind("0.0.0.0:3000").await?;
//! axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await
//! # }
//! ```
//!
//! # More than one instance
//!
//! Give all instances the same database ([`AuthBuilder::store`]) and the same `THREELO_KEYS`. Nothing is sticky: a
//! login may begin on one instance and end on another, and a token that all of them find expired is refreshed once. At
//! shutdown, let [`Auth::drain`] wait for work that outlives its request.
//!
//! # Tests
//!
//! `threelo-sandbox` imitates Atlassian in the process of the test:
//!
//! ```
//! use axum::{Router, body::Body, http::Request, response::Response, routing::get};
//! use threelo_sandbox::Sandbox;
//! use threelo_tower::{Auth, AuthLayer, Credentials, CurrentUser, Environment};
//! use tower::ServiceExt as _;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::builder().start().await?;
//! let credentials = Credentials::new(sandbox.client_id(), sandbox.client_secret());
//! let auth = Auth::builder(credentials, "http://localhost:3000")
//!     .environment(Environment::custom(sandbox.url(), sandbox.url()))
//!     .build()?;
//! let name = async |user: CurrentUser| user.name().to_owned();
//! let app = Router::new().route("/", get(name)).layer(AuthLayer::new(auth));
//!
//! // A browser keeps the cookies of a reply and opens the next address.
//! let open = async |address: &str, cookie: &str| {
//!     let request = Request::get(address).header("accept", "text/html").header("cookie", cookie);
//!     app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
//! };
//! let cookie = |reply: &Response, name: &str| {
//!     let cookies = reply.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
//!     cookies.filter(|cookie| cookie.starts_with(name)).last().unwrap().to_owned()
//! };
//!
//! let login = open("/auth/login", "").await;
//! let authorize = login.headers()["location"].to_str()?;
//! let callback = sandbox.approve(authorize, "mia", None).await?; // she accepts
//! let done = open(&callback, &cookie(&login, "threelo-flow")).await;
//!
//! let home = open("/", &cookie(&done, "threelo-session")).await;
//! assert_eq!(axum::body::to_bytes(home.into_body(), 1024).await?, "Mia Krystof");
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `axum` | yes | extractors, [`AuthRejection`], [`Login`] and [`auth_routes`]; layers and guards need no axum |
//! | `reqwest` | yes | the default HTTP client; without it, give the builder one |
//!
//! Without axum, a service finds an [`AuthSession`] among the extensions of each request, and starts a login with a
//! [`LoginRequest`] among those of its response.

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
mod resolver;
#[cfg(feature = "axum")]
mod routes;

pub use threelo;
pub use threelo::adapter::PeerAddress;
pub use threelo::{
    AccessType, AccountId, ApiClient, ApiError, ApiErrorKind, Auth, AuthBuilder, AuthSession,
    BoxError, CloudId, CodeExchange, Connect, ConnectBuilder, Connected, ConnectedAccount,
    ConnectedAccounts, Credentials, Environment, FlowDetails, HookDecision, LimitDecision,
    LinkPolicy, LoginRequest, Profile, Rejection, RejectionResponse, SessionDetails, SignIn, Site,
    Subject, User, UserSession,
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
