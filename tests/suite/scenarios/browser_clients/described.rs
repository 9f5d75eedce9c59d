//! The description of the JSON routes, compared with their answers.

use serde_json::Value;
use threelo_tests::Seen;

use super::{OTHER, SPA, World, get, post, world};

async fn description(world: &World) -> Value {
    let seen = world.browser().fetch("GET", "/auth/openapi.json").await;
    assert_eq!(seen.status(), 200);
    seen.json()
}

/// Checks an answer against the description of its path, method and status.
fn fits(description: &Value, method: &str, path: &str, seen: &Seen) {
    let status = seen.status().to_string();
    let responses = &description["paths"][path][method]["responses"];
    let said = &responses[&status];
    assert!(
        said.is_object(),
        "{method} {path} {status} is not described"
    );
    let Some(contents) = said["content"].as_object() else {
        assert_eq!(seen.text(), "", "{method} {path} {status}");
        return;
    };
    let (kind, content) = contents.iter().next().unwrap();
    assert_eq!(
        seen.header("content-type"),
        kind,
        "{method} {path} {status}"
    );
    let mut schema = content["schema"].clone();
    schema["components"] = description["components"].clone();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    let problems: Vec<String> = schema
        .iter_errors(&seen.json())
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(
        problems.is_empty(),
        "{method} {path} {status}: {problems:?}\n{}",
        seen.text()
    );
}

#[tokio::test]
async fn every_json_route_answers_as_it_is_described() {
    let world = world().await;
    let said = description(&world).await;
    assert_eq!(said["servers"][0]["url"], "http://localhost:3000/auth");
    let mut browser = world.browser();
    for path in ["/me", "/sites", "/sessions"] {
        let seen = get(&mut browser, SPA, &format!("/auth{path}")).await;
        assert_eq!(seen.status(), 401);
        fits(&said, "get", path, &seen);
    }
    let seen = get(&mut browser, SPA, "/auth/me?optional=true").await;
    assert_eq!(
        (seen.status(), &seen.json()["account_id"]),
        (200, &Value::Null)
    );
    fits(&said, "get", "/me", &seen);
    browser.sign_in(&world, "mia", "/").await;
    // Several sites and none chosen.
    let seen = get(&mut browser, SPA, "/auth/me").await;
    fits(&said, "get", "/me", &seen);
    let seen = get(&mut browser, SPA, "/auth/sites").await;
    fits(&said, "get", "/sites", &seen);
    let chosen = seen.json()["sites"][1]["id"].as_str().unwrap().to_owned();
    let seen = post(&mut browser, SPA, "/auth/token", "").await;
    fits(&said, "post", "/token", &seen);
    let body = serde_json::json!({ "site": chosen }).to_string();
    let seen = post(&mut browser, SPA, "/auth/site", &body).await;
    fits(&said, "post", "/site", &seen);
    let seen = post(&mut browser, SPA, "/auth/site", "{}").await;
    fits(&said, "post", "/site", &seen);
    for _ in 0..2 {
        fits(
            &said,
            "get",
            "/me",
            &get(&mut browser, SPA, "/auth/me").await,
        );
        fits(
            &said,
            "post",
            "/token",
            &post(&mut browser, SPA, "/auth/token", "").await,
        );
        // Once more without the consent.
        world.sandbox.revoke_user("mia");
        world.pass(std::time::Duration::from_secs(3600));
    }
    fits(
        &said,
        "get",
        "/sessions",
        &get(&mut browser, SPA, "/auth/sessions").await,
    );
    let seen = browser
        .fetch("DELETE", "/auth/sessions/AAAAAAAAAAAAAAAA")
        .await;
    fits(&said, "delete", "/sessions/{handle}", &seen);
    let seen = post(&mut browser, SPA, "/auth/disconnect", "").await;
    fits(&said, "post", "/disconnect", &seen);
    fits(
        &said,
        "get",
        "/me",
        &get(&mut browser, SPA, "/auth/me").await,
    );
    let seen = post(&mut browser, OTHER, "/auth/redeem", "{}").await;
    fits(&said, "post", "/redeem", &seen);
    let guess = r#"{"ticket": "1.x", "verifier": "x"}"#;
    let seen = post(&mut browser, OTHER, "/auth/redeem", guess).await;
    fits(&said, "post", "/redeem", &seen);
    world.sessions.set_down(true);
    fits(
        &said,
        "get",
        "/me",
        &get(&mut browser, SPA, "/auth/me").await,
    );
    world.sessions.set_down(false);
    fits(
        &said,
        "post",
        "/logout",
        &post(&mut browser, SPA, "/auth/logout", "").await,
    );
}

#[tokio::test]
async fn connect_mode_answers_as_it_is_described() {
    let world = World::connecting(|builder| builder.same_site_origins([SPA])).await;
    let said = description(&world).await;
    let mut browser = world.browser();
    let seen = get(&mut browser, SPA, "/auth/connections").await;
    fits(&said, "get", "/connections", &seen);
    let mut browser = browser.with_user("app-user", "paula");
    let seen = post(&mut browser, SPA, "/auth/connect", "{}").await;
    fits(&said, "post", "/connect", &seen);
    browser.connect(&world, "mia", "return_to=%2Fpublic").await;
    let seen = get(&mut browser, SPA, "/auth/connections").await;
    fits(&said, "get", "/connections", &seen);
    assert_eq!(
        seen.json()["connect_url"],
        "http://localhost:3000/auth/connect"
    );
    let seen = get(&mut browser, SPA, "/auth/sites").await;
    fits(&said, "get", "/sites", &seen);
    let seen = post(&mut browser, SPA, "/auth/disconnect", "{}").await;
    fits(&said, "post", "/disconnect", &seen);
}
