//! Which token a call carries, and when it is refreshed for the call.

use std::time::Duration;

use serde_json::Value;
use threelo::{ApiErrorKind, MissingScopeReason};
use threelo_sandbox::Endpoint;
use threelo_tests::{App as _, answer};

use super::{App, Browser, Job, MINUTE, World};

#[tokio::test]
async fn a_token_that_ended_early_is_replaced_once_for_all_callers() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    world.clock.advance(MINUTE);
    world.sandbox.expire_tokens("edward");

    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let job = job.clone();
        calls.spawn(async move { job.call().await.unwrap()["total"].clone() });
    }

    assert_eq!(calls.join_all().await, vec![Value::from(2); 50]);
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn a_token_that_is_always_refused_is_refreshed_only_once() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    world.clock.advance(MINUTE);
    let unauthorized = answer(401, &[], r#"{"code":401,"message":"Unauthorized"}"#);
    world.sandbox.fault(Endpoint::Api, unauthorized, 1000);

    for _ in 0..5 {
        let error = job.call().await.unwrap_err();
        assert!(matches!(error.kind(), ApiErrorKind::Refused { status } if *status == 401));
    }

    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn an_expired_token_that_is_seen_as_403_or_404_is_refreshed_exactly_once() {
    for status in [403, 404] {
        let world = World::new().await;
        let job = Job::of_edward(&world).await;
        world.sandbox.knobs(|knobs| knobs.expired_status = status);
        // By the app's clock the token is about to end, by Atlassian's it has.
        world.clock.advance(56 * MINUTE);
        world.sandbox.expire_tokens("edward");

        assert_eq!(job.call().await.unwrap()["total"], 2);
        world.auth.drain(Duration::from_secs(10)).await;
        assert_eq!(world.refreshes(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_403_or_404_with_a_good_token_is_passed_on_unchanged() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    for status in [403, 404] {
        world
            .sandbox
            .fault(Endpoint::Api, answer(status, &[], "{}"), 1);
        let error = job.call().await.unwrap_err();
        let fits = match status {
            403 => matches!(error.kind(), ApiErrorKind::Forbidden),
            _ => matches!(error.kind(), ApiErrorKind::NotFound),
        };
        assert!(fits, "{error:?}");
    }
    assert_eq!((world.refreshes(), world.api_calls().len()), (0, 2));
}

#[tokio::test]
async fn a_scope_problem_causes_no_refresh_and_no_repetition() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    let post = || job.jira().post("/rest/api/3/issue");

    let unnamed = post().send().await.unwrap_err();
    assert!(matches!(
        unnamed.kind(),
        ApiErrorKind::MissingScope(missing) if missing.scopes.is_empty()
    ));
    assert_eq!(world.api_calls().len(), 1);
    let named = post().needs(["write:jira-work"]).send().await.unwrap_err();
    match named.kind() {
        ApiErrorKind::MissingScope(missing) => {
            assert_eq!(missing.scopes.to_string(), "write:jira-work");
            assert_eq!(missing.why, MissingScopeReason::NotAsked);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!((world.api_calls().len(), world.refreshes()), (1, 0));

    // The same words without the header, as older gateways send them.
    let words = r#"{"code":401,"message":"Unauthorized; scope does not match"}"#;
    world
        .sandbox
        .fault(Endpoint::Api, answer(401, &[], words), 1);
    let error = job.call().await.unwrap_err();
    assert!(matches!(error.kind(), ApiErrorKind::MissingScope(_)));
    assert_eq!(world.refreshes(), 0);
}

#[tokio::test]
async fn an_answer_as_to_an_anonymous_caller_is_not_taken_for_an_empty_result() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    world.clock.advance(MINUTE);
    world.sandbox.knobs(|knobs| knobs.anonymous_when_bad = true);
    world.sandbox.expire_tokens("edward");

    assert_eq!(job.call().await.unwrap()["total"], 2);
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn a_new_consent_on_another_instance_counts_before_a_scope_is_missed() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    job.call().await.unwrap();
    let other = world.another_auth(|builder| builder);
    let app = App::new(&other);
    let mut browser = Browser::new(&app);
    let login = browser.open("/auth/login?scope=write%3Ajira-work").await;
    browser.consent(&world, login.location(), "edward").await;

    let body = serde_json::json!({ "fields": { "summary": "x", "project": { "key": "LAB" } } });
    let made = job
        .jira()
        .post("/rest/api/3/issue")
        .needs(["write:jira-work"]);

    assert_eq!(made.body_json(&body).send().await.unwrap().status(), 201);
}

/// Everybody's first test of a revocation.
#[tokio::test]
async fn a_grant_that_is_revoked_right_after_the_login_asks_for_consent_at_once() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    world.sandbox.revoke_user("edward");

    let json = browser.fetch("GET", "/myself").await;

    assert_eq!(
        (json.status(), &json.json()["code"]),
        (401, &"consent_needed".into())
    );
    assert_eq!(world.refreshes(), 1);
    let page = browser.open("/myself").await;
    assert_eq!(
        page.location(),
        "/auth/login?return_to=%2Fmyself&account=same"
    );
    assert_eq!(world.refreshes(), 1, "the store knows");
}

/// An endpoint that accepts no such token: neither a refresh nor a look for each call.
#[tokio::test]
async fn an_api_that_refuses_a_young_token_costs_one_look_and_no_refresh() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    let unauthorized = answer(401, &[], r#"{"code":401,"message":"Unauthorized"}"#);
    world.sandbox.fault(Endpoint::Api, unauthorized, 1000);
    let looks = || {
        world
            .sandbox
            .count("GET", "/oauth/token/accessible-resources")
    };
    let before = looks();

    for _ in 0..20 {
        let error = job.call().await.unwrap_err();
        assert!(matches!(error.kind(), ApiErrorKind::Refused { status } if *status == 401));
    }

    assert_eq!((world.refreshes(), looks()), (0, before + 1));
    // A list that does not answer is no proof.
    world.pass(MINUTE);
    world.sandbox.mend();
    let mut edward = world.signed_in("edward").await;
    world
        .sandbox
        .fault(Endpoint::Api, answer(401, &[], "{}"), 9);
    world
        .sandbox
        .fault(Endpoint::Sites, answer(503, &[], "{}"), 9);
    assert_eq!(edward.fetch("GET", "/myself").await.status(), 502);
    assert_eq!(world.refreshes(), 0);
}
