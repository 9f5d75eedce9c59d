//! Jira and Confluence behind the gateway.

use serde_json::{Value, json};
use threelo_sandbox::{Endpoint, Fault};

use crate::client::Client;

const AURORA: &str = "11111111-aaaa-4aaa-8aaa-111111111111";
const BOREALIS: &str = "22222222-bbbb-4bbb-8bbb-222222222222";
const SCOPES: &str = "read:me read:jira-work read:jira-user write:jira-work read:confluence-content.all offline_access";

async fn token(client: &Client, user: &str, scopes: &str) -> String {
    let tokens = client.tokens(user, &[("scope", scopes)]).await;
    tokens["access_token"].as_str().unwrap().to_owned()
}

async fn jira(client: &Client, path: &str, token: &str) -> (u16, Value) {
    client
        .get(&format!("/ex/jira/{AURORA}/rest/api/3{path}"), token)
        .await
}

async fn search(client: &Client, token: &str, jql: &str) -> (u16, Value) {
    let jql: String = url::form_urlencoded::byte_serialize(jql.as_bytes()).collect();
    jira(client, &format!("/search/jql?jql={jql}"), token).await
}

#[tokio::test]
async fn jira_shows_users_projects_and_issues_of_the_site() {
    let client = Client::new().await;
    let token = token(&client, "mia", SCOPES).await;

    let (status, me) = jira(&client, "/myself", &token).await;
    assert_eq!((status, &me["displayName"]), (200, &json!("Mia Krystof")));
    let (_, projects) = jira(&client, "/project/search", &token).await;
    assert_eq!(projects["total"], 3);
    let (_, mine) = search(&client, &token, "assignee = currentUser() AND project = AD").await;
    let issues = mine["issues"].as_array().unwrap();
    assert!(
        !issues.is_empty()
            && issues
                .iter()
                .all(|issue| issue["fields"]["project"]["key"] == "AD")
    );
    assert_eq!(
        issues[0]["fields"]["assignee"]["displayName"],
        "Mia Krystof"
    );

    let path = format!("/ex/jira/{BOREALIS}/rest/api/3/project/search");
    let (_, elsewhere) = client.get(&path, &token).await;
    assert_eq!(elsewhere["values"][0]["key"], "LAB");
}

#[tokio::test]
async fn a_search_supports_relative_dates_and_paging_and_refuses_unknown_jql() {
    let client = Client::new().await;
    let token = token(&client, "mia", SCOPES).await;

    let (_, all) = search(
        &client,
        &token,
        "updated >= 2000-01-01 ORDER BY updated DESC",
    )
    .await;
    let (_, recent) = search(&client, &token, "updated >= -1d").await;
    let count = |found: &Value| found["issues"].as_array().unwrap().len();
    assert_eq!(count(&all), 13);
    assert!((1..13).contains(&count(&recent)), "{}", count(&recent));

    let (_, first) = jira(
        &client,
        "/search/jql?jql=updated+%3E%3D+-900d&maxResults=5",
        &token,
    )
    .await;
    assert_eq!((count(&first), &first["isLast"]), (5, &json!(false)));
    let next = first["nextPageToken"].as_str().unwrap();
    let path = format!("/search/jql?jql=updated+%3E%3D+-900d&maxResults=50&nextPageToken={next}");
    let (_, rest) = jira(&client, &path, &token).await;
    assert_eq!((count(&rest), &rest["isLast"]), (8, &json!(true)));

    for jql in ["", "reporter = mia", "updated >= soon", "project ~ AD"] {
        let (status, body) = search(&client, &token, jql).await;
        assert_eq!(status, 400, "{jql}");
        assert!(body["errorMessages"][0].is_string());
    }
}

