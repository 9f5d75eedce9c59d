//! Sections 4.4 and 4.6 of docs/protocol.md: one grant per app and account, which widens; and the sites that come and go.

use std::time::Duration;

use super::{Browser, World};

const AURORA: &str = "Aurora Design";
const BOREALIS: &str = "Borealis Lab";

/// A world where nobody granted anything before, and a browser whose visitor consented for one site.
async fn at_one_site(world: &World, site: &str) -> Browser {
    let mut browser = world.browser();
    let authorize = browser.start_login("/").await;
    consent(world, &mut browser, &authorize, site).await;
    browser
}

/// Mia starts anew at Atlassian: the sandbox's seed has her consent for all three sites.
fn forget_earlier_consents(world: &World) {
    world.sandbox.revoke_user("mia");
}

/// Consents for one site and comes back; gives where that leads.
async fn consent(world: &World, browser: &mut Browser, authorize: &str, site: &str) -> String {
    let callback = world.approve_sites(authorize, "mia", &[site]).await;
    let seen = browser.arrive(&callback).await;
    seen.location().to_owned()
}

async fn names(browser: &mut Browser) -> Vec<String> {
    let seen = browser.fetch("GET", "/auth/sites").await.json();
    let name = |site: &serde_json::Value| site["name"].as_str().unwrap().to_owned();
    seen["sites"].as_array().unwrap().iter().map(name).collect()
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
    for site in [AURORA, BOREALIS] {
        let url = format!("{}.atlassian.net", site.to_lowercase().replace(' ', "-"));
        assert_eq!(
            first
                .fetch("GET", &format!("/board?site={url}"))
                .await
                .text(),
            site
        );
        let made = first.fetch("POST", &format!("/myself?site={url}")).await;
        assert_eq!(made.status(), 200, "{site}: {}", made.text());
    }
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
    assert_eq!(
        world
            .auth
            .grants()
            .list(&threelo::store::Page::first(9))
            .await
            .unwrap()
            .ids,
        [account]
    );
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
async fn an_instance_with_an_old_token_reaches_the_new_site_and_scope_at_once() {
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
    // The scope is named by nobody: the other instance cannot know but by asking.
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
async fn entries_of_one_site_are_one_site_with_all_scopes() {
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

#[tokio::test]
async fn add_a_site_ends_where_the_visitor_was_and_marks_what_is_new() {
    let world = World::new().await;
    forget_earlier_consents(&world);
    let mut browser = at_one_site(&world, AURORA).await;
    let picker = browser.open("/auth/sites?return_to=/board").await;
    let add = "/auth/login?return_to=%2Fboard&amp;account=same";
    assert!(picker.text().contains(add), "{}", picker.text());
    assert!(
        !picker.text().contains(">new<"),
        "nothing is new at the first consent"
    );

    let seen = browser.open(&add.replace("&amp;", "&")).await;
    let to = consent(&world, &mut browser, seen.location(), BOREALIS).await;

    assert_eq!(to, "/board");
    let detour = browser.open("/board").await;
    let picker = browser.open(detour.location()).await.text();
    assert_eq!(picker.matches(">new<").count(), 1);
    let new = picker.lines().find(|line| line.contains(">new<")).unwrap();
    assert!(new.contains(BOREALIS));
    let sites = browser.fetch("GET", "/auth/sites").await.json();
    assert_eq!(
        (&sites["sites"][0]["added"], &sites["sites"][1]["added"]),
        (&false.into(), &true.into())
    );
}

#[tokio::test]
async fn a_wished_site_is_chosen_if_it_was_granted_and_missed_aloud_if_not() {
    let world = World::new().await;
    forget_earlier_consents(&world);
    for wish in [
        "https://borealis-lab.atlassian.net/",
        "borealis-lab.atlassian.net",
        "22222222-bbbb-4bbb-8bbb-222222222222",
    ] {
        let mut browser = world.browser();
        let path = format!("/auth/login?return_to=/board&site={wish}");
        let seen = browser.open(&path).await;
        let to = consent(&world, &mut browser, seen.location(), BOREALIS).await;
        assert_eq!(to, "/board", "{wish}");
        assert_eq!(browser.open("/board").await.text(), BOREALIS);
    }

    let mut browser = world.browser();
    let seen = browser
        .open("/auth/login?return_to=/board&site=cirrus-support.atlassian.net")
        .await;
    let to = consent(&world, &mut browser, seen.location(), AURORA).await;

    assert_eq!(to, "/auth/sites?return_to=%2Fboard");
    let picker = browser.open(&to).await.text();
    assert!(picker.contains("cirrus-support.atlassian.net</bdi> is not among the sites"));
    for granted in [AURORA, BOREALIS] {
        assert!(picker.contains(granted));
    }
    assert!(
        !browser.open(&to).await.text().contains("is not among"),
        "said once"
    );
}

#[tokio::test]
async fn a_site_that_is_gone_is_said_to_be_and_never_replaced() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    let cirrus = "33333333-cccc-4ccc-8ccc-333333333333";
    browser
        .submit("/auth/site", &format!("site={cirrus}"))
        .await;
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
    world.pass(Duration::from_secs(60));

    world.sandbox.remove_site("mia", cirrus);

    // The call finds out, and the next page knows.
    let seen = browser.fetch("GET", "/myself").await;
    assert_eq!(
        (seen.status(), &seen.json()["code"]),
        (409, &"site_gone".into())
    );
    assert_eq!(seen.json()["sites_url"], "/auth/sites");
    let seen = browser.open("/board").await;
    assert_eq!(seen.location(), "/auth/sites?return_to=%2Fboard");
    let picker = browser.open(seen.location()).await.text();
    assert!(picker.contains("cannot be reached any more"));
    assert!(picker.contains(AURORA) && picker.contains(BOREALIS));
    assert_eq!(
        browser.fetch("GET", "/board").await.json()["code"],
        "site_gone"
    );
}

#[tokio::test]
async fn with_one_site_left_a_site_that_is_gone_is_not_replaced_by_it() {
    let world = World::new().await;
    forget_earlier_consents(&world);
    let mut browser = at_one_site(&world, AURORA).await;
    let mut again = world.browser();
    let authorize = again.start_login("/").await;
    consent(&world, &mut again, &authorize, BOREALIS).await;
    let aurora = "11111111-aaaa-4aaa-8aaa-111111111111";
    browser
        .submit("/auth/site", &format!("site={aurora}"))
        .await;
    world.sandbox.remove_site("mia", aurora);
    world.pass(Duration::from_secs(3600));

    assert_eq!(browser.fetch("GET", "/myself").await.status(), 409);
    assert_eq!(
        browser.fetch("GET", "/board").await.json()["code"],
        "site_gone"
    );
}

/// Somebody consented past this app's callback, say in another region of it.
#[tokio::test]
async fn sites_are_read_again_before_a_refusal_and_at_a_refresh() {
    let world = World::new().await;
    forget_earlier_consents(&world);
    let mut browser = at_one_site(&world, AURORA).await;
    world.pass(Duration::from_secs(60));
    let mut lost = world.browser();
    let authorize = lost.start_login("/").await;
    world.approve_sites(&authorize, "mia", &[BOREALIS]).await;

    let seen = browser
        .fetch("GET", "/board?site=borealis-lab.atlassian.net")
        .await;
    assert_eq!(seen.text(), BOREALIS);

    world
        .sandbox
        .remove_site("mia", "33333333-cccc-4ccc-8ccc-333333333333");
    let authorize = lost.start_login("/").await;
    world
        .approve_sites(&authorize, "mia", &["Cirrus Support"])
        .await;
    world.pass(Duration::from_secs(3600));
    browser
        .fetch("GET", "/myself?site=borealis-lab.atlassian.net")
        .await;
    assert!(world.auth.drain(Duration::from_secs(5)).await);
    let before = world.site_requests();
    assert_eq!(names(&mut browser).await.len(), 3);
    assert_eq!(world.site_requests(), before);
}

/// Whoever asks for made-up sites does not make this app a burden for Atlassian.
#[tokio::test]
async fn made_up_sites_are_looked_for_seldom() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    world.pass(Duration::from_secs(60));
    let before = world.site_requests();

    for number in 0..20 {
        let path = format!("/board?site=made-up-{number}.atlassian.net");
        assert_eq!(
            browser.fetch("GET", &path).await.json()["code"],
            "unknown_site"
        );
    }

    let after = world.site_requests();
    assert_eq!(after, before + 1);
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

#[tokio::test]
async fn sites_that_nobody_could_read_at_a_consent_are_in_the_picker() {
    let world = World::new().await;
    forget_earlier_consents(&world);
    let mut browser = at_one_site(&world, AURORA).await;
    world.pass(Duration::from_secs(60));
    let fault = threelo_sandbox::Fault::Status(503);
    world
        .sandbox
        .fault(threelo_sandbox::Endpoint::Sites, fault, 1);
    let authorize = browser.start_login("/").await;
    consent(&world, &mut browser, &authorize, BOREALIS).await;

    let picker = browser.open("/auth/sites").await.text();

    assert!(
        picker.contains(BOREALIS),
        "whoever just added a site sees it"
    );
}

#[tokio::test]
async fn a_form_that_needs_a_site_gets_a_page_with_the_way_to_the_picker() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;

    let seen = browser.submit("/myself", "").await;

    assert_eq!(seen.status(), 409);
    assert!(seen.text().contains("Please choose a site first"));
    assert!(seen.text().contains("href=\"/auth/sites\""));
}

#[tokio::test]
async fn a_detour_to_the_picker_leaves_no_wish_behind_however_it_is_written() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;

    let seen = browser.open("/board?%73ite=nowhere.example&x=1").await;

    assert_eq!(seen.location(), "/auth/sites?return_to=%2Fboard%3Fx%3D1");
}

/// Also where Atlassian does not answer, and where many ask at once.
#[tokio::test]
async fn a_refusal_costs_one_look_at_atlassian() {
    for status in [None, Some(403), Some(503)] {
        let world = World::new().await;
        let browser = world.signed_in("mia").await;
        world.pass(Duration::from_secs(60));
        if let Some(status) = status {
            let fault = threelo_sandbox::Fault::Status(status);
            world
                .sandbox
                .fault(threelo_sandbox::Endpoint::Sites, fault, 1000);
        }
        let before = world.site_requests();
        let mut at_once = tokio::task::JoinSet::new();
        for number in 0..20 {
            let mut browser = browser.clone();
            at_once.spawn(async move {
                let path = format!("/board?site=made-up-{number}.atlassian.net");
                browser.fetch("GET", &path).await.status()
            });
        }
        let statuses = at_once.join_all().await;

        let looks = world.site_requests() - before;
        // A refused token is refreshed once and tried once more.
        let most = if status == Some(403) { 2 } else { 1 };
        assert!(looks <= most, "{status:?}: {looks}");
        assert!(statuses.iter().all(|status| *status == 403), "{statuses:?}");
    }
}
