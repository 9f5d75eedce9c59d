//! Slow calls, and calls whose answer is lost.

use std::time::Duration;

use serde_json::{Value, json};
use threelo::ApiErrorKind;
use threelo::atlassian::RetryPolicy;
use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::{answer, capture_logs};

use super::{Job, PROJECTS, World};

const ISSUE: &str = "/rest/api/3/issue";
const SECOND: Duration = Duration::from_secs(1);

async fn writer(
    tune: impl FnOnce(threelo::AuthBuilder) -> threelo::AuthBuilder + 'static,
) -> (World, Job) {
    let scopes = ["read:jira-work", "write:jira-work"];
    let world = World::with(move |builder| tune(builder.scopes(scopes))).await;
    let job = Job::of_edward(&world).await;
    (world, job)
}

fn issue() -> Value {
    json!({ "fields": { "summary": "once", "project": { "key": "LAB" } } })
}

/// How many issues a test has made.
async fn made(job: &Job) -> usize {
    let query = [("jql", "project = LAB"), ("maxResults", "100")];
    let found: Value = job
        .jira()
        .get("/rest/api/3/search/jql")
        .query(&query)
        .json()
        .await
        .unwrap();
    let issues = found["issues"].as_array().unwrap().iter();
    issues
        .filter(|issue| issue["fields"]["summary"] == "once")
        .count()
}

/// Jira takes 31 to 40 seconds now and then.
#[tokio::test]
async fn an_api_may_take_as_long_as_app_and_call_say() {
    let (world, job) = writer(|builder| builder.api_timeout(SECOND)).await;
    let slow = || {
        world
            .sandbox
            .fault(Endpoint::Api, Fault::Delay(SECOND * 3 / 2), 1)
    };

    slow();
    let error = job.call().await.unwrap_err();
    assert!(
        matches!(error.kind(), ApiErrorKind::Unavailable { .. }),
        "{error:?}"
    );
    slow();
    let patient = job.jira().get(PROJECTS).timeout(SECOND * 30);
    patient.json::<Value>().await.unwrap();

    assert_eq!(World::new().await.auth.config().api_timeout, SECOND * 60);
}

