//! A consent adds sites and scopes to the grant that is there.

use std::time::Duration;

use threelo::PageRequest;

use super::{
    AURORA, BOREALIS, Browser, World, at_one_site, consent, forget_earlier_consents, names,
};

/// Reads from and writes to both sites with the scopes of the wider grant.
async fn work_at_both_sites(browser: &mut Browser) {
    for site in [AURORA, BOREALIS] {
        let url = format!("{}.atlassian.net", site.to_lowercase().replace(' ', "-"));
        assert_eq!(
            browser
                .fetch("GET", &format!("/board?site={url}"))
                .await
                .text(),
            site
        );
        let made = browser.fetch("POST", &format!("/myself?site={url}")).await;
        assert_eq!(made.status(), 200, "{site}: {}", made.text());
    }
}

/// Token T is in use at site A with scope r; a consent in another browser adds site B and scope w: T and the first
/// browser's session reach B, with w.
async fn the_grant_widens(old_tokens_gain: bool) {
    let world = World::new().await;
    forget_earlier_consents(&world);
    world
        .sandbox
        .knobs(|knobs| knobs.old_tokens_gain = old_tokens_gain);
    let mut first = at_one_site(&world, AURORA).await;
    let account = world.account("mia");
    let grant = world.auth.grants().of(&account).await.unwrap();
    let token = grant.access_token().await.unwrap();
    assert_eq!(names(&mut first).await, [AURORA]);
    assert_eq!(
        first.fetch("POST", "/myself").await.json()["code"],
        "missing_scope"
    );

    world.pass(Duration::from_secs(60));
    let mut second = world.browser();
    let seen = second
        .open("/auth/login?return_to=/board&scope=write:jira-work")
        .await;
    consent(&world, &mut second, seen.location(), BOREALIS).await;

    // The first browser did not sign in again.
    assert_eq!(names(&mut first).await, [AURORA, BOREALIS]);
    work_at_both_sites(&mut first).await;
    // The job that read the grant before has what the consent added.
    let borealis = &grant.sites().await.unwrap()[1];
    let call = grant
        .client()
        .jira(borealis)
        .get("/rest/api/3/project/search")
        .send();
    assert!(call.await.is_ok());
    if old_tokens_gain {
        let url = format!(
            "{}/ex/jira/{}/rest/api/3/project/search",
            world.sandbox.url(),
            borealis.id
        );
        let direct = reqwest::Client::new().get(url).bearer_auth(token.expose());
        assert_eq!(direct.send().await.unwrap().status(), 200, "T itself");
    }
    let all = world
        .auth
        .grants()
        .list(&PageRequest::first(9))
        .await
        .unwrap();
    assert_eq!(all.ids, [account]);
}

#[tokio::test]
async fn a_consent_in_another_browser_widens_the_grant_where_old_tokens_gain() {
    the_grant_widens(true).await;
}

#[tokio::test]
async fn a_consent_in_another_browser_widens_the_grant_where_old_tokens_do_not_gain() {
    the_grant_widens(false).await;
}

/// Another instance of the app keeps the old token for minutes: it finds the newer one before it refuses.
#[tokio::test]
async fn an_instance_with_an_old_token_reaches_the_new_site_and_scope_immediately() {
    let world = World::new().await;
    forget_earlier_consents(&world);
    world.sandbox.knobs(|knobs| knobs.old_tokens_gain = false);
    let _first = at_one_site(&world, AURORA).await;
    let other = world.another_auth(|builder| builder);
    let grant = other.grants().of(&world.account("mia")).await.unwrap();
    let aurora = grant.sites().await.unwrap()[0].clone();
    let jira = grant.client();
    let path = "/rest/api/3/project/search";
    assert!(jira.jira(&aurora).get(path).send().await.is_ok());

    world.pass(Duration::from_secs(60));
    let mut second = world.browser();
    let seen = second.open("/auth/login?scope=write:jira-work").await;
    consent(&world, &mut second, seen.location(), BOREALIS).await;

    let sites = world.grant_of("mia").await;
    let borealis = sites.sites().await.unwrap()[1].clone();
    let issue = serde_json::json!({ "fields": { "summary": "x", "project": { "key": "LAB" } } });
    // The call names no scope: the other instance learns of it only by asking Atlassian.
    let made = jira
        .jira(&borealis)
        .post("/rest/api/3/issue")
        .body_json(&issue)
        .send()
        .await;
    assert!(made.is_ok(), "{made:?}");
    assert_eq!(world.refreshes(), 0);
}

#[tokio::test]
async fn several_entries_for_one_site_are_one_site_with_all_scopes() {
    let world =
        World::with(|builder| builder.scopes(["read:jira-work", "read:confluence-content.all"]))
            .await;
    forget_earlier_consents(&world);
    world.sandbox.knobs(|knobs| knobs.duplicate_sites = true);
    let mut browser = at_one_site(&world, AURORA).await;

    let sites = browser.fetch("GET", "/auth/sites").await.json();

    assert_eq!(sites["sites"].as_array().unwrap().len(), 1);
    let scopes = sites["sites"][0]["scopes"].clone();
    assert_eq!(
        scopes,
        serde_json::json!(["read:confluence-content.all", "read:jira-work"])
    );
}

/// The desk works at one site, the phone at another: a step-up at the desk stays where it was.
#[tokio::test]
async fn a_step_up_changes_no_site() {
    let world = World::new().await;
    let (mut desk, mut phone) = (world.browser(), world.browser());
    desk.sign_in(&world, "mia", "/").await;
    let aurora = "site=11111111-aaaa-4aaa-8aaa-111111111111";
    desk.submit("/auth/site", aurora).await;
    phone.sign_in(&world, "mia", "/").await;
    let borealis = "site=22222222-bbbb-4bbb-8bbb-222222222222";
    phone.submit("/auth/site", borealis).await;

    for more in [
        "scope=write:jira-work",
        "site=cirrus-support.atlassian.net.example",
    ] {
        let path = format!("/auth/login?{more}&account=same&return_to=/board");
        let seen = desk.open(&path).await;
        desk.consent(&world, seen.location(), "mia").await;
        assert_eq!(desk.fetch("GET", "/board").await.text(), AURORA, "{more}");
    }
    assert_eq!(phone.fetch("GET", "/board").await.text(), BOREALIS);
}
