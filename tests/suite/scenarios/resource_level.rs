//! Resource-level apps: one grant per consent, for the sites that were chosen there.

use std::time::Duration;

use threelo::AccessType;
use threelo_sandbox::GrantType;

use super::{Browser, World};

const AURORA: &str = "Aurora Design";
const BOREALIS: &str = "Borealis Lab";
const SEARCH: &str = "/rest/api/3/project/search";

async fn world() -> World {
    let world = World::with(|builder| builder.access_type(AccessType::Resource)).await;
    world
        .sandbox
        .knobs(|knobs| knobs.grant_type = Some(GrantType::Resource));
    world
}

async fn consent(world: &World, browser: &mut Browser, sites: &[&str]) {
    world.pass(Duration::from_secs(1));
    let authorize = browser.start_login("/").await;
    let callback = world.sandbox.approve_sites(&authorize, "mia", sites).await;
    let seen = browser.arrive(&callback.unwrap()).await;
    assert_eq!(seen.location(), "/");
}

/// The access tokens with which calls came to the sites, in order.
fn tokens_used(world: &World) -> Vec<String> {
    let calls = world.sandbox.journal();
    let calls = calls.iter().filter(|entry| entry.path.ends_with(SEARCH));
    calls
        .map(|entry| entry.bearer.clone().unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn two_consents_are_two_grants_and_each_site_is_called_with_its_own_token() {
    let world = world().await;
    let mut browser = world.browser();
    consent(&world, &mut browser, &[AURORA]).await;
    consent(&world, &mut browser, &[BOREALIS]).await;

    let sites = browser.fetch("GET", "/auth/sites").await.json();
    assert_eq!(sites["sites"].as_array().unwrap().len(), 2);
    for site in ["aurora-design", "borealis-lab"] {
        let path = format!("/myself?site={site}.atlassian.net");
        assert_eq!(browser.fetch("GET", &path).await.status(), 200, "{site}");
    }

    let used = tokens_used(&world);
    assert_ne!(used[0], used[1]);
    let grant = world.auth.grants().of(&world.account("mia")).await.unwrap();
    let sites = grant.sites().await.unwrap();
    for (site, used) in sites.iter().zip(&used) {
        let token = grant.access_token_for(site).await.unwrap().unwrap();
        assert_eq!(token.expose(), used, "{}", site.name);
    }
}

#[tokio::test]
async fn each_grant_is_refreshed_by_itself() {
    let world = world().await;
    let mut browser = world.browser();
    consent(&world, &mut browser, &[AURORA]).await;
    consent(&world, &mut browser, &[BOREALIS]).await;
    world.pass(Duration::from_secs(3600));

    for _ in 0..3 {
        for site in ["aurora-design", "borealis-lab"] {
            let path = format!("/myself?site={site}.atlassian.net");
            assert_eq!(browser.fetch("GET", &path).await.status(), 200, "{site}");
        }
    }

    assert_eq!(world.refreshes(), 2);
}

#[tokio::test]
async fn a_site_that_no_consent_reaches_is_called_with_no_token() {
    let world = world().await;
    let mut browser = world.browser();
    consent(&world, &mut browser, &[AURORA]).await;
    consent(&world, &mut browser, &[BOREALIS]).await;
    let grant = world.auth.grants().of(&world.account("mia")).await.unwrap();
    let mut sites = grant.sites().await.unwrap().to_vec();
    sites[0].id = threelo::CloudId::parse("33333333-cccc-4ccc-8ccc-333333333333").unwrap();

    let call = grant.client().jira(&sites[0]).get(SEARCH).send().await;

    assert!(matches!(
        call.unwrap_err().kind(),
        threelo::ApiErrorKind::NotFound
    ));
    assert!(tokens_used(&world).is_empty());
}

#[tokio::test]
async fn a_consent_that_covers_an_older_one_takes_its_place() {
    let world = world().await;
    let mut browser = world.browser();
    consent(&world, &mut browser, &[AURORA]).await;
    consent(&world, &mut browser, &[BOREALIS]).await;
    let key = world.grant_key("mia");
    let count = async || world.grants_of(&key).await.len();
    assert_eq!(count().await, 2);

    consent(&world, &mut browser, &[AURORA, BOREALIS]).await;

    assert_eq!(count().await, 1);
    for site in ["aurora-design", "borealis-lab"] {
        let path = format!("/myself?site={site}.atlassian.net");
        assert_eq!(browser.fetch("GET", &path).await.status(), 200, "{site}");
    }
    let used = tokens_used(&world);
    assert_eq!(used[0], used[1]);
}

#[tokio::test]
async fn an_account_with_several_consents_is_one_connection_and_goes_as_one() {
    let world = World::connecting(|builder| builder.access_type(AccessType::Resource)).await;
    world
        .sandbox
        .knobs(|knobs| knobs.grant_type = Some(GrantType::Resource));
    let mut edward = world.browser().with_user("app-user", "edward");
    for site in [AURORA, BOREALIS] {
        world.pass(Duration::from_secs(1));
        let authorize = edward.start_connect("").await;
        let callback = world
            .sandbox
            .approve_sites(&authorize, "mia", &[site])
            .await;
        edward.arrive(&callback.unwrap()).await;
    }
    let seen = edward.fetch("GET", "/auth/connections").await.json();
    let connections = seen["connections"].as_array().unwrap();
    assert_eq!(connections.len(), 1);
    assert_eq!(connections[0]["sites"].as_array().unwrap().len(), 2);
    let path = "/myself?site=borealis-lab.atlassian.net";
    assert_eq!(edward.fetch("GET", path).await.status(), 200);

    // Another user of the app is refused, whichever site they chose.
    let mut mallory = world.browser().with_user("app-user", "mallory");
    let authorize = mallory.start_connect("").await;
    let callback = world
        .sandbox
        .approve_sites(&authorize, "mia", &["Cirrus Support"])
        .await;
    let seen = mallory.arrive(&callback.unwrap()).await;
    assert!(
        seen.location().contains("linked_elsewhere"),
        "{}",
        seen.location()
    );

    edward.submit("/auth/disconnect", "").await;
    assert!(world.grants_of(&world.grant_key("mia")).await.is_empty());
    assert!(world.auth.drain(Duration::from_secs(5)).await);
    assert_eq!(world.sandbox.count("POST", "/oauth/revoke"), 2);
}
