//! Refreshes that Atlassian refuses, and what visitors meet then.

use threelo::ConsentReason;
use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::{answer, capture_logs};

use super::{ENOUGH, HOUR, MINUTE, SECOND, World, edward_after_an_hour, needs_consent, token};

fn refusal() -> Fault {
    Fault::Body {
        status: 403,
        body: r#"{"error":"unauthorized_client","error_description":"refresh_token is invalid"}"#
            .to_owned(),
    }
}

#[tokio::test]
async fn a_grant_that_the_user_removed_leads_to_consent_with_one_call_to_atlassian() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    world.sandbox.revoke_user("edward");
    world.pass(HOUR);

    for _ in 0..5 {
        let seen = browser.fetch("GET", "/myself").await;
        assert_eq!(
            (seen.status(), &seen.json()["reason"]),
            (401, &"refused".into())
        );
    }

    assert_eq!(world.refreshes(), 1);
    let grant = world.grant_of("edward").await;
    let needed = grant.consent_needed().unwrap();
    assert_eq!(needed.reason, ConsentReason::Refused);
    assert!(needed.since.is_some());
    let me = browser.fetch("GET", "/auth/me").await.json();
    assert_eq!(me["consent"]["needed"], "refused");
}

#[tokio::test]
async fn a_wrong_client_secret_ends_no_grant_and_is_logged_as_an_error() {
    let logs = capture_logs();
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    let before = world.grants.stored(&world.grant_key("edward")).await;
    world.pass(HOUR);
    let wrong = Fault::Body {
        status: 401,
        body: r#"{"error":"access_denied","error_description":"Unauthorized"}"#.to_owned(),
    };
    world.sandbox.fault(Endpoint::Token, wrong, 1);

    let seen = browser.open("/myself").await;

    assert_eq!((seen.status(), seen.header("retry-after")), (503, "30"));
    assert!(
        logs.text()
            .contains("no grant can be refreshed: check ATLASSIAN_CLIENT_SECRET")
    );
    assert_eq!(
        world.grants.stored(&world.grant_key("edward")).await,
        before
    );
    assert_eq!(browser.open("/myself").await.status(), 503);
    assert_eq!(
        world.refreshes(),
        1,
        "no request is sent before the pause is over"
    );
    world.pass(31 * SECOND);
    assert_eq!(browser.open("/myself").await.status(), 200);
}

#[tokio::test]
async fn a_provider_that_refuses_every_token_for_ten_minutes_costs_no_grant() {
    const CROWD: usize = 12;
    let logs = capture_logs();
    let world = World::with_crowd(CROWD).await;
    for number in 0..CROWD {
        world.signed_in(&format!("crowd{number}")).await;
    }
    world.pass(HOUR);
    world.sandbox.fault(Endpoint::Token, refusal(), 10_000);

    let mut sent_to_consent = std::collections::BTreeSet::new();
    for _ in 0..5 {
        for number in 0..CROWD {
            let outcome = token(&world, &format!("crowd{number}")).await;
            assert!(outcome.is_err());
            if needs_consent(&outcome).is_some() {
                sent_to_consent.insert(number);
            }
        }
        world.pass(2 * MINUTE);
    }
    assert!(sent_to_consent.len() < 5, "{sent_to_consent:?}");
    assert!(
        logs.text()
            .contains("refresh tokens of one account after another are refused")
    );

    world.sandbox.mend();
    world.pass(10 * MINUTE);
    for number in 0..CROWD {
        let outcome = token(&world, &format!("crowd{number}")).await;
        assert!(outcome.is_ok(), "{number}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_marked_grant_is_tried_again_rarely_and_then_never() {
    let world = World::new().await;
    world.signed_in("edward").await;
    world.sandbox.revoke_user("edward");
    world.pass(HOUR);

    for _ in 0..8 * 24 * 6 {
        assert!(needs_consent(&token(&world, "edward").await).is_some());
        world.pass(10 * MINUTE);
    }

    assert!(
        (5..15).contains(&world.refreshes()),
        "{}",
        world.refreshes()
    );
}

#[tokio::test]
async fn a_rate_limited_refresh_waits_as_long_as_atlassian_says() {
    let (world, mut browser) = edward_after_an_hour().await;
    let limited = answer(429, &[("retry-after", "40")], "slow down");
    world.sandbox.fault(Endpoint::Token, limited, 1);

    let seen = browser.fetch("GET", "/myself").await;

    assert_eq!((seen.status(), seen.header("retry-after")), (503, "40"));
    world.pass(39 * SECOND);
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 503);
    world.pass(2 * SECOND);
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
    assert_eq!(world.refreshes(), 2);
}

#[tokio::test]
async fn without_a_refresh_token_a_grant_ends_with_its_hour() {
    let world = World::with(threelo::AuthBuilder::sign_in_only).await;
    let mut browser = world.signed_in("edward").await;
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
    world.pass(HOUR);

    let seen = browser.fetch("GET", "/myself").await;

    assert_eq!(
        (seen.status(), &seen.json()["reason"]),
        (401, &"no_refresh_token".into())
    );
    assert_eq!(world.refreshes(), 0);
}

#[tokio::test]
async fn sites_that_could_not_be_read_at_the_login_are_read_hours_later() {
    let world = World::new().await;
    world.sandbox.fault(Endpoint::Sites, Fault::Status(500), 1);
    let mut browser = world.signed_in("edward").await;
    world.pass(5 * HOUR);

    assert_eq!(browser.fetch("GET", "/board").await.text(), "Borealis Lab");
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn no_secret_of_a_refresh_is_ever_logged() {
    let logs = capture_logs();
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    for fault in [refusal(), Fault::CutAfter, Fault::Html, Fault::Status(500)] {
        world.pass(HOUR);
        world.sandbox.fault(Endpoint::Token, fault, 1);
        browser.fetch("GET", "/myself").await;
        world.auth.drain(ENOUGH).await;
    }

    let text = logs.text();
    assert!(text.contains("threelo"));
    for secret in world.sandbox.issued_secrets() {
        assert!(!text.contains(&secret));
    }
}
