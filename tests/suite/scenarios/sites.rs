//! No site, one, several: never chosen silently.

use super::{Browser, World};

async fn sites(browser: &mut Browser) -> Vec<serde_json::Value> {
    browser.fetch("GET", "/auth/sites").await.json()["sites"]
        .as_array()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn a_visitor_without_any_site_is_told_why() {
    let world = World::new().await;
    let mut browser = world.signed_in("nora").await;

    let page = browser.open("/board").await;
    let json = browser.fetch("GET", "/board").await;

    assert_eq!(page.status(), 403);
    assert!(page.text().contains("<h1"));
    assert_eq!(
        (json.status(), json.json()["code"].as_str()),
        (403, Some("no_site"))
    );
}

#[tokio::test]
async fn a_visitor_with_one_site_meets_no_picker() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;

    assert_eq!(browser.open("/board").await.status(), 200);
    assert_eq!(sites(&mut browser).await.len(), 1);
}

#[tokio::test]
async fn a_visitor_with_three_sites_picks_one_and_goes_on() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    let list = sites(&mut browser).await;
    assert_eq!(list.len(), 3);

    let detour = browser.open("/board?x=1").await;
    assert_eq!(detour.location(), "/auth/sites?return_to=%2Fboard%3Fx%3D1");
    let picker = browser.open(detour.location()).await;
    for site in &list {
        assert!(picker.text().contains(site["id"].as_str().unwrap()));
    }
    let second = list[1]["id"].as_str().unwrap();
    let chosen = browser
        .submit(
            "/auth/site",
            &format!("site={second}&return_to=%2Fboard%3Fx%3D1"),
        )
        .await;

    assert_eq!(chosen.location(), "/board?x=1");
    assert_eq!(
        browser.open("/board").await.text(),
        list[1]["name"].as_str().unwrap()
    );
    let after = sites(&mut browser).await;
    assert_eq!(
        after.iter().filter(|site| site["current"] == true).count(),
        1
    );

    // The account's next browser begins with the last choice.
    let mut phone = world.signed_in("mia").await;
    assert_eq!(
        phone.open("/board").await.text(),
        list[1]["name"].as_str().unwrap()
    );
}

#[tokio::test]
async fn two_tabs_work_on_two_sites() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    let list = sites(&mut browser).await;

    for site in [&list[0], &list[2], &list[0]] {
        let path = format!("/board?site={}", site["id"].as_str().unwrap());
        assert_eq!(
            browser.open(&path).await.text(),
            site["name"].as_str().unwrap()
        );
    }
    let by_header = [
        ("x-threelo-site", list[2]["url"].as_str().unwrap()),
        ("sec-fetch-mode", "cors"),
    ];
    let seen = browser
        .send("GET", "/board", &by_header, bytes::Bytes::new())
        .await;
    assert_eq!(seen.text(), list[2]["name"].as_str().unwrap());
    let vary = seen.response.headers().get_all("vary").iter();
    let vary: Vec<_> = vary.map(|value| value.to_str().unwrap()).collect();
    assert!(
        vary.join(", ").contains("X-Threelo-Site"),
        "no cache mixes tabs: {vary:?}"
    );
}

#[tokio::test]
async fn a_site_that_is_not_granted_is_never_replaced_by_another() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    let foreign = "99999999-9999-4999-8999-999999999999";

    let seen = browser
        .fetch("GET", &format!("/board?site={foreign}"))
        .await;
    let page = browser.open(&format!("/board?site={foreign}&x=1")).await;
    let chosen = browser
        .submit("/auth/site", &format!("site={foreign}"))
        .await;

    assert_eq!(
        (seen.status(), seen.json()["code"].as_str()),
        (403, Some("unknown_site"))
    );
    assert_eq!(page.location(), "/auth/sites?return_to=%2Fboard%3Fx%3D1");
    assert_eq!(chosen.status(), 403);
}

#[tokio::test]
async fn a_choice_needs_same_origin_proof() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    let list = sites(&mut browser).await;
    let form = format!("site={}", list[0]["id"].as_str().unwrap());
    let foreign = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("origin", "https://evil.example"),
    ];

    let seen = browser
        .send("POST", "/auth/site", &foreign, bytes::Bytes::from(form))
        .await;

    assert_eq!(seen.status(), 403);
    assert_eq!(browser.open("/board").await.status(), 303);
}

#[tokio::test]
async fn sites_that_could_not_be_read_at_the_login_are_read_when_asked_for() {
    let world = World::new().await;
    world.sandbox.fault(
        threelo_sandbox::Endpoint::Sites,
        threelo_sandbox::Fault::Status(503),
        1,
    );
    let mut browser = world.signed_in("edward").await;

    assert_eq!(browser.open("/board").await.status(), 200);
}
