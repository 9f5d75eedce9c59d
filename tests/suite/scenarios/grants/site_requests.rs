//! When Atlassian is asked for the sites again.

use std::time::Duration;

use super::{AURORA, BOREALIS, World, at_one_site, forget_earlier_consents, names};

/// A consent that did not come through this instance's callback, but through another region's, say.
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

/// A visitor who asks for made-up sites does not make the app flood Atlassian with requests.
#[tokio::test]
async fn made_up_sites_cause_few_requests_to_atlassian() {
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

/// Also where Atlassian does not answer, and where many requests come concurrently.
#[tokio::test]
async fn a_refusal_costs_one_request_to_atlassian() {
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
        let mut requests = tokio::task::JoinSet::new();
        for number in 0..20 {
            let mut browser = browser.clone();
            requests.spawn(async move {
                let path = format!("/board?site=made-up-{number}.atlassian.net");
                browser.fetch("GET", &path).await.status()
            });
        }
        let statuses = requests.join_all().await;

        let looks = world.site_requests() - before;
        // A refused token is refreshed once and tried once more.
        let most = if status == Some(403) { 2 } else { 1 };
        assert!(looks <= most, "{status:?}: {looks}");
        assert!(statuses.iter().all(|status| *status == 403), "{statuses:?}");
    }
}
