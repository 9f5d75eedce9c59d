//! What visitors meet when a call of a handler fails.

use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::answer;

use super::World;

#[tokio::test]
async fn a_visitor_who_lacks_a_scope_is_asked_for_it_and_comes_back() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    let site = "11111111-aaaa-4aaa-8aaa-111111111111";
    browser.submit("/auth/site", &format!("site={site}")).await;

    let seen = browser.submit("/myself", "").await;

    assert_eq!(seen.status(), 403);
    assert!(
        seen.text().contains("/auth/login?scope=write%3Ajira-work"),
        "{}",
        seen.text()
    );
    let seen = browser.fetch("POST", "/myself").await;
    assert_eq!(
        seen.json()["missing_scopes"],
        serde_json::json!(["write:jira-work"])
    );

    let login = browser
        .open("/auth/login?scope=write%3Ajira-work&return_to=/myself")
        .await;
    assert_eq!(
        browser
            .consent(&world, login.location(), "mia")
            .await
            .location(),
        "/myself"
    );
    assert_eq!(browser.submit("/myself", "").await.text(), "\"AD-6\"");
}

#[tokio::test]
async fn visitors_read_a_plain_message_for_each_failure_of_atlassian() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    let rows = [
        (
            answer(403, &[], "canary"),
            403,
            "Atlassian does not allow that",
            "atlassian_forbids",
        ),
        (
            answer(404, &[], "canary"),
            404,
            "Not found at Atlassian",
            "atlassian_not_found",
        ),
        (
            answer(429, &[("retry-after", "9")], ""),
            503,
            "Atlassian asks us to slow down",
            "rate_limited",
        ),
        (
            answer(500, &[], "canary"),
            503,
            "Atlassian does not answer",
            "unavailable",
        ),
        (
            Fault::CutBefore,
            503,
            "Atlassian does not answer",
            "unavailable",
        ),
        (
            answer(418, &[], "canary"),
            502,
            "That did not work",
            "atlassian_refused",
        ),
    ];
    for (fault, status, headline, code) in rows {
        // A connection that breaks is tried twice.
        world.sandbox.fault(Endpoint::Api, fault, 4);
        let page = browser.open("/myself").await;
        assert_eq!(page.status(), status);
        assert!(page.text().contains(headline), "{}", page.text());
        assert!(!page.text().contains("canary"));
        assert!(page.text().contains("href=\"/myself\""));
        let problem = browser.fetch("GET", "/myself").await;
        assert_eq!(
            (problem.status(), &problem.json()["code"]),
            (status, &code.into())
        );
        if code == "rate_limited" {
            assert_eq!(problem.header("retry-after"), "9");
        }
        world.sandbox.mend();
    }
}

#[tokio::test]
async fn a_stranger_who_wants_an_api_is_asked_to_sign_in() {
    let world = World::new().await;
    let mut browser = world.browser();

    assert_eq!(
        browser.open("/myself").await.location(),
        "/auth/login?return_to=%2Fmyself"
    );
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 401);
}
