//! Addresses that Atlassian's answers give.

use serde_json::Value;
use threelo::ApiErrorKind;
use threelo_sandbox::Endpoint;
use threelo_tests::answer;

use super::{Job, World};

const CONTENT: &str = "/rest/api/3/attachment/content/10001";

#[tokio::test]
async fn the_next_page_is_asked_for_as_the_answer_names_it() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    let search = "/rest/api/3/search/jql?jql=project%20%3D%20LAB&maxResults=1";
    let below = format!("/ex/jira/{}", job.site.id);
    let site = job.site.url.clone().unwrap();
    for link in [
        search.to_owned(),
        format!("{below}{search}"),
        format!("{}{below}{search}", world.sandbox.url()),
        format!("{site}{search}"),
    ] {
        let found: Value = job.jira().follow(&link).json().await.unwrap();

        assert_eq!(found["issues"].as_array().unwrap().len(), 1, "{link}");
        let call = world.api_calls().pop().unwrap();
        assert_eq!(
            call.query.as_deref(),
            Some("jql=project%20%3D%20LAB&maxResults=1")
        );
    }
    let calls = world.api_calls().len();
    for link in [
        format!("https://evil.example{search}"),
        format!("//evil.example{search}"),
        format!("{}/me", world.sandbox.url()),
        format!("{site}/../me"),
        format!("{site}.evil.example{search}"),
    ] {
        let error = job.jira().follow(&link).send().await.unwrap_err();
        assert!(
            matches!(error.kind(), ApiErrorKind::Misused(_)),
            "{link}: {error:?}"
        );
    }
    assert_eq!(world.api_calls().len(), calls, "nothing was sent");
}

#[tokio::test]
async fn an_attachment_is_fetched_where_it_is_without_the_token() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;

    let content = job.jira().get(CONTENT).download().await.unwrap();

    assert_eq!(content.bytes().await.unwrap(), "the content of 10001");
    let journal = world.sandbox.journal();
    let fetched = journal
        .iter()
        .find(|entry| entry.path.starts_with("/file/"))
        .unwrap();
    assert_eq!((fetched.status, &fetched.bearer), (Some(200), &None));
    assert_eq!(fetched.headers["accept"], "*/*", "no field of the call");
    // Where the API can answer itself, there is nothing to follow.
    let here = job.jira().get(CONTENT).query(&[("redirect", "false")]);
    assert_eq!(
        here.download().await.unwrap().bytes().await.unwrap(),
        "the content of 10001"
    );
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    for location in [
        "https://evil.example/",
        "http://169.254.169.254/",
        "/file/1/binary",
        "",
    ] {
        world
            .sandbox
            .fault(Endpoint::Api, answer(303, &[("location", location)], ""), 1);
        let error = job.jira().get(CONTENT).download().await.unwrap_err();
        assert!(
            matches!(error.kind(), ApiErrorKind::Redirected),
            "{location}: {error:?}"
        );
    }
    // Nor after a change.
    let elsewhere = format!("{}/file/1/binary", world.sandbox.url());
    world.sandbox.fault(
        Endpoint::Api,
        answer(307, &[("location", &elsewhere)], ""),
        1,
    );
    let error = job.jira().post(CONTENT).download().await.unwrap_err();
    assert!(
        matches!(error.kind(), ApiErrorKind::Redirected),
        "{error:?}"
    );
}