#[tokio::test]
async fn a_long_body_arrives_whole_and_with_its_length() {
    let (world, job) = writer(|builder| builder).await;
    let mut issue = issue();
    issue["fields"]["description"] = "x".repeat(3 * 1024 * 1024).into();

    let made: Value = job
        .jira()
        .post(ISSUE)
        .body_json(&issue)
        .json()
        .await
        .unwrap();

    assert!(made["key"].as_str().unwrap().starts_with("LAB-"));
    let call = world.api_calls().pop().unwrap();
    let length = serde_json::to_vec(&issue).unwrap().len().to_string();
    assert_eq!(call.headers.get("content-length"), Some(&length));
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_may_have_been_done_and_is_not_done_twice() {
    let (world, job) = writer(|builder| builder.api_timeout(SECOND)).await;
    let cut_body = Fault::CutBody;
    let faults = [
        (Fault::CutAfter, true),
        (Fault::Delay(SECOND * 3 / 2), false),
        (answer(504, &[], ""), false),
        (answer(500, &[], ""), false),
        (answer(503, &[("retry-after", "1")], ""), false),
        (cut_body, false),
    ];
    let mut expected = 0;
    for (fault, is_done) in faults {
        world.sandbox.fault(Endpoint::Api, fault.clone(), 1);
        let patient = job.atlassian.clone().retry(RetryPolicy::up_to(SECOND * 20));
        let post = patient.jira(&job.site).post(ISSUE).body_json(&issue());

        let error = post.json::<Value>().await.unwrap_err();

        assert!(
            matches!(error.kind(), ApiErrorKind::OutcomeUnknown),
            "{fault:?}: {error:?}"
        );
        assert_eq!(error.kind().retry_after(), None);
        expected += usize::from(is_done);
        assert_eq!(made(&job).await, expected, "{fault:?}");
    }
    // Refused before anything could happen: that may be sent again.
    world
        .sandbox
        .fault(Endpoint::Api, answer(429, &[("retry-after", "1")], ""), 1);
    let patient = job.atlassian.clone().retry(RetryPolicy::up_to(SECOND * 20));
    let post = patient.jira(&job.site).post(ISSUE).body_json(&issue());
    post.json::<Value>().await.unwrap();
    assert_eq!(made(&job).await, expected + 1);
}

#[tokio::test]
async fn a_visitor_is_told_that_a_change_may_have_been_done() {
    let world = World::with(|builder| builder.scopes(["read:jira-work", "write:jira-work"]));
    let world = world.await;
    let mut browser = world.signed_in("edward").await;
    world.sandbox.fault(Endpoint::Api, Fault::CutAfter, 2);

    let page = browser.submit("/myself", "").await;
    let json = browser.fetch("POST", "/myself").await;

    let text = page.text();
    assert!(text.contains("It may have been done"), "{text}");
    assert!(
        !text.contains("Nothing is lost") && !text.contains("Try again"),
        "{text}"
    );
    assert_eq!((page.status(), json.status()), (502, 502));
    assert_eq!(json.json()["code"], "outcome_unknown");
    assert_eq!(json.header("retry-after"), "");
}

/// The server closes a connection that was kept, just when a call is sent over it.
#[tokio::test]
async fn a_connection_that_breaks_costs_no_call_that_may_be_repeated() {
    let (world, job) = writer(|builder| builder).await;
    let cut = || world.sandbox.fault(Endpoint::Api, Fault::CutBefore, 1);
    let calls = || world.api_calls().len();

    cut();
    job.call().await.unwrap();
    assert_eq!(calls(), 2);
    // A `PUT` of Jira can add something, and a second `DELETE` would be 404.
    cut();
    let put = job
        .jira()
        .put("/rest/api/3/issue/LAB-1")
        .body_json(&issue());
    assert!(matches!(
        put.send().await.unwrap_err().kind(),
        ApiErrorKind::OutcomeUnknown
    ));
    // A search by `POST` changes nothing, and may be sent again.
    cut();
    let search = job.jira().post("/rest/api/3/search/jql").only_reads();
    let error = search.send().await.unwrap_err();
    assert!(
        matches!(error.kind(), ApiErrorKind::NotFound),
        "the sandbox has no such call: {error:?}"
    );
    let busy = answer(503, &[("retry-after", "30")], "");
    world.sandbox.fault(Endpoint::Api, busy, 1);
    let search = job.jira().post("/rest/api/3/search/jql").only_reads();
    let error = search.send().await.unwrap_err();
    assert_eq!(error.kind().retry_after(), Some(SECOND * 30), "{error:?}");
    cut();
    let post = job.jira().post(ISSUE).body_json(&issue());
    assert!(matches!(
        post.send().await.unwrap_err().kind(),
        ApiErrorKind::OutcomeUnknown
    ));
    cut();
    let delete = job.jira().delete("/rest/api/3/issue/LAB-1");
    assert!(matches!(
        delete.send().await.unwrap_err().kind(),
        ApiErrorKind::OutcomeUnknown
    ));
    assert_eq!(made(&job).await, 0);
    // Not for ever.
    world.sandbox.fault(Endpoint::Api, Fault::CutBefore, 2);
    assert!(matches!(
        job.call().await.unwrap_err().kind(),
        ApiErrorKind::Unavailable { .. }
    ));
}

/// A visitor's form has a wrong field: the app can say which, and the log has no content.
#[tokio::test]
async fn what_atlassian_says_about_a_call_is_the_apps_and_the_log_names_the_call_once() {
    let logs = capture_logs();
    let (world, job) = writer(|builder| builder).await;
    let said =
        json!({ "errorMessages": ["canary of all"], "errors": { "summary": "canary of one" } });
    let json = [("content-type", "application/json")];
    let refused = || answer(400, &json, &said.to_string());

    world.sandbox.fault(Endpoint::Api, refused(), 1);
    let post = job.jira().post(ISSUE).body_json(&issue());
    let error = post.send().await.unwrap_err();

    assert_eq!(error.messages().general, ["canary of all"]);
    let field = ("summary".to_owned(), "canary of one".to_owned());
    assert_eq!(error.messages().fields, [field]);
    assert!(!format!("{error} {error:?}").contains("canary"));

    let mut browser = world.signed_in("edward").await;
    world.sandbox.fault(Endpoint::Api, refused(), 1);
    let page = browser.submit("/myself", "").await;
    assert!(!page.text().contains("canary"));
    let logs = logs.text();
    assert!(!logs.contains("canary of"));
    let line = "call=\"POST /ex/jira/{}/rest/api/3/issue\" error=atlassian refused the call with status 400";
    assert!(logs.contains(line));
    let again = |line: &str| line.contains("request failed") && line.contains("atlassian refused");
    assert!(!logs.lines().any(again), "no second line");
}
