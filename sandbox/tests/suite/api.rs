//! The API host: the user, the sites, and what ends the access.

use std::time::Duration;

use serde_json::json;

use crate::client::{Client, text};

#[tokio::test]
async fn old_tokens_gain_new_scopes_unless_the_knob_is_off() {
    for gain in [true, false] {
        let client = Client::new().await;
        client.sandbox.knobs(|knobs| knobs.old_tokens_gain = gain);
        let narrow = client
            .tokens("edward", &[("scope", "read:jira-work")])
            .await;
        assert_eq!(
            client.get("/me", text(&narrow, "access_token")).await.0,
            403,
            "no read:me"
        );
        assert!(narrow.get("refresh_token").is_none(), "no offline_access");
        client.tokens("edward", &[]).await;

        assert_eq!(
            client.get("/me", text(&narrow, "access_token")).await.0 == 200,
            gain
        );
    }
}

#[tokio::test]
async fn the_api_shows_the_user_and_the_sites_only_with_a_valid_token() {
    let client = Client::new().await;
    let tokens = client.tokens("mia", &[]).await;
    let access = text(&tokens, "access_token");

    let (status, me) = client.get("/me", access).await;
    assert_eq!((status, text(&me, "nickname")), (200, "mkrystof"));
    let (_, sites) = client
        .get("/oauth/token/accessible-resources", access)
        .await;
    assert_eq!(sites.as_array().unwrap().len(), 3);
    client.sandbox.knobs(|knobs| knobs.duplicate_sites = true);
    let (_, doubled) = client
        .get("/oauth/token/accessible-resources", access)
        .await;
    assert_eq!(
        doubled.as_array().unwrap().len(),
        4,
        "one entry per product"
    );
    assert_eq!(
        client.get("/me", "made-up").await,
        (401, json!({ "code": 401, "message": "Unauthorized" }))
    );

    client.sandbox.clock().advance(Duration::from_secs(3600));
    assert_eq!(client.get("/me", access).await.0, 401, "an hour is over");
}

#[tokio::test]
async fn a_revoked_app_no_longer_has_access() {
    let client = Client::new().await;
    let tokens = client.tokens("mia", &[]).await;

    client.sandbox.revoke_user("mia");

    assert_eq!(
        client.get("/me", text(&tokens, "access_token")).await.0,
        401
    );
    assert_eq!(client.refresh(text(&tokens, "refresh_token")).await.0, 403);
    let other = client.tokens("edward", &[]).await;
    assert_eq!(
        client
            .post(
                "/oauth/revoke",
                json!({ "token": text(&other, "refresh_token") })
            )
            .await
            .0,
        200
    );
    assert_eq!(client.refresh(text(&other, "refresh_token")).await.0, 403);
}

#[tokio::test]
async fn scripts_of_any_origin_may_read_the_api_but_not_the_token_endpoint() {
    let client = Client::new().await;
    let origin = ("origin", "https://spa.example.com");
    let api = client
        .http
        .get(format!("{}/me", client.sandbox.url()))
        .header(origin.0, origin.1)
        .send()
        .await
        .unwrap();
    let token = client
        .http
        .post(format!("{}/oauth/token", client.sandbox.url()))
        .header(origin.0, origin.1);

    assert_eq!(api.headers()["access-control-allow-origin"], origin.1);
    assert!(
        token
            .send()
            .await
            .unwrap()
            .headers()
            .get("access-control-allow-origin")
            .is_none()
    );
}
