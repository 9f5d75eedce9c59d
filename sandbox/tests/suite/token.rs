//! The exchange of a code, and how the client authenticates.

use std::time::Duration;

use serde_json::json;

use crate::client::{CALLBACK, Client, Refusal, refused, text};

#[tokio::test]
async fn a_code_can_be_exchanged_once_and_expires_after_ten_minutes() {
    let client = Client::new().await;
    let code = client.code("mia", &[]).await;
    let body =
        json!({ "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK });

    let (status, tokens) = client.token(body.clone()).await;
    let again = client.token(body).await;
    let late = client.code("mia", &[]).await;
    client.sandbox.clock().advance(Duration::from_secs(600));
    let late =
        json!({ "grant_type": "authorization_code", "code": late, "redirect_uri": CALLBACK });

    assert_eq!((status, tokens["expires_in"].as_u64()), (200, Some(3600)));
    let mut scopes: Vec<&str> = text(&tokens, "scope").split(' ').collect();
    assert_ne!(
        scopes.join(" "),
        "offline_access read:jira-work read:me",
        "the order has no meaning"
    );
    scopes.sort_unstable();
    assert_eq!(scopes, ["offline_access", "read:jira-work", "read:me"]);
    assert!(text(&tokens, "access_token").len() >= 2048);
    let gone = Refusal {
        error: "invalid_request",
        description: "authorization_code is invalid",
    };
    assert!(refused(&again, &gone) && again.0 == 400, "{again:?}");
    assert!(refused(&client.token(late).await, &gone));
}

#[tokio::test]
async fn a_wrong_secret_is_refused_and_http_basic_and_forms_are_accepted() {
    let client = Client::new().await;
    let wrong = client
        .token(json!({ "grant_type": "refresh_token", "client_secret": "wrong" }))
        .await;
    assert_eq!((wrong.0, text(&wrong.1, "error")), (401, "access_denied"));

    let code = client.code("mia", &[]).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
    ];
    let body: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let request = client
        .http
        .post(format!("{}/oauth/token", client.sandbox.url()));
    let request = request.basic_auth(
        client.sandbox.client_id(),
        Some(client.sandbox.client_secret()),
    );
    let form = request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    assert_eq!(form.send().await.unwrap().status(), 200);
}
