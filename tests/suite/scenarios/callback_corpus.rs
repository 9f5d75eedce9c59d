//! The corpora of malformed callbacks and cookies, through the real adapter.

use super::{Browser, World};
use bytes::Bytes;
use serde_json::Value;
use threelo_tests::App as _;

fn rows(surface: &str) -> Vec<Value> {
    let all: Vec<Value> =
        serde_json::from_str(include_str!("../../corpora/malformed_cases.json")).unwrap();
    all.into_iter()
        .filter(|row| row["surface"] == surface)
        .collect()
}

/// One browser in the middle of a login, and what the corpus calls by name.
struct Scene {
    browser: Browser,
    code: String,
    state: String,
    flow_name: String,
    session: String,
}

impl Scene {
    async fn new(world: &World) -> Self {
        let mut signed_in = world.browser();
        signed_in.sign_in(world, "edward", "/").await;
        let mut browser = world.browser();
        let authorize = browser.start_login("/user").await;
        let callback = world
            .sandbox
            .approve(&authorize, "mia", None)
            .await
            .unwrap();
        let callback = url::Url::parse(&callback).unwrap();
        let parameter = |name: &str| {
            callback
                .query_pairs()
                .find(|(key, _)| key == name)
                .unwrap()
                .1
                .into_owned()
        };
        Self {
            code: parameter("code"),
            state: parameter("state"),
            flow_name: browser.cookies.keys().next().unwrap().clone(),
            session: signed_in.cookies["threelo-session"].clone(),
            browser,
        }
    }

    /// Fills in the corpus' placeholders; `None` for those that this scene does not have.
    fn fill(&self, text: &str) -> Option<String> {
        let flow = self.browser.cookies[&self.flow_name].clone();
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                break;
            };
            let (name, change) = name.split_once(':').unwrap_or((name, ""));
            let value = match name {
                "CODE" => &self.code,
                "STATE" => &self.state,
                "SID" => &self.session,
                "FLOW" => &flow,
                _ => return None,
            };
            out.push_str(&changed(value, change)?);
            rest = tail;
        }
        out.push_str(rest);
        Some(out)
    }
}

fn changed(value: &str, change: &str) -> Option<String> {
    let flip = |character: char| if character == 'A' { 'B' } else { 'A' };
    Some(match change {
        "" => value.to_owned(),
        "-1" => value[..value.len() - 1].to_owned(),
        "flip" => format!("{}{}", flip(value.chars().next()?), &value[1..]),
        "lower" => value.to_lowercase(),
        "pad" => format!("{value}="),
        "stdb64" => format!("+/{}", &value[2..]),
        "percent" => format!("%{:02X}{}", value.as_bytes()[0], &value[1..]),
        "trailingbits" => {
            let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let last = alphabet.find(value.chars().last()?)?;
            format!(
                "{}{}",
                &value[..value.len() - 1],
                alphabet.as_bytes()[last ^ 1] as char
            )
        }
        _ => return None,
    })
}

#[tokio::test]
async fn every_malformed_query_is_refused_and_touches_the_flow_as_the_corpus_says() {
    let world = World::new().await;
    let mut run = 0;
    for row in rows("callback_query") {
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
        let signed_in = scene.browser.cookies.contains_key("threelo-session");
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
    for row in rows("callback_cookie") {
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
            let field = field
                .replace("__Host-flow", &scene.flow_name)
                .replace("__Host-sid", "threelo-session");
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

        assert_eq!(
            response.headers()["location"],
            "/auth/error?reason=refused",
            "{}",
            row["id"]
        );
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
    for row in rows("cookie_header") {
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
        let filled = scene.fill(&text)?.replace("__Host-sid", "threelo-session");
        return Some(vec![
            filled.chars().map(|character| character as u8).collect(),
        ]);
    }
    let fields = row["input"].as_array()?;
    fields
        .iter()
        .map(|field| {
            let renamed = scene
                .fill(field.as_str()?)?
                .replace("__Host-sid", "threelo-session");
            let renamed = renamed
                .replace("%5F%5FHost-sid", "%74hreelo-session")
                .replace("__Host-s%69d", "threelo-sess%69on");
            Some(renamed.into_bytes())
        })
        .collect()
}

#[tokio::test]
async fn other_methods_and_other_paths_have_no_effect() {
    let world = World::new().await;
    for row in rows("callback_request") {
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

        let seen = scene
            .browser
            .send(method, target, &headers, Bytes::new())
            .await;

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
