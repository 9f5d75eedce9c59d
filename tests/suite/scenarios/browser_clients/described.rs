//! The description of the JSON routes, compared with their answers.

use serde_json::Value;
use threelo_tests::Seen;

use super::{Browser, OTHER, SPA, World, get, post, world};

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

/// A page's script gets a path of ours, as it is described.
async fn check_get(description: &Value, browser: &mut Browser, path: &str) -> Seen {
    let seen = get(browser, SPA, &format!("/auth{path}")).await;
    fits(description, "get", path, &seen);
    seen
}

/// A page's script posts to a path of ours, as it is described.
async fn check_post(description: &Value, browser: &mut Browser, path: &str, body: &str) -> Seen {
    let seen = post(browser, SPA, &format!("/auth{path}"), body).await;
    fits(description, "post", path, &seen);
    seen
}

/// A page's script gets every JSON route that can be got, as it is described.
async fn check_gets(description: &Value, world: &World, browser: &mut Browser) {
    for operation in world.operations().await {
        if operation.method == "GET" {
            let seen = get(browser, SPA, &operation.path).await;
            fits(description, "get", &operation.template, &seen);
        }
    }
}

#[tokio::test]
async fn every_json_route_answers_as_it_is_described() {
    let world = world().await;
    let said = description(&world).await;
    assert_eq!(said["servers"][0]["url"], "http://localhost:3000/auth");
    let mut browser = world.browser();
    for path in ["/me", "/sites", "/sessions"] {
        let seen = check_get(&said, &mut browser, path).await;
        assert_eq!(seen.status(), 401);
    }
    check_gets(&said, &world, &mut browser).await;
    let seen = get(&mut browser, SPA, "/auth/me?optional=true").await;
    assert_eq!(
        (seen.status(), &seen.json()["account_id"]),
        (200, &Value::Null)
    );
    fits(&said, "get", "/me", &seen);
    browser.sign_in(&world, "mia", "/").await;
    // Several sites and none chosen.
    check_gets(&said, &world, &mut browser).await;
    let seen = check_get(&said, &mut browser, "/sites").await;
    let chosen = seen.json()["sites"][1]["id"].as_str().unwrap().to_owned();
    check_post(&said, &mut browser, "/token", "").await;
    let body = serde_json::json!({ "site": chosen }).to_string();
    check_post(&said, &mut browser, "/site", &body).await;
    check_post(&said, &mut browser, "/site", "{}").await;
    for _ in 0..2 {
        check_gets(&said, &world, &mut browser).await;
        check_post(&said, &mut browser, "/token", "").await;
        // Once more without the consent.
        world.sandbox.revoke_user("mia");
        world.pass(std::time::Duration::from_secs(3600));
    }
    let seen = browser
        .fetch("DELETE", "/auth/sessions/AAAAAAAAAAAAAAAA")
        .await;
    fits(&said, "delete", "/sessions/{handle}", &seen);
    check_post(&said, &mut browser, "/disconnect", "").await;
    check_gets(&said, &world, &mut browser).await;
    for body in ["{}", r#"{"ticket": "1.x", "verifier": "x"}"#] {
        let seen = post(&mut browser, OTHER, "/auth/redeem", body).await;
        fits(&said, "post", "/redeem", &seen);
    }
    world.sessions.set_down(true);
    check_gets(&said, &world, &mut browser).await;
    world.sessions.set_down(false);
    check_post(&said, &mut browser, "/logout", "").await;
}

#[tokio::test]
async fn connect_mode_answers_as_it_is_described() {
    let world = World::connecting(|builder| builder.same_site_origins([SPA])).await;
    let said = description(&world).await;
    let mut browser = world.browser();
    check_gets(&said, &world, &mut browser).await;
    let mut browser = browser.with_user("app-user", "paula");
    check_post(&said, &mut browser, "/connect", "{}").await;
    browser.connect(&world, "mia", "return_to=%2Fpublic").await;
    let seen = check_get(&said, &mut browser, "/connections").await;
    assert_eq!(
        seen.json()["connect_url"],
        "http://localhost:3000/auth/connect"
    );
    check_gets(&said, &world, &mut browser).await;
    check_post(&said, &mut browser, "/disconnect", "{}").await;
}
