//! The app under test in axum.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::middleware::map_request;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Collected};
use threelo::{Auth, Connect};
use threelo_tower::{
    Atlassian, AuthLayer, AuthRejection, ConnectLayer, Connections, CurrentProfile, CurrentSession,
    CurrentSite, CurrentUser, Login, MaybeUser, PeerAddress, auth_routes, require_login,
    require_scopes, require_site, same_origin,
};
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::app::{App, CACHED, subject_of};

/// An axum router.
#[derive(Clone, Debug)]
pub struct AxumApp(pub Router);

impl App for AxumApp {
    const REMEDY: &'static str = ".layer(AuthLayer::new(auth))";

    fn new(auth: &Auth) -> Self {
        Self(routes().layer(AuthLayer::new(auth.clone())))
    }

    fn new_twice(auth: &Auth) -> Self {
        let inner = routes().layer(AuthLayer::new(auth.clone()));
        Self(inner.layer(AuthLayer::new(auth.clone())))
    }

    fn without_auth() -> Self {
        Self(routes())
    }

    fn for_users_only(auth: &Auth) -> Self {
        let closed = Router::new().fallback(|_: CurrentUser| async {});
        Self(closed.layer(AuthLayer::new(auth.clone())))
    }

    fn under_tool(auth: &Auth) -> Self {
        let inner = routes()
            .route_service("/auth/{*route}", auth_routes(auth))
            .layer(AuthLayer::new(auth.clone()));
        Self(Router::new().nest("/tool", inner))
    }

    fn under_app(auth: &Auth, has_routes: bool) -> Self {
        let inner = routes().layer(AuthLayer::new(auth.clone()));
        let outer = match has_routes {
            true => Router::new().route_service("/auth/{*route}", auth_routes(auth)),
            false => Router::new(),
        };
        Self(outer.nest("/app", inner))
    }

    fn connecting(connect: &Connect) -> Self {
        let resolver = |parts: &Parts| {
            let cookies = parts.headers.get("cookie");
            std::future::ready(subject_of(cookies.and_then(|value| value.to_str().ok())))
        };
        Self(connect_routes().layer(ConnectLayer::new(connect.clone(), resolver)))
    }

    async fn listen(auth: &Auth) -> u16 {
        Self::new(auth).serve().await
    }

    async fn listen_connecting(connect: &Connect) -> u16 {
        Self::connecting(connect).serve().await
    }

    async fn call(&self, request: Request<Bytes>) -> Response<Bytes> {
        let response = self.0.clone().oneshot(request.map(Body::from)).await;
        let (parts, body) = response.unwrap_or_else(|never| match never {}).into_parts();
        let body = body.collect().await.map(Collected::to_bytes);
        Response::from_parts(parts, body.unwrap_or_default())
    }
}

impl AxumApp {
    async fn serve(self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let app = self.0.layer(map_request(add_peer));
        let service = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        port
    }
}

/// Tells the address of the machine at the other end of the connection.
async fn add_peer(
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request<Body>,
) -> Request<Body> {
    let peer = PeerAddress::new(peer.ip());
    request.extensions_mut().insert(peer);
    request
}

/// The routes that scenarios use.
pub(crate) fn routes() -> Router {
    let guarded = || get(|| async { "in" });
    Router::new()
        .route("/login-only", guarded().route_layer(require_login()))
        .route("/site-only", guarded().route_layer(require_site()))
        .route(
            "/writers",
            guarded().route_layer(require_scopes(["write:jira-work"])),
        )
        .route(
            "/own-pages",
            post(|| async { "in" })
                .get(|| async { "in" })
                .route_layer(same_origin()),
        )
        .route("/", get(home))
        .route("/public", get(|| async { "public" }))
        .route("/user", get(user))
        .route("/optional", get(optional))
        .route("/profile", get(profile))
        .route("/board", get(board).post(|_: CurrentUser| async {}))
        .route("/bye", get(bye))
        .route("/bye-everywhere", get(bye_everywhere))
        .route("/my-sessions", get(my_sessions))
        .route("/myself", get(myself).post(write))
        .route("/start", get(start).post(start))
        .route("/start-with-too-much", get(start_with_too_much))
        .route("/start-with-much", get(start_with_much))
}

fn connect_routes() -> Router {
    let guarded = || get(|| async { "in" });
    Router::new()
        .route("/login-only", guarded().route_layer(require_login()))
        .route(
            "/writers",
            guarded().route_layer(require_scopes(["write:jira-work"])),
        )
        .route("/public", get(|| async { "public" }))
        .route("/connections", get(connections))
        .route("/board", get(board))
        .route("/myself", get(myself).post(write))
        .route("/of", get(of))
        .route("/start", get(start_connect).post(start_connect))
        .route("/start-unasked", get(start).post(start))
        .route("/user", get(user))
}

async fn connections(connections: Connections) -> String {
    crate::calls::names(&connections)
}

async fn of(connections: Connections, uri: Uri) -> Result<String, AuthRejection> {
    Ok(crate::calls::count_of(&connections, uri.query()).await?)
}

async fn start_connect(_: Connections) -> Login {
    Login::new().return_to("/public").details(&"ticket 17")
}

async fn home(user: MaybeUser) -> String {
    user.as_ref()
        .map_or("stranger".to_owned(), |user| user.name().to_owned())
}

async fn user(user: CurrentUser) -> String {
    user.name().to_owned()
}

async fn optional(user: Option<CurrentUser>) -> String {
    home(MaybeUser(user)).await
}

async fn profile(profile: CurrentProfile) -> String {
    serde_json::to_string(&*profile).unwrap_or_default()
}

async fn board(site: CurrentSite) -> String {
    site.name.to_string()
}

/// Says what caches may do with the reply, as if the page were the same for everybody.
async fn bye(session: CurrentSession) -> Result<impl IntoResponse, AuthRejection> {
    session.sign_out().await?;
    Ok((CACHED.map(|name| (name, "max-age=60")), "bye"))
}

async fn bye_everywhere(session: CurrentSession) -> Result<&'static str, AuthRejection> {
    session.sign_out_everywhere().await?;
    Ok("bye")
}

async fn my_sessions(session: CurrentSession, uri: Uri) -> Result<String, AuthRejection> {
    Ok(crate::calls::sessions(&session, uri.query()).await?)
}

/// A call that the configured scopes allow.
async fn myself(atlassian: Atlassian, site: CurrentSite) -> Result<String, AuthRejection> {
    Ok(crate::calls::count_projects(&atlassian, &site).await?)
}

/// A call that needs an optional scope.
async fn write(atlassian: Atlassian, site: CurrentSite) -> Result<String, AuthRejection> {
    Ok(crate::calls::make_issue(&atlassian, &site).await?)
}

async fn start() -> Login {
    Login::new().details(&"ticket 17")
}

async fn start_with_too_much() -> Login {
    Login::new().details(&"x".repeat(1500))
}

async fn start_with_much() -> Login {
    let long = format!("/{}", "x".repeat(2000));
    Login::new().details(&"x".repeat(1200)).return_to(long)
}
