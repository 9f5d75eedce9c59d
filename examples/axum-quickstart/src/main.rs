//! Sign in with Atlassian in an axum app: `cargo run -p axum-quickstart`, then open <http://localhost:3000>.

mod pages;

use std::env;
use std::error::Error;
use std::time::Duration;

use axum::response::Html;
use axum::{Router, routing::get};
use threelo_sandbox::Sandbox;
use threelo_tower::{Auth, AuthBuilder, AuthLayer, CurrentSite, CurrentUser, MaybeUser};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let sandbox = sandbox_unless_configured().await?;
    let auth = settings(sandbox.as_ref()).build()?;
    let app = app(auth.clone());

    let listener = TcpListener::bind(setting("LISTEN", "127.0.0.1:3000")).await?;
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
}

async fn home(user: MaybeUser) -> Html<String> {
    Html(match user.get() {
        Some(user) => pages::welcome(user),
        None => pages::stranger(),
    })
}

async fn board(user: CurrentUser, site: CurrentSite) -> Html<String> {
    Html(pages::board(&user, &site))
}

/// The settings are environment variables: your app's from the developer console, or the sandbox's.
fn settings(sandbox: Option<&Sandbox>) -> AuthBuilder {
    AuthBuilder::from_variables(|name| env::var(name).ok().or_else(|| default(name, sandbox)))
}

fn default(name: &str, sandbox: Option<&Sandbox>) -> Option<String> {
    let value = match name {
        "PUBLIC_URL" => "http://localhost:3000",
        "ATLASSIAN_SCOPES" => "read:jira-work read:jira-user",
        "ATLASSIAN_CLIENT_ID" => sandbox?.client_id(),
        "ATLASSIAN_CLIENT_SECRET" => sandbox?.client_secret(),
        "ATLASSIAN_AUTH_URL" | "ATLASSIAN_API_URL" => sandbox?.url(),
        _ => return None,
    };
    Some(value.to_owned())
}

/// Without an app of your own at Atlassian, a local stand-in runs in this process.
async fn sandbox_unless_configured() -> Result<Option<Sandbox>, Box<dyn Error>> {
    if env::var_os("ATLASSIAN_CLIENT_ID").is_some() {
        return Ok(None);
    }
    let sandbox = Sandbox::builder().start().await?;
    tracing::info!(
        "no ATLASSIAN_CLIENT_ID: using a sandbox at {}",
        sandbox.url()
    );
    Ok(Some(sandbox))
}

fn setting(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}

async fn ctrl_c() {
    let _ = tokio::signal::ctrl_c().await;
}
