//! Apps with users of their own, who connect Atlassian accounts.

mod attacks;
mod links;
mod pages;

use super::{Browser, World};

/// A world whose app has users of its own.
async fn world() -> World {
    World::connecting(|builder| builder).await
}

/// A browser of a user of the app.
fn browser_of(world: &World, user: &str) -> Browser {
    world.browser().with_user("app-user", user)
}

/// The names of the accounts that the browser's user has connected.
async fn connected(browser: &mut Browser) -> Vec<String> {
    let seen = browser.fetch("GET", "/auth/connections").await;
    assert_eq!(seen.status(), 200, "{}", seen.text());
    let connections = seen.json()["connections"].clone();
    let name = |one: &serde_json::Value| one["name"].as_str().unwrap().to_owned();
    connections.as_array().unwrap().iter().map(name).collect()
}
