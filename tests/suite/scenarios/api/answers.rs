//! Answers of Atlassian: refusals, long ones and unreadable ones.

use serde_json::Value;
use threelo::ApiErrorKind;
use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::answer;

use super::{Job, PROJECTS, World};

#[tokio::test]
async fn the_body_of_a_refusal_is_given_on_request_only() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    let search = || {
        job.jira()
            .get("/rest/api/3/search/jql")
            .query(&[("jql", "nonsense")])
    };

    let error = search().send().await.unwrap_err();
    assert!(matches!(error.kind(), ApiErrorKind::Refused { status } if *status == 400));
    assert!(!format!("{error} {error:?}").contains("nonsense"));

    let answer = search().response().await.unwrap();
    assert_eq!(answer.status(), 400);
    let body: Value = answer.json().await.unwrap();
    assert!(
        body["errorMessages"][0]
            .as_str()
            .unwrap()
            .contains("nonsense")
    );
}

#[tokio::test]
async fn answers_can_be_read_in_parts_and_a_huge_one_fills_no_memory() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    let get = || job.jira().get(PROJECTS);

    world.sandbox.fault(Endpoint::Api, Fault::Endless, 2);
    let mut endless = get().send().await.unwrap();
    let mut read = 0;
    while read < 20 * 1024 * 1024 {
        read += endless.chunk().await.unwrap().unwrap().len();
    }
    drop(endless);
    let error = get().json::<Value>().await.unwrap_err();
    assert!(
        matches!(error.kind(), ApiErrorKind::Unreadable(_)),
        "{error:?}"
    );

    world.sandbox.fault(Endpoint::Api, Fault::CutBody, 1);
    let error = get().json::<Value>().await.unwrap_err();
    assert!(
        matches!(error.kind(), ApiErrorKind::Unavailable { .. }),
        "{error:?}"
    );
}

/// Jira answers a `PUT` with 204, and some changes with 200 and nothing.
#[tokio::test]
async fn an_empty_answer_is_nothing_and_no_error_for_who_expects_nothing() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    let html = [("content-type", "text/html")];
    for (status, fields) in [(204, &[][..]), (200, &[][..]), (200, &html[..])] {
        let put = || {
            world
                .sandbox
                .fault(Endpoint::Api, answer(status, fields, ""), 1);
            job.jira().put("/rest/api/3/issue/OPS-1")
        };
        let () = put().json().await.unwrap();
        assert_eq!(put().json::<Option<Vec<String>>>().await.unwrap(), None);
        assert!(put().json::<Value>().await.unwrap().is_null());
        let error = put().json::<Vec<String>>().await.unwrap_err();
        assert!(
            matches!(error.kind(), ApiErrorKind::Unreadable("it is empty")),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_is_not_what_was_asked_for_is_unreadable_and_not_quoted() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    let json = [("content-type", "application/json")];
    let rows = [
        answer(200, &[("content-type", "text/html")], "<h1>canary</h1>"),
        answer(200, &json, "canary"),
        answer(200, &json, " "),
        answer(200, &json, "{\"canary\":"),
        answer(200, &json, "\u{feff}{}"),
    ];
    for row in rows {
        world.sandbox.fault(Endpoint::Api, row, 1);
        let error = job.call().await.unwrap_err();
        assert!(
            matches!(error.kind(), ApiErrorKind::Unreadable(_)),
            "{error:?}"
        );
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
    world.sandbox.fault(
        Endpoint::Api,
        answer(302, &[("location", "https://evil.example/")], ""),
        1,
    );
    let redirect = job.jira().get(PROJECTS).send().await.unwrap();
    assert_eq!(redirect.status(), 302, "never followed");
}
