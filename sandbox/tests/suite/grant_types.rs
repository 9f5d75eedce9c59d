//! Account-level and resource-level apps.

use serde_json::Value;
use threelo_sandbox::{GrantType, Sandbox, Seed};
use url::Url;

use crate::client::{Client, access, code_of};

const AURORA: &str = "11111111-aaaa-4aaa-8aaa-111111111111";
const BOREALIS: &str = "22222222-bbbb-4bbb-8bbb-222222222222";
const CIRRUS: &str = "33333333-cccc-4ccc-8ccc-333333333333";

/// A client whose app has this grant type, and which no user has granted anything yet.
async fn client(grant_type: GrantType) -> Client {
    let client = Client::new().await;
    client.sandbox.revoke_user("mia");
    client
        .sandbox
        .knobs(|knobs| knobs.grant_type = Some(grant_type));
    client
}

#[tokio::test]
async fn a_resource_level_consent_reaches_its_own_site_with_its_own_scopes() {
    let client = client(GrantType::Resource).await;

    let first = client.tokens_for("mia", &["Aurora Design"], &[]).await;
    let scopes = [("scope", "read:jira-work offline_access")];
    let second = client.tokens_for("mia", &["Borealis Lab"], &scopes).await;
    let (first_again, second_again) = (
        client.refreshed(&first).await,
        client.refreshed(&second).await,
    );

    for first in [&first, &first_again] {
        assert_eq!(client.sites(first).await, ["Aurora Design"]);
        assert_eq!(client.jira(AURORA, first).await, 200);
        assert_eq!(client.jira(BOREALIS, first).await, 404);
        assert_eq!(client.get("/me", access(first)).await.0, 200);
    }
    for second in [&second, &second_again] {
        assert_eq!(client.sites(second).await, ["Borealis Lab"]);
        assert_eq!(client.jira(BOREALIS, second).await, 200);
        assert_eq!(client.jira(AURORA, second).await, 404);
        assert_eq!(client.get("/me", access(second)).await.0, 403, "no read:me");
    }
}

#[tokio::test]
async fn an_account_level_grant_widens_and_older_tokens_with_it() {
    let client = client(GrantType::Account).await;

    let first = client.tokens_for("mia", &["Aurora Design"], &[]).await;
    assert_eq!(client.sites(&first).await, ["Aurora Design"]);
    let second = client.tokens_for("mia", &["Borealis Lab"], &[]).await;

    for tokens in [&first, &second] {
        assert_eq!(
            client.sites(tokens).await,
            ["Aurora Design", "Borealis Lab"]
        );
        assert_eq!(client.jira(AURORA, tokens).await, 200);
        assert_eq!(client.jira(BOREALIS, tokens).await, 200);
        assert_eq!(client.jira(CIRRUS, tokens).await, 404);
    }
}

#[tokio::test]
async fn the_seed_sets_the_grant_type_and_the_knob_overrides_it() {
    let seed = include_str!("../../seed.example.toml").replace("# grant_type", "grant_type");
    let sandbox = Sandbox::builder().seed(Seed::parse(&seed).unwrap());
    let client = Client {
        sandbox: sandbox.start().await.unwrap(),
        ..Client::new().await
    };

    let of_seed = client.tokens("mia", &[]).await;
    client
        .sandbox
        .knobs(|knobs| knobs.grant_type = Some(GrantType::Account));
    let of_knob = client.tokens("mia", &[]).await;

    assert_eq!(
        client.sites(&of_seed).await,
        ["Aurora Design"],
        "not the prior ones"
    );
    assert_eq!(client.sites(&of_knob).await.len(), 3, "the prior ones too");
}

#[tokio::test]
async fn a_second_resource_level_consent_revokes_the_first_only_if_the_knob_is_on() {
    for kills in [false, true] {
        let client = client(GrantType::Resource).await;
        client
            .sandbox
            .knobs(|knobs| knobs.second_consent_kills = kills);
        let first = client.tokens_for("mia", &["Aurora Design"], &[]).await;
        let second = client.tokens_for("mia", &["Borealis Lab"], &[]).await;

        let refresh = async |tokens: &Value| {
            let token = tokens["refresh_token"].as_str().unwrap();
            client.refresh(token).await.0
        };
        assert_eq!(refresh(&first).await == 200, !kills);
        assert_eq!(refresh(&second).await, 200);
    }
}