#[tokio::test]
async fn a_created_issue_is_found() {
    let client = Client::new().await;
    let token = token(&client, "mia", SCOPES).await;
    let body = json!({ "fields": { "summary": "Water the plants", "project": { "key": "OPS" } } });
    let url = format!("{}/ex/jira/{AURORA}/rest/api/3/issue", client.sandbox.url());
    let request = client
        .http
        .post(url)
        .header("content-type", "application/json");
    let request = request.header("authorization", format!("Bearer {token}"));

    let response = request.body(body.to_string()).send().await.unwrap();

    assert_eq!(response.status(), 201);
    let (_, found) = search(&client, &token, "project = OPS AND updated >= -1h").await;
    assert_eq!(found["issues"][0]["fields"]["summary"], "Water the plants");
}

#[tokio::test]
async fn a_missing_scope_is_distinguished_from_a_bad_token() {
    let client = Client::new().await;
    let narrow = token(&client, "mia", "read:me read:jira-user").await;

    let (status, body) = search(&client, &narrow, "project = AD").await;
    assert_eq!(
        (status, &body["message"]),
        (401, &json!("Unauthorized; scope does not match"))
    );
    let (status, body) = search(&client, "nonsense", "project = AD").await;
    assert_eq!((status, &body["message"]), (401, &json!("Unauthorized")));
}

#[tokio::test]
async fn sites_that_do_not_exist_or_were_not_granted_are_not_found() {
    let client = Client::new().await;
    let token = token(&client, "edward", SCOPES).await;

    for site in [AURORA, "99999999-9999-4999-8999-999999999999", "..", "x"] {
        let path = format!("/ex/jira/{site}/rest/api/3/myself");
        assert_eq!(client.get(&path, &token).await.0, 404, "{site}");
    }
}

#[tokio::test]
async fn confluence_lists_pages() {
    let client = Client::new().await;
    let token = token(&client, "mia", SCOPES).await;
    let path = format!("/ex/confluence/{AURORA}/wiki/api/v2/pages?limit=2");

    assert_eq!(
        client.get(&path, &token).await.1["results"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    client
        .sandbox
        .knobs(|knobs| knobs.classic_scopes_reach_v2 = false);
    assert_eq!(client.get(&path, &token).await.0, 401);
}

#[tokio::test]
async fn an_expired_token_is_refused_as_the_knobs_configure() {
    let client = Client::new().await;
    let token = token(&client, "mia", SCOPES).await;
    client.sandbox.expire_tokens("mia");

    assert_eq!(jira(&client, "/myself", &token).await.0, 401);
    client.sandbox.knobs(|knobs| knobs.expired_status = 404);
    assert_eq!(jira(&client, "/myself", &token).await.0, 404);
    client
        .sandbox
        .knobs(|knobs| knobs.anonymous_when_bad = true);
    assert_eq!(search(&client, &token, "project = AD").await.0, 200);
}

#[tokio::test]
async fn a_fault_can_send_a_custom_response_or_one_that_never_ends() {
    let client = Client::new().await;
    let token = token(&client, "mia", SCOPES).await;
    let path = format!(
        "{}/ex/jira/{AURORA}/rest/api/3/myself",
        client.sandbox.url()
    );
    let get = || {
        client
            .http
            .get(&path)
            .header("authorization", format!("Bearer {token}"))
            .send()
    };
    let limited = Fault::Answer {
        status: 429,
        headers: vec![("ratelimit-reason".to_owned(), "jira-burst-based".to_owned())],
        body: String::new(),
    };

    client.sandbox.fault(Endpoint::Api, limited, 1);
    let response = get().await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["ratelimit-reason"], "jira-burst-based");
    assert_eq!(response.headers()["atl-traceid"].len(), 32);

    client.sandbox.fault(Endpoint::Api, Fault::CutBody, 1);
    assert!(get().await.unwrap().text().await.is_err());
    client.sandbox.fault(Endpoint::Api, Fault::Endless, 1);
    let mut endless = get().await.unwrap();
    for _ in 0..100 {
        assert!(endless.chunk().await.unwrap().is_some());
    }
}
