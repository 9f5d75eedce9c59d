//! Faults, and the journal of requests.

use std::time::Duration;

use serde_json::json;
use threelo_sandbox::{Endpoint, Fault};

use crate::client::{Client, text};

/// Sends a refresh request that may get no response.
async fn try_refresh(client: &Client, token: &str) -> reqwest::Result<reqwest::Response> {
    let body = json!({
        "grant_type": "refresh_token",
        "refresh_token": token,
        "client_id": client.sandbox.client_id(),
        "client_secret": client.sandbox.client_secret(),
    });
    let request = client
        .http
        .post(format!("{}/oauth/token", client.sandbox.url()))
        .header("content-type", "application/json");
    request.body(body.to_string()).send().await
}

#[tokio::test]
async fn a_lost_response_has_rotated_the_token_and_a_lost_request_has_not() {
    let client = Client::new().await;
    let tokens = client.tokens("mia", &[]).await;
    let kept = text(&tokens, "refresh_token");

    client.sandbox.fault(Endpoint::Token, Fault::CutBefore, 1);
    assert!(try_refresh(&client, kept).await.is_err());
    client.sandbox.clock().advance(Duration::from_secs(601));
    assert_eq!(
        try_refresh(&client, kept).await.unwrap().status(),
        200,
        "nothing had happened: the token was still the current one"
    );

    let tokens = client.tokens("mia", &[]).await;
    let lost = text(&tokens, "refresh_token");
    client.sandbox.fault(Endpoint::Token, Fault::CutAfter, 1);
    assert!(try_refresh(&client, lost).await.is_err());
    client.sandbox.clock().advance(Duration::from_secs(601));
    assert_eq!(
        client.refresh(lost).await.0,
        403,
        "it had rotated, and the leeway is over"
    );
}

#[tokio::test]
async fn faults_respond_as_configured_and_appear_in_the_journal() {
    let client = Client::new().await;
    let array = Fault::Body {
        status: 200,
        body: "[]".to_owned(),
    };
    client.sandbox.fault(Endpoint::Me, Fault::Status(429), 1);
    client.sandbox.fault(Endpoint::Me, Fault::Html, 1);
    client.sandbox.fault(Endpoint::Me, array, 1);
    let url = format!("{}/me", client.sandbox.url());
    let me = async || client.http.get(&url).send().await.unwrap();

    let limited = me().await;
    let html = me().await.text().await.unwrap();
    let array = me().await.text().await.unwrap();
    let unauthorized = me().await;

    assert_eq!(limited.status(), 429);
    assert_eq!(limited.headers()["retry-after"], "1");
    assert!(html.starts_with("<!doctype html>"));
    assert_eq!(array, "[]");
    assert_eq!(unauthorized.status(), 401, "the faults are used up");
    let journal = client.sandbox.journal();
    let statuses: Vec<Option<u16>> = journal.iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [Some(429), Some(200), Some(200), Some(401)]);
}