#[tokio::test]
async fn removing_the_app_ends_every_resource_level_grant_for_good() {
    let client = client(GrantType::Resource).await;
    let first = client.tokens_for("mia", &["Aurora Design"], &[]).await;
    let second = client.tokens_for("mia", &["Borealis Lab"], &[]).await;

    client.sandbox.revoke_user("mia");
    let third = client.tokens_for("mia", &["Aurora Design"], &[]).await;

    for ended in [&first, &second] {
        assert_eq!(client.get("/me", access(ended)).await.0, 401);
        let refresh = ended["refresh_token"].as_str().unwrap();
        assert_eq!(client.refresh(refresh).await.0, 403);
    }
    assert_eq!(client.jira(AURORA, &third).await, 200);
}

#[tokio::test]
async fn a_consent_may_name_several_sites_by_name_address_or_cloud_id() {
    let sites = ["Aurora Design", "https://borealis-lab.atlassian.net"];
    for grant_type in [GrantType::Resource, GrantType::Account] {
        let client = client(grant_type).await;

        let two = client.tokens_for("mia", &sites, &[]).await;
        assert_eq!(client.sites(&two).await, ["Aurora Design", "Borealis Lab"]);
        let third = client.tokens_for("mia", &[CIRRUS], &[]).await;

        let is_one_grant = grant_type == GrantType::Account;
        let (of_two, of_third) = if is_one_grant { (3, 3) } else { (2, 1) };
        assert_eq!(client.sites(&two).await.len(), of_two);
        assert_eq!(client.sites(&third).await.len(), of_third);
        assert_eq!(client.jira(CIRRUS, &two).await == 200, is_one_grant);
    }
}

#[tokio::test]
async fn a_consent_for_no_site_or_an_inaccessible_one_is_refused_and_grants_nothing() {
    let client = client(GrantType::Account).await;
    let authorize = client.authorize(&[]);
    let approve = async |sites: &[&str]| {
        let stranded = client.sandbox.approve_sites(&authorize, "edward", sites);
        stranded.await.map_err(|stranded| stranded.to_string())
    };

    let none = approve(&[]).await;
    let strange = approve(&["Borealis Lab", "Aurora Design"]).await;
    let tokens = client.tokens("edward", &[("scope", "read:me")]).await;

    assert_eq!(none.unwrap_err(), "choose at least one site");
    assert_eq!(strange.unwrap_err(), "you have no access to that site");
    assert!(client.sites(&tokens).await.is_empty());
}

#[tokio::test]
async fn the_page_of_a_resource_level_app_has_checkboxes_and_all_ticked_sites_are_granted() {
    let client = client(GrantType::Resource).await;
    let authorize = Url::parse(&client.authorize(&[])).unwrap();
    let asked = [("request", authorize.query().unwrap()), ("user", "mia")];
    let answer = async |fields: &[(&str, &str)]| {
        client
            .post_form("/authorize/consent", &[&asked, fields].concat())
            .await
    };

    let page = client.post_form("/authorize/user", &asked).await;
    let page = page.text().await.unwrap();
    let accept = ("decision", "accept");
    let both = answer(&[("site", AURORA), ("site", CIRRUS), accept]).await;
    let none = answer(&[accept]).await;

    let boxes = page
        .matches("<label><input type=\"checkbox\" name=\"site\"")
        .count();
    assert_eq!((boxes, page.matches(" checked>").count()), (3, 1), "{page}");
    assert!(page.contains(">Accept</button>") && page.contains(">Cancel</button>"));
    let callback = both.headers()["location"].to_str().unwrap();
    let tokens = client.exchange(&code_of(callback)).await;
    assert_eq!(
        client.sites(&tokens).await,
        ["Aurora Design", "Cirrus Support"]
    );
    assert_eq!(none.status(), 400);
    let said = none.text().await.unwrap();
    assert!(said.contains("choose at least one site"), "{said}");
}

#[tokio::test]
async fn the_page_of_an_account_level_app_lets_the_user_choose_one_site() {
    let client = client(GrantType::Account).await;
    let authorize = Url::parse(&client.authorize(&[])).unwrap();
    let asked = [("request", authorize.query().unwrap()), ("user", "mia")];

    let page = client.post_form("/authorize/user", &asked).await;
    let page = page.text().await.unwrap();
    let answer = [("site", CIRRUS), ("decision", "accept")];
    let accepted = client
        .post_form("/authorize/consent", &[asked, answer].concat())
        .await;

    let radios = page
        .matches("<label><input type=\"radio\" name=\"site\"")
        .count();
    assert_eq!((radios, page.contains("checkbox")), (3, false), "{page}");
    let callback = accepted.headers()["location"].to_str().unwrap();
    let tokens = client.exchange(&code_of(callback)).await;
    assert_eq!(client.sites(&tokens).await, ["Cirrus Support"]);
}
