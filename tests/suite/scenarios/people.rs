//! What people met: the inputs of public reports, with what is right (`tests/corpora/people.json`).

use serde_json::Value;
use threelo_sandbox::{Endpoint, Fault};

use super::{Browser, World};

/// The rows of a surface.
fn rows(surface: &str) -> Vec<Value> {
    let all: Vec<Value> = serde_json::from_str(include_str!("../../corpora/people.json")).unwrap();
    let rows: Vec<Value> = all
        .into_iter()
        .filter(|row| row["surface"] == surface)
        .collect();
    assert!(!rows.is_empty(), "{surface}");
    rows
}

fn json(body: &Value) -> Fault {
    Fault::Body {
        status: 200,
        body: body.to_string(),
    }
}

/// Signs Edward in while an endpoint gives an odd answer, once.
async fn signed_in_against(endpoint: Endpoint, answer: &Value) -> (World, Browser) {
    let world = World::new().await;
    world.sandbox.fault(endpoint, json(answer), 1);
    let (browser, seen) = {
        let mut browser = world.browser();
        let (_, seen) = browser.sign_in(&world, "edward", "/").await;
        (browser, seen)
    };
    assert_eq!(seen.location(), "/", "{answer}");
    (world, browser)
}

#[tokio::test]
async fn an_odd_field_of_a_profile_costs_no_login() {
    for row in rows("GET /me") {
        let (_world, mut browser) = signed_in_against(Endpoint::Me, &row["input"]).await;

        let me = browser.fetch("GET", "/auth/me").await.json();

        let user = &me["profile"];
        assert_eq!(user["account_id"], "a1", "{row}: {me}");
        assert!(
            user["picture"].is_null() && user["email_verified"] != true,
            "{row}: {me}"
        );
    }
}

#[tokio::test]
async fn an_odd_entry_of_the_sites_costs_no_other_site() {
    for row in rows("accessible-resources") {
        let (_world, mut browser) = signed_in_against(Endpoint::Sites, &row["input"]).await;

        let seen = browser.fetch("GET", "/auth/sites").await.json();

        let count = if row["right"].as_str().unwrap().starts_with("two") {
            2
        } else {
            1
        };
        assert_eq!(
            seen["sites"].as_array().unwrap().len(),
            count,
            "{row}: {seen}"
        );
    }
}
