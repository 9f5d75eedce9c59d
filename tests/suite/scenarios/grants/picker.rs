//! Sites that are added, asked for by name, or gone.

use std::time::Duration;

use serde_json::{Value, json};
use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::capture_logs;

use super::super::Browser;
use super::{AURORA, BOREALIS, World, at_one_site, consent, forget_earlier_consents};

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
async fn a_requested_site_is_chosen_if_it_was_granted_and_reported_missing_if_not() {
    let world = World::new().await;
    forget_earlier_consents(&world);
    for wish in [
        "https://borealis-lab.atlassian.net/",
        "borealis-lab.atlassian.net",
        "22222222-bbbb-4bbb-8bbb-222222222222",
        // As people paste it.
        "https://borealis-lab.atlassian.net/jira/software/projects/LAB/boards/1",
        "http://Borealis-Lab.atlassian.net:443/wiki",
        "borealis-lab.atlassian.net.",
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
async fn a_site_that_is_gone_is_reported_and_never_replaced() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    let cirrus = "33333333-cccc-4ccc-8ccc-333333333333";
    browser
        .submit("/auth/site", &format!("site={cirrus}"))
        .await;
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
    world.pass(Duration::from_secs(60));

    world.sandbox.remove_site("mia", cirrus);

    // The call notices it, and the next page reports it.
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

#[tokio::test]
async fn sites_that_could_not_be_read_at_a_consent_are_in_the_picker() {
    let world = World::new().await;
    forget_earlier_consents(&world);
    let mut browser = at_one_site(&world, AURORA).await;
    world.pass(Duration::from_secs(60));
    let fault = Fault::Status(503);
    world.sandbox.fault(Endpoint::Sites, fault, 1);
    let authorize = browser.start_login("/").await;
    consent(&world, &mut browser, &authorize, BOREALIS).await;

    let picker = browser.open("/auth/sites").await.text();

    assert!(
        picker.contains(BOREALIS),
        "a user who just added a site sees it"
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
async fn a_detour_to_the_picker_drops_the_requested_site_however_it_is_written() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;

    let seen = browser.open("/board?%73ite=nowhere.example&x=1").await;

    assert_eq!(seen.location(), "/auth/sites?return_to=%2Fboard%3Fx%3D1");
}

/// An account that reaches this many sites.
async fn at_many_sites(count: usize) -> (World, Browser) {
    let world = World::new().await;
    let sites: Vec<Value> = (0..count)
        .map(|number| {
            json!({
                "id": format!("{number:08}-0000-4000-8000-000000000000"),
                "name": format!("Team {number:04}"),
                "url": format!("https://team-{number}.atlassian.net"),
                "scopes": ["read:jira-work"],
            })
        })
        .collect();
    let fault = Fault::Body {
        status: 200,
        body: Value::from(sites).to_string(),
    };
    world.sandbox.fault(Endpoint::Sites, fault, 9);
    let mut browser = world.browser();
    browser.sign_in(&world, "mia", "/").await;
    (world, browser)
}

#[tokio::test]
async fn five_hundred_sites_are_there_page_by_page_and_by_search() {
    let (_world, mut browser) = at_many_sites(500).await;
    let json = browser.fetch("GET", "/auth/sites").await.json();
    assert_eq!(json["sites"].as_array().unwrap().len(), 500);

    let own = [
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("accept", "text/html"),
    ];
    let first = browser
        .request("GET", "/auth/sites?return_to=%2Fboard", &own)
        .await;
    let text = first.text();
    assert_eq!(text.matches("name=\"site\"").count(), 50);
    assert!(
        text.contains("500 sites") && text.contains("No more than 500 sites"),
        "{text}"
    );
    let next = "/auth/sites?return_to=%2Fboard&amp;page=2";
    assert!(text.contains(next) && !text.contains("page=0"), "{text}");
    let last = browser
        .request("GET", "/auth/sites?return_to=%2Fboard&page=10", &own)
        .await;
    assert!(last.text().contains("Team 0499") && !last.text().contains("page=11"));
    let beyond = browser.request("GET", "/auth/sites?page=99", &own).await;
    assert!(beyond.text().contains("Team 0499"));

    for (words, expected) in [("TEAM%20049", 10), ("team-77.", 1), ("nothing", 0)] {
        let path = format!("/auth/sites?return_to=%2Fboard&search={words}");
        let found = browser.request("GET", &path, &own).await;
        assert_eq!(
            found.text().matches("name=\"site\"").count(),
            expected,
            "{words}"
        );
    }
    // What a stranger's link searches for is neither shown nor obeyed.
    let scam = "/auth/sites?search=call%20555-0100%20now";
    let mut by_link = own;
    for site in ["none", "cross-site"] {
        by_link[0].1 = site;
        let mut seen = browser.request("GET", scam, &by_link).await;
        if site == "cross-site" {
            let bounced = format!("{scam}&bounced=1");
            seen = browser.request("GET", &bounced, &own).await;
        }
        assert!(seen.text().contains("Team 0000"), "{site}: {}", seen.text());
        assert!(!seen.text().contains("555"), "{site}");
    }
}

#[tokio::test]
async fn more_sites_than_are_kept_are_said_on_the_page_and_in_the_log() {
    let logs = capture_logs();
    let (_world, mut browser) = at_many_sites(600).await;
    let text = browser.open("/auth/sites").await.text();
    assert!(text.contains("500 sites") && text.contains("No more than 500 sites"));
    assert!(logs.text().contains("reaches more sites than are kept"));
}
