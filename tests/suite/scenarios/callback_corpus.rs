//! The corpora of malformed callbacks and cookies, through the real adapter.

use bytes::Bytes;
use serde_json::Value;
use threelo_tests::{App as _, malformed};

use super::{App, World};

type Scene = threelo_tests::Scene<App>;

#[tokio::test]
async fn every_malformed_query_is_refused_and_touches_the_flow_as_the_corpus_says() {
    let world = World::new().await;
    let mut run = 0;
    for row in malformed("callback_query") {
        let id = row["id"].as_str().unwrap();
        let mut scene = Scene::new(&world).await;
        let Some(query) = scene.fill(row["input"].as_str().unwrap()) else {
            continue;
        };
        let Some(query) = writable(&query, &world, row["expect"]["outcome"] == "accept") else {
            continue;
        };
        run += 1;
        let before = world.sandbox.count("POST", "/oauth/token");

        let seen = scene
            .browser
            .arrive(&format!("/auth/callback?{query}"))
            .await;

        let expect = &row["expect"];
        let signed_in = scene.browser.cookies.contains_key("threelo-session-3000");
        assert_eq!(
            signed_in,
            expect["session_created"].as_bool().unwrap_or(false),
            "{id}: {}",
            seen.location()
        );
        let exchanges = world.sandbox.count("POST", "/oauth/token") - before;
        let expected = expect["token_requests"]
            .as_u64()
            .unwrap_or(exchanges as u64);
        assert_eq!(exchanges as u64, expected, "{id}");
        let kept = scene.browser.cookies.contains_key(&scene.flow_name);
        assert_eq!(kept, expect["flow"] == "kept", "{id}: {}", seen.location());
        assert!(
            !seen.text().contains("alert(1)") && !seen.location().contains("alert"),
            "{id}"
        );
    }
    assert!(run > 50, "{run}");
}

/// The corpus names Atlassian's issuer where the world has the sandbox; and an `http::Uri` holds no markup and no
/// 70 KB: those rows are for raw sockets.
fn writable(query: &str, world: &World, accept: bool) -> Option<String> {
    let issuer: String =
        url::form_urlencoded::byte_serialize(world.sandbox.url().as_bytes()).collect();
    let query = if accept {
        query.replace("https%3A%2F%2Fauth.atlassian.com", &issuer)
    } else {
        query.to_owned()
    };
    format!("/auth/callback?{query}")
        .parse::<http::Uri>()
        .ok()
        .map(|_| query)
}

#[tokio::test]
async fn every_malformed_flow_cookie_is_refused() {
    let world = World::new().await;
    for row in malformed("callback_cookie") {
        let scene = Scene::new(&world).await;
        let Some(query) = scene.fill(row["query"].as_str().unwrap()) else {
            continue;
        };
        let fields: Vec<&str> = row["input"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| field.as_str().unwrap())
            .collect();
        let mut browser = world.browser();
        let mut request = http::Request::get(format!("/auth/callback?{query}"));
        let mut complete = true;
        for field in fields {
            let Some(field) = scene.fill(field) else {
                complete = false;
                break;
            };
            let field = scene.rename(&field);
            request = request.header(
                "cookie",
                http::HeaderValue::from_bytes(field.as_bytes()).unwrap(),
            );
        }
        if !complete {
            continue;
        }
        let before = world.sandbox.count("POST", "/oauth/token");

        let response = world.app().call(request.body(Bytes::new()).unwrap()).await;

        let expected = match row["id"].as_str() {
            // Whoever shows a session is led home; nothing is exchanged and no session begins.
            Some("M190") => "/",
            _ => "/auth/error?reason=refused",
        };
        assert_eq!(response.headers()["location"], expected, "{}", row["id"]);
        assert_eq!(
            world.sandbox.count("POST", "/oauth/token"),
            before,
            "{}",
            row["id"]
        );
        assert_eq!(browser.who_am_i().await, None);
    }
}

#[tokio::test]
async fn every_cookie_header_names_the_user_that_the_corpus_says() {
    let world = World::new().await;
    let scene = Scene::new(&world).await;
    let mut run = 0;
    for row in malformed("cookie_header") {
        let Some(fields) = cookie_fields(&scene, &row) else {
            continue;
        };
        run += 1;
        let mut request = http::Request::get("/user").header("accept", "application/json");
        for field in fields {
            request = request.header("cookie", http::HeaderValue::from_bytes(&field).unwrap());
        }

        let response = world.app().call(request.body(Bytes::new()).unwrap()).await;

        let expected = if row["expect"]["identity"] == "user" {
            200
        } else {
            401
        };
        assert_eq!(
            response.status(),
            expected,
            "{}: {}",
            row["id"],
            row["note"]
        );
    }
    assert!(run > 30, "{run}");
}

fn cookie_fields(scene: &Scene, row: &Value) -> Option<Vec<Vec<u8>>> {
    use base64::Engine;
    if let Some(encoded) = row["input_b64"].as_str() {
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(encoded)
            .unwrap();
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        let filled = scene.rename(&scene.fill(&text)?);
        return Some(vec![
            filled.chars().map(|character| character as u8).collect(),
        ]);
    }
    let fields = row["input"].as_array()?;
    fields
        .iter()
        .map(|field| {
            let filled = scene.fill(field.as_str()?)?;
            Some(scene.rename(&filled).into_bytes())
        })
        .collect()
}

#[tokio::test]
async fn other_methods_and_other_paths_have_no_effect() {
    let world = World::new().await;
    for row in malformed("callback_request") {
        let mut scene = Scene::new(&world).await;
        let line = scene.fill(row["input"].as_str().unwrap()).unwrap();
        let mut lines = line.split("\r\n");
        let mut words = lines.next().unwrap().split(' ');
        let (method, target) = (words.next().unwrap(), words.next().unwrap());
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        if target.parse::<http::Uri>().is_err() {
            continue;
        }
        let before = world.sandbox.count("POST", "/oauth/token");

        let seen = scene.browser.request(method, target, &headers).await;

        assert!(seen.status() >= 400, "{}: {}", row["id"], seen.status());
        assert_eq!(
            world.sandbox.count("POST", "/oauth/token"),
            before,
            "{}",
            row["id"]
        );
        assert!(
            scene.browser.cookies.contains_key(&scene.flow_name),
            "{}",
            row["id"]
        );
    }
}
