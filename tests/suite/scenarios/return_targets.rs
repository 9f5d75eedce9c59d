//! The corpus of return targets, over HTTP: T065 (docs/attacks.md). Through core alone: `core/tests/return_to.rs`.

use serde::Deserialize;
use threelo::{Auth, Credentials};
use threelo_tests::App as _;

use super::{App, Browser, World};

#[derive(Deserialize)]
struct Row {
    id: String,
    input: String,
    ok: bool,
    #[serde(default)]
    allowed_origins: Vec<String>,
    emit: Option<String>,
}

fn rows() -> Vec<Row> {
    serde_json::from_str(include_str!("../../corpora/return_to_cases.json")).unwrap()
}

/// The corpus speaks of https://app.example.com; its cookies carry the `__Host-` prefix.
fn app(world: &World, allowed_origins: &[String]) -> App {
    let credentials = Credentials::new(world.sandbox.client_id(), world.sandbox.client_secret());
    let auth = Auth::builder(credentials, "https://app.example.com")
        .environment(threelo::Environment::custom(
            world.sandbox.url(),
            world.sandbox.url(),
        ))
        .clock(world.clock.clone())
        .default_return_to("/default")
        .return_origins(allowed_origins)
        .build()
        .unwrap();
    App::new(&auth)
}

fn encoded(input: &str) -> String {
    url::form_urlencoded::byte_serialize(input.as_bytes()).collect()
}

#[tokio::test]
async fn every_row_ends_where_the_corpus_says_after_a_login() {
    let world = World::with(|builder| builder).await;
    for row in rows() {
        let mut browser = Browser::new(&app(&world, &row.allowed_origins));
        let started = browser
            .open(&format!("/auth/login?return_to={}", encoded(&row.input)))
            .await;
        // Inputs that no query of ours may carry (8 KiB) start no worse a login.
        assert_eq!(started.status(), 303, "{}", row.id);
        let callback = world.sandbox.cancel(started.location(), "edward").await;
        let callback = callback.unwrap_or_else(|error| panic!("{}: {error}", row.id));
        let landed = browser
            .arrive(callback.trim_start_matches("https://app.example.com"))
            .await;

        let place = url::Url::parse("https://app.example.com")
            .unwrap()
            .join(landed.location())
            .unwrap();
        let place = place
            .query_pairs()
            .find(|(name, _)| name == "return_to")
            .unwrap()
            .1
            .into_owned();
        let expected = if row.ok {
            row.emit.as_deref().unwrap()
        } else {
            "/default"
        };
        assert_eq!(place, expected, "{}: {:?}", row.id, row.input);
    }
}

#[tokio::test]
async fn every_row_ends_where_the_corpus_says_after_a_logout() {
    let world = World::new().await;
    for row in rows() {
        let mut browser = Browser::new(&app(&world, &row.allowed_origins));
        let body = format!("return_to={}", encoded(&row.input));
        if body.len() > 4096 {
            continue;
        }

        let landed = browser.submit("/auth/logout", &body).await;

        let expected = if row.ok {
            row.emit.as_deref().unwrap()
        } else {
            "/default"
        };
        assert_eq!(landed.location(), expected, "{}: {:?}", row.id, row.input);
    }
}

#[tokio::test]
async fn a_return_target_given_twice_or_not_as_text_is_the_default() {
    let world = World::new().await;
    for query in [
        "return_to=/a&return_to=//evil.example",
        "return_to[]=x",
        "return_to=%ff",
        "return_to=%zz",
    ] {
        let mut browser = Browser::new(&app(&world, &[]));
        let started = browser.open(&format!("/auth/login?{query}")).await;
        let callback = world
            .sandbox
            .cancel(started.location(), "edward")
            .await
            .unwrap();
        let landed = browser
            .arrive(callback.trim_start_matches("https://app.example.com"))
            .await;
        assert!(
            landed.location().ends_with("return_to=%2Fdefault"),
            "{query}: {}",
            landed.location()
        );
    }
}
