//! What happens at Atlassian in the background.

use serde_json::json;
use threelo_sandbox::GrantType;

use crate::client::{Client, access};

const BOREALIS: &str = "22222222-bbbb-4bbb-8bbb-222222222222";

#[tokio::test]
async fn a_removed_site_disappears_from_all_grants_while_the_tokens_stay_valid() {
    let cases = [
        (GrantType::Account, true),
        (GrantType::Account, false),
        (GrantType::Resource, true),
        (GrantType::Resource, false),
    ];
    for (grant_type, gain) in cases {
        let client = Client::new().await;
        client.sandbox.knobs(|knobs| {
            knobs.grant_type = Some(grant_type);
            knobs.old_tokens_gain = gain;
        });
        let sites = ["Aurora Design", "Borealis Lab", "Cirrus Support"];
        let first = client.tokens_for("mia", &sites, &[]).await;
        let second = client.tokens_for("mia", &sites[1..], &[]).await;
        let other = client.tokens("edward", &[]).await;

        client
            .sandbox
            .remove_site("mia", "https://borealis-lab.atlassian.net");

        let first_again = client.refreshed(&first).await;
        for tokens in [&first, &second, &first_again] {
            let listed = client.sites(tokens).await;
            assert!(!listed.contains(&"Borealis Lab".to_owned()), "{listed:?}");
            assert!(listed.contains(&"Cirrus Support".to_owned()), "{listed:?}");
            assert_eq!(client.jira(BOREALIS, tokens).await, 404);
            assert_eq!(client.get("/me", access(tokens)).await.0, 200);
        }
        assert_eq!(client.jira(BOREALIS, &other).await, 200, "another user");
    }
}

#[tokio::test]
async fn a_new_consent_brings_a_removed_site_back() {
    let client = Client::new().await;
    client.sandbox.remove_site("edward", BOREALIS);

    let tokens = client.tokens("edward", &[]).await;

    assert_eq!(client.sites(&tokens).await, ["Borealis Lab"]);
}

#[tokio::test]
async fn a_refused_scope_is_missing_from_the_token_response_and_the_grant() {
    for grant_type in [GrantType::Account, GrantType::Resource] {
        let client = Client::new().await;
        client
            .sandbox
            .knobs(|knobs| knobs.grant_type = Some(grant_type));
        client.sandbox.refuse_scope("read:jira-work");
        client.sandbox.refuse_scope("write:jira-work");

        let scope = "read:me read:jira-work read:jira-user write:jira-work offline_access";
        let tokens = client.tokens("edward", &[("scope", scope)]).await;

        for tokens in [&tokens, &client.refreshed(&tokens).await] {
            let mut scopes: Vec<&str> = tokens["scope"].as_str().unwrap().split(' ').collect();
            scopes.sort_unstable();
            assert_eq!(scopes, ["offline_access", "read:jira-user", "read:me"]);
            assert_eq!(client.jira(BOREALIS, tokens).await, 401, "scope mismatch");
            let path = "/oauth/token/accessible-resources";
            let (_, sites) = client.get(path, access(tokens)).await;
            assert_eq!(sites[0]["scopes"], json!(["read:jira-user"]));
        }
    }
}

#[tokio::test]
async fn without_offline_access_granted_there_is_no_refresh_token() {
    let client = Client::new().await;
    client.sandbox.refuse_scope("offline_access");

    let tokens = client.tokens("edward", &[]).await;

    assert!(tokens.get("refresh_token").is_none(), "{tokens}");
}

#[tokio::test]
async fn the_profile_shows_the_new_status_and_the_new_name() {
    let client = Client::new().await;
    let mia = client.tokens("mia", &[]).await;
    let edward = client.tokens("edward", &[]).await;
    let (_, edward_before) = client.get("/me", access(&edward)).await;

    client.sandbox.set_account_status("mia", "closed");
    client.sandbox.rename("mia", "Mia Byrne");

    let (status, me) = client.get("/me", access(&mia)).await;
    assert_eq!(status, 200);
    assert_eq!(me["account_status"], "closed");
    assert_eq!(me["name"], "Mia Byrne");
    assert_eq!(me["email"], "mia@example.com");
    assert_eq!(client.get("/me", access(&edward)).await.1, edward_before);
}
