//! One of the instances: an ordinary app that shows its name.

use std::error::Error;
use std::time::Duration;

use axum::extract::State;
use axum::response::Html;
use axum::{Router, routing::get};
use quickstart::{database, pages, settings};
use threelo_tower::{Atlassian, AuthLayer, AuthRejection, CurrentSite, CurrentUser, MaybeUser};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

pub(crate) async fn run(name: &str, port: u16) -> Result<(), Box<dyn Error>> {
    // Both instances need the same THREELO_KEYS and the same DATABASE_URL, nothing else.
    let auth = database::with_store(settings::of(None)).await?.build()?;
    let app = Router::new()
        .route("/", get(home))
        .route("/board", get(board))
        .with_state(name.to_owned())
        .layer(AuthLayer::new(auth.clone()));
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, app)
        .with_graceful_shutdown(parent_is_gone())
        .await?;
    auth.drain(Duration::from_secs(10)).await;
    Ok(())
}

async fn parent_is_gone() {
    let mut nothing = [0];
    let _ = tokio::io::stdin().read(&mut nothing).await;
}

async fn home(State(name): State<String>, user: MaybeUser) -> Html<String> {
    let page = match user.as_ref() {
        Some(user) => pages::welcome(user),
        None => pages::stranger(),
    };
    Html(answered_by(&name, &page))
}

/// The visitor's issues, read with the token that one of the instances refreshed.
async fn board(
    State(name): State<String>,
    user: CurrentUser,
    site: CurrentSite,
    atlassian: Atlassian,
) -> Result<Html<String>, AuthRejection> {
    let search = atlassian.jira(&site).get("/rest/api/3/search/jql");
    let query = [
        ("jql", "assignee = currentUser() ORDER BY updated DESC"),
        ("fields", "summary,status"),
    ];
    let found = search.query(&query).json().await?;
    Ok(Html(answered_by(
        &name,
        &pages::board(&user, &site, &found),
    )))
}

fn answered_by(name: &str, page: &str) -> String {
    page.replace(
        "</main>",
        &format!("<p><small>Answered by instance {name}.</small></p></main>"),
    )
}
