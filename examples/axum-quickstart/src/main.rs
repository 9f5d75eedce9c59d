//! Sign in with Atlassian in an axum app: `cargo run -p axum-quickstart`, then open <http://localhost:3000>.

use std::error::Error;
use std::time::Duration;

use axum::extract::Request;
use axum::response::Html;
use axum::{Router, routing::get};
use quickstart::{database, pages, settings};
use threelo_tower::{
    Atlassian, Auth, AuthLayer, AuthRejection, CurrentSite, CurrentUser, MaybeUser,
};
use tokio::net::TcpListener;
use tower_http::trace::{DefaultOnResponse, HttpMakeClassifier, TraceLayer};
use tracing::{Level, Span};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let sandbox = settings::sandbox_unless_configured().await?;
    let auth = database::with_store(settings::of(sandbox.as_ref()))
        .await?
        .build()?;
    let app = app(auth.clone());

    let listen = settings::one("LISTEN", "127.0.0.1:3000");
    let bound = TcpListener::bind(&listen).await;
    let listener = bound.map_err(|error| settings::cannot_listen("LISTEN", &listen, &error))?;
    tracing::info!("callback URL to register: {}", auth.callback_url());
    tracing::info!("open {}", auth.public_url());
    axum::serve(listener, app)
        .with_graceful_shutdown(ctrl_c())
        .await?;
    auth.drain(Duration::from_secs(10)).await;
    Ok(())
}

fn app(auth: Auth) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/board", get(board))
        .layer(AuthLayer::new(auth))
        .layer(access_log())
}

/// A line for each response, of the auth routes, too: it is added last. The path alone, because the query of a callback holds
/// a code.
fn access_log() -> TraceLayer<HttpMakeClassifier, impl Fn(&Request) -> Span + Clone> {
    let span = |request: &Request| tracing::info_span!("request", method = %request.method(), path = request.uri().path());
    let level = DefaultOnResponse::new().level(Level::INFO);
    TraceLayer::new_for_http()
        .make_span_with(span)
        .on_response(level)
}

async fn home(user: MaybeUser) -> Html<String> {
    Html(match user.as_ref() {
        Some(user) => pages::welcome(user),
        None => pages::stranger(),
    })
}

/// The newest issues of the chosen site. Visitors who are not signed in are sent to the login and return afterwards. `?`
/// turns a failed call to Atlassian into an error page.
async fn board(
    user: CurrentUser,
    site: CurrentSite,
    atlassian: Atlassian,
) -> Result<Html<String>, AuthRejection> {
    let search = atlassian.jira(&site).get("/rest/api/3/search/jql");
    let jql = "assignee = currentUser() ORDER BY updated DESC";
    let query = [
        ("jql", jql),
        ("fields", "summary,status"),
        ("maxResults", "20"),
    ];
    let found = search.query(&query).json().await?;
    Ok(Html(pages::board(&user, &site, &found)))
}

async fn ctrl_c() {
    let _ = tokio::signal::ctrl_c().await;
}
