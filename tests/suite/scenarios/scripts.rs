//! Scripts that send forms and links for the page, as Turbo and htmx do. In Chromium with the real libraries:
//! `tests/browser/tests/turbo.rs`.

use bytes::Bytes;

use super::{Browser, World};

const TURBO: [(&str, &str); 4] = [
    (
        "accept",
        "text/vnd.turbo-stream.html, text/html, application/xhtml+xml",
    ),
    ("sec-fetch-mode", "cors"),
    ("sec-fetch-dest", "empty"),
    ("sec-fetch-site", "same-origin"),
];

async fn connecting() -> (World, Browser) {
    let world = World::connecting(|builder| builder).await;
    let mut browser = world.browser();
    browser.cookies.insert("app-user".into(), "edward".into());
    (world, browser)
}

/// Such a script cannot follow a redirect to Atlassian: the browser itself must go.
#[tokio::test]
async fn a_connection_that_a_script_begins_goes_on_in_the_browser_itself() {
    let (world, mut browser) = connecting().await;

    let seen = browser
        .send("POST", "/auth/connect", &TURBO, Bytes::new())
        .await;
    assert_eq!((seen.status(), seen.location()), (303, "/auth/continue"));
    let page = browser.request("GET", "/auth/continue", &TURBO).await;
    assert!(
        page.text()
            .contains("name=\"turbo-visit-control\" content=\"reload\""),
        "{}",
        page.text()
    );
    assert!(
        !page.text().contains(world.sandbox.url()),
        "the address is not the script's"
    );
    let authorize = browser.open("/auth/continue").await.location().to_owned();
    assert!(authorize.starts_with(world.sandbox.url()), "{authorize}");

    let seen = browser.consent(&world, &authorize, "edward").await;
    assert!(
        seen.location().starts_with("/auth/connections"),
        "{}",
        seen.location()
    );
    assert!(world.has_grant("edward").await);
}

/// Nobody else can go on with it, and no link begins anything.
#[tokio::test]
async fn the_way_on_works_once_and_for_who_began() {
    let (world, mut browser) = connecting().await;
    assert_eq!(
        browser.open("/auth/continue").await.location(),
        "/",
        "nothing was begun"
    );
    browser
        .send("POST", "/auth/connect", &TURBO, Bytes::new())
        .await;
    let mut nora = world.browser();
    nora.cookies = browser.cookies.clone();
    nora.cookies.insert("app-user".into(), "nora".into());
    assert_eq!(nora.open("/auth/continue").await.location(), "/");

    let first = browser.open("/auth/continue").await.location().to_owned();
    assert!(first.starts_with(world.sandbox.url()));
    assert_eq!(browser.open("/auth/continue").await.location(), "/", "once");
    // Without proof nothing begins.
    let mut foreign = TURBO;
    foreign[3].1 = "cross-site";
    let seen = browser
        .send("POST", "/auth/connect", &foreign, Bytes::new())
        .await;
    assert_eq!(seen.status(), 403);
}

#[tokio::test]
async fn a_script_that_follows_a_form_to_a_page_of_ours_gets_the_page() {
    let (world, mut browser) = connecting().await;
    browser.connect(&world, "edward", "").await;
    let account = format!("account={}", world.account("edward"));
    let seen = browser
        .send("POST", "/auth/disconnect", &TURBO, Bytes::from(account))
        .await;
    assert_eq!(seen.location(), "/auth/disconnect");

    let page = browser.request("GET", seen.location(), &TURBO).await;

    assert_eq!(page.status(), 200, "{}", page.text());
    assert!(
        page.text()
            .contains("is not connected with this app any more"),
        "{}",
        page.text()
    );
    let data = browser.fetch("GET", "/auth/connections").await;
    assert!(
        data.json()["connections"].is_array(),
        "who wants data gets data"
    );
}

#[tokio::test]
async fn a_handler_that_a_script_calls_starts_its_login_in_the_browser_itself() {
    let world = World::new().await;
    let mut browser = world.browser();
    let seen = browser.send("POST", "/start", &TURBO, Bytes::new()).await;
    assert_eq!((seen.status(), seen.location()), (303, "/auth/continue"));
    let authorize = browser.open("/auth/continue").await.location().to_owned();
    let back = browser.consent(&world, &authorize, "mia").await;
    assert_eq!(back.location(), "/");
    assert_eq!(browser.open("/user").await.text(), "Mia Krystof");
}

#[tokio::test]
async fn a_boosted_link_to_the_login_is_followed_by_the_browser_itself() {
    let world = World::new().await;
    let htmx = [
        ("hx-request", "true"),
        ("hx-boosted", "true"),
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-dest", "empty"),
        ("sec-fetch-site", "same-origin"),
    ];
    let login = "/auth/login?return_to=%2Fboard";
    let seen = world.browser().request("GET", login, &htmx).await;
    assert_eq!(seen.header("hx-redirect"), login);
}
