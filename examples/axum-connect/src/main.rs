//! Connect Jira in an axum app that has users and sessions of its own: `cargo run -p axum-connect`, then open
//! <http://localhost:3000>.

mod users;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use axum::{Router, serve};
use incidents::Desk;
use quickstart::settings;
use threelo_tower::{
    Atlassian, AuthRejection, BoxError, ConnectLayer, Connections, CurrentSite, Subject,
    same_origin,
};
use tokio::{net::TcpListener, signal};
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let sandbox = settings::sandbox_unless_configured().await?;
    let connect = incidents::settings(sandbox.as_ref()).build()?;
    let is_https = connect.public_url().starts_with("https:");
    let sessions = SessionManagerLayer::new(MemoryStore::default()).with_secure(is_https);
    let app = routes(Desk::new(connect.clone()))
        .layer(ConnectLayer::new(connect.clone(), app_user))
        .layer(sessions);

    let listen = settings::one("LISTEN", "127.0.0.1:3000");
    let bound = TcpListener::bind(&listen).await;
    let listener = bound.map_err(|error| settings::cannot_listen("LISTEN", &listen, &error))?;
    tracing::info!("callback URL to register: {}", connect.callback_url());
    tracing::info!("open {}", connect.public_url());
    let ctrl_c = async { drop(signal::ctrl_c().await) };
    serve(listener, app).with_graceful_shutdown(ctrl_c).await?;
    connect.drain(Duration::from_secs(10)).await;
    Ok(())
}

/// The user of the app's own session.
fn app_user(parts: &Parts) -> impl Future<Output = Result<Option<Subject>, BoxError>> + use<> {
    let session = parts.extensions.get::<Session>().cloned();
    async {
        let session = session.ok_or("the session layer is missing")?;
        let user: Option<String> = session.get(users::USER).await?;
        Ok(user.map(Subject::parse).transpose()?)
    }
}

fn routes(desk: Desk) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/login", get(users::login).post(users::sign_in))
        .route("/logout", post(users::sign_out))
        .route("/incidents/{number}/file", post(file))
        .route_layer(same_origin())
        .with_state(Arc::new(desk))
}

/// A visitor who is not signed in to the app is sent to its login first, and returns here afterwards.
async fn home(connections: Connections, State(desk): State<Arc<Desk>>) -> Html<String> {
    Html(desk.home(&connections))
}

/// Files an incident in the Jira of the connected account; without one, the visitor is asked to connect it.
async fn file(
    connections: Connections,
    site: CurrentSite,
    atlassian: Atlassian,
    State(desk): State<Arc<Desk>>,
    Path(number): Path<usize>,
) -> Result<Redirect, AuthRejection> {
    desk.file(connections.subject(), number, &atlassian, &site)
        .await?;
    Ok(Redirect::to("/"))
}
