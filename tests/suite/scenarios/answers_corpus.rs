//! Answers of the token endpoint, `/me` and the sites list, of every malformed shape.

use std::time::Duration;

use serde_json::Value;
use threelo_sandbox::{Endpoint, Fault};

use super::World;
use super::refresh::HOUR;

fn rows(surface: &str) -> Vec<Value> {
    let all: Vec<Value> =
        serde_json::from_str(include_str!("../../corpora/malformed_cases.json")).unwrap();
    let rows: Vec<Value> = all
        .into_iter()
        .filter(|row| row["surface"] == surface)
        .collect();
    assert!(rows.len() > 10, "{surface}");
    rows
}

/// What the row has Atlassian answer.
fn fault_of(row: &Value) -> Fault {
    match row["input"].as_str().unwrap() {
        "endless chunked body" => return Fault::Endless,
        "one byte every 5 s" => return Fault::Drip,
        "connection closed mid-body" => return Fault::CutBody,
        _ => {}
    }
    let kind = row["content_type"].as_str().unwrap_or("application/json");
    let mut headers = vec![("content-type".to_owned(), kind.to_owned())];
    for (name, value) in row["headers"].as_object().into_iter().flatten() {
        headers.push((name.clone(), value.as_str().unwrap().to_owned()));
    }
    Fault::Answer {
        status: u16::try_from(row["http_status"].as_u64().unwrap()).unwrap(),
        headers,
        body: input(row),
    }
}

fn input(row: &Value) -> String {
    const MANY: &str = "10000 entries";
    let text = row["input"].as_str().unwrap();
    if text != MANY {
        return text.to_owned();
    }
    let site = |number: usize| {
        format!(r#"{{"id":"11223344-a1b2-3b33-c444-{number:012}","name":"S{number}"}}"#)
    };
    let sites: Vec<String> = (0..10_000).map(site).collect();
    format!("[{}]", sites.join(","))
}

fn is_slow(row: &Value) -> bool {
    row["input"] == "one byte every 5 s"
}

async fn sign_in_against(row: &Value) {
    let (world, id) = (World::new().await, &row["id"]);
    let mut browser = world.browser();
    world.sandbox.fault(Endpoint::Token, fault_of(row), 1);

    let (_, seen) = browser.sign_in(&world, "edward", "/").await;
    world.sandbox.mend();
    let user = browser.who_am_i().await;

    let expected = row["expect"]["outcome"].as_str().unwrap();
    assert_eq!(seen.status(), 303, "{id}");
    assert_eq!(
        world.sandbox.count("POST", "/oauth/token"),
        1,
        "{id}: a code is sent once"
    );
    match expected {
        "reject" => {
            assert_eq!(user, None, "{id} {}", row["note"]);
            assert!(seen.location().starts_with("/auth/error"), "{id}");
        }
        // The tokens of the row are not the sandbox's, so they are unknown to it; what counts is that they were used.
        // A profile is asked for four times within three seconds at the most.
        "accept" => assert!((1..=4).contains(&world.sandbox.count("GET", "/me")), "{id}"),
        _ => {}
    }
}

#[tokio::test]
async fn no_malformed_token_answer_signs_a_visitor_in() {
    for row in rows("token_response").iter().filter(|row| !is_slow(row)) {
        sign_in_against(row).await;
    }
}

#[tokio::test]
async fn a_token_answer_that_drips_is_given_up_after_ten_seconds() {
    for row in rows("token_response").iter().filter(|row| is_slow(row)) {
        let limit = Duration::from_secs(12);
        tokio::time::timeout(limit, sign_in_against(row))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn no_malformed_answer_to_a_refresh_costs_the_grant() {
    for row in rows("token_response").iter().filter(|row| !is_slow(row)) {
        if row["expect"]["outcome"] == "accept" {
            continue;
        }
        let (world, id) = (World::new().await, &row["id"]);
        let mut browser = world.signed_in("edward").await;
        world.pass(HOUR);
        world.sandbox.fault(Endpoint::Token, fault_of(row), 1);

        let first = browser.fetch("GET", "/myself").await;
        world.auth.drain(Duration::from_secs(20)).await;
        world.clock.advance(Duration::from_secs(31));

        let grant = world.grants.stored(&world.grant_key("edward")).await;
        assert_eq!(grant.consent_needed, None, "{id} {}", row["note"]);
        let left = grant.tokens.left(threelo::clock::Clock::now(&*world.clock));
        assert!(left <= 24 * HOUR, "{id}");
        // The other rows are good answers with foreign tokens, which are of no use here.
        if row["expect"]["outcome"] == "reject" {
            assert!(
                matches!(first.status(), 200 | 503),
                "{id}: {}",
                first.status()
            );
            assert_eq!(browser.fetch("GET", "/myself").await.status(), 200, "{id}");
        }
    }
}

#[tokio::test]
async fn malformed_profiles_and_sites_end_as_the_corpus_says() {
    for row in rows("resource_response") {
        let (world, id) = (World::new().await, &row["id"]);
        let mut browser = world.browser();
        let is_profile = row["path"] == "/me";
        let endpoint = if is_profile {
            Endpoint::Me
        } else {
            Endpoint::Sites
        };
        world.sandbox.fault(endpoint, fault_of(&row), 1);

        browser.sign_in(&world, "edward", "/").await;

        let accepts = row["expect"]["outcome"] != "reject";
        assert_eq!(
            browser.who_am_i().await.is_some(),
            accepts,
            "{id} {}",
            row["note"]
        );
        if is_profile {
            continue;
        }
        let seen = browser.fetch("GET", "/auth/sites").await.json();
        let sites = seen["sites"].as_array().unwrap();
        if let Some(count) = row["expect"]["sites_returned"].as_u64() {
            let harmless = |site: &Value| site["url"].is_null();
            let counted = sites.iter().filter(|site| !harmless(site)).count();
            assert_eq!(counted as u64, count, "{id}: {sites:?}");
        }
        if let Some(most) = row["expect"]["sites_returned_max"].as_u64() {
            assert!(sites.len() as u64 <= most, "{id}: {}", sites.len());
        }
    }
}
