//! What is sent to Atlassian, and what is refused before.

use serde_json::Value;
use threelo::ApiErrorKind;

use super::{Job, PROJECTS, World};

#[tokio::test]
async fn paths_that_leave_their_base_are_refused_before_anything_is_sent() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;

    for path in [
        "/../../../me",
        "//evil.example/",
        "https://evil.example/",
        "/%2e%2e/x",
        "/a?b=c",
    ] {
        let error = job.jira().get(path).send().await.unwrap_err();
        assert!(
            matches!(error.kind(), ApiErrorKind::Misused(_)),
            "{path}: {error:?}"
        );
    }
    for field in [
        "Authorization",
        "Host",
        "Cookie",
        "Transfer-Encoding",
        "bad name",
    ] {
        let request = job.jira().get(PROJECTS).header(field, "x");
        let error = request.send().await.unwrap_err();
        assert!(matches!(error.kind(), ApiErrorKind::Misused(_)), "{field}");
    }
    let bad_base = job
        .atlassian
        .api("https://evil.example")
        .get("/me")
        .send()
        .await;
    assert!(matches!(
        bad_base.unwrap_err().kind(),
        ApiErrorKind::Misused(_)
    ));
    assert_eq!(world.api_calls().len(), 0);
}

#[tokio::test]
async fn parameters_headers_and_bodies_arrive_as_they_were_given() {
    let world = World::with(|builder| builder.scopes(["read:jira-work", "write:jira-work"])).await;
    let job = Job::of_edward(&world).await;
    let jira = job.jira();

    let body =
        serde_json::json!({ "fields": { "summary": "é & <b>", "project": { "key": "LAB" } } });
    let made: Value = jira
        .post("/rest/api/3/issue")
        .header("X-Atlassian-Token", "no-check")
        .body_json(&body)
        .json()
        .await
        .unwrap();
    let found: Value = jira
        .get("/rest/api/3/search/jql")
        .query(&[("jql", "project = LAB AND updated >= -1h")])
        .query(&[("maxResults", 1)])
        .json()
        .await
        .unwrap();

    assert_eq!(found["issues"][0]["key"], made["key"]);
    assert_eq!(found["issues"][0]["fields"]["summary"], "é & <b>");
}
