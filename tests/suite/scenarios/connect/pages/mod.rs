//! What visitors, scripts and htmx meet in connect mode.

mod starts;

use bytes::Bytes;

use super::{World, browser_of, connected, world};

const STRANGERS: [&str; 4] = [
    "/connections",
    "/myself",
    "/login-only",
    "/auth/connections",
];

#[tokio::test]
async fn a_stranger_is_sent_to_the_apps_own_login() {
    let world = World::connecting(|builder| builder.app_login("/login")).await;
    let mut stranger = world.browser();

    for path in STRANGERS {
        let seen = stranger.open(path).await;
        let here: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
        let here = format!("/login?return_to={here}");
        assert_eq!((seen.status(), seen.location()), (303, &*here), "{path}");
        let seen = stranger.fetch("GET", path).await;
        assert_eq!(
            (seen.status(), &seen.json()["code"]),
            (401, &"not_signed_in".into())
        );
        assert_eq!(seen.json()["login_url"], "/login");
    }
}

#[tokio::test]
async fn where_the_app_names_no_login_a_stranger_reads_a_page() {
    let world = world().await;
    let mut stranger = world.browser();

    for path in STRANGERS {
        let seen = stranger.open(path).await;
        assert_eq!(seen.status(), 401, "{path}");
        assert!(seen.text().contains("<h1>"), "{path}");
        let told = stranger.fetch("GET", path).await.json();
        assert_eq!(told["login_url"], "/", "its front page");
    }
}

#[tokio::test]
async fn a_user_without_a_connection_is_led_to_the_button_and_back() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");

    let detour = edward.open("/myself?x=1").await;
    assert_eq!(
        detour.location(),
        "/auth/connections?return_to=%2Fmyself%3Fx%3D1"
    );
    let page = edward.open(detour.location()).await;
    assert!(page.text().contains("action=\"/auth/connect\""));
    assert!(
        page.text()
            .contains("name=\"return_to\" value=\"/myself?x=1\"")
    );
    assert!(
        !page
            .header("content-security-policy")
            .contains("form-action")
    );
    let seen = edward.fetch("GET", "/myself").await;
    assert_eq!(
        (seen.status(), &seen.json()["code"]),
        (409, &"not_connected".into())
    );

    let (_, seen) = edward
        .connect(&world, "edward", "return_to=%2Fmyself%3Fx%3D1")
        .await;
    assert_eq!(
        seen.location(),
        "/auth/connections?return_to=%2Fmyself%3Fx%3D1"
    );
    assert_eq!(edward.open("/myself?x=1").await.status(), 200);
}

/// The flow's cookie would be set where the callback cannot see it.
#[tokio::test]
async fn a_visit_by_another_loopback_name_is_redirected_to_the_public_one() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");
    let headers = [
        ("host", "127.0.0.1:3000"),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", "navigate"),
    ];

    let form = Bytes::from_static(b"return_to=/public");
    let seen = edward
        .send_as("POST", "/auth/connect", &headers, form)
        .await;

    assert_eq!(
        seen.location(),
        "http://localhost:3000/auth/connections?return_to=%2Fpublic"
    );
}

#[tokio::test]
async fn no_cookie_of_the_library_stays_in_connect_mode() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");
    let (_, seen) = edward.connect(&world, "edward", "").await;
    edward.open(seen.location()).await;

    let cookies: Vec<&String> = edward.cookies.keys().collect();
    assert_eq!(cookies, ["app-user"]);
    assert_eq!(world.sessions.calls(), 0);
}

#[tokio::test]
async fn a_page_that_needs_no_user_does_not_ask_the_app_for_one() {
    let world = world().await;
    // If the app were asked, this would be a 503.
    let mut unsure = browser_of(&world, "broken");

    let seen = unsure.open("/public").await;

    assert_eq!((seen.status(), seen.header("vary")), (200, ""));
    assert_eq!(world.grants.loads(), 0);
}

#[tokio::test]
async fn a_page_that_asks_twice_reads_the_accounts_once() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");
    edward.connect(&world, "edward", "").await;
    let before = world.grants.loads();

    // The accounts, for the site and for the client; and the grant whose sites are read.
    assert_eq!(edward.fetch("GET", "/myself").await.status(), 200);

    assert_eq!(world.grants.loads() - before, 2);
}

#[tokio::test]
async fn what_belongs_to_sign_in_mode_is_refused_in_connect_mode() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");

    let seen = edward.fetch("GET", "/user").await;

    assert_eq!(
        (seen.status(), &seen.json()["code"]),
        (500, &"wrong_mode".into())
    );
    let signing_in = World::new().await.operations().await;
    let connecting = world.operations().await;
    let foreign: Vec<String> = signing_in
        .difference(&connecting)
        .map(|one| one.path.clone())
        .collect();
    assert!(foreign.len() >= 3, "{foreign:?}");
    for path in foreign.iter().map(String::as_str).chain(["/auth/login"]) {
        assert_eq!(edward.fetch("GET", path).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn disconnecting_asks_first_and_tells_what_is_left_to_do() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");
    edward.connect(&world, "edward", "").await;

    let ask = edward.open("/auth/disconnect?return_to=/public").await;
    assert!(
        ask.text().contains("Edward Byrne") && ask.text().contains("action=\"/auth/disconnect\"")
    );
    assert_eq!(connected(&mut edward).await.len(), 1, "asking does nothing");
    let done = edward.submit("/auth/disconnect", "return_to=/public").await;
    assert_eq!(done.location(), "/auth/disconnect?return_to=%2Fpublic");
    let page = edward.open(done.location()).await;

    assert!(
        page.text()
            .contains("https://id.atlassian.com/manage-profile/apps")
    );
    assert!(connected(&mut edward).await.is_empty());
    assert_eq!(edward.fetch("POST", "/auth/disconnect").await.status(), 409);
}

#[tokio::test]
async fn each_user_of_the_app_has_a_choice_of_site_of_their_own() {
    let world = World::connecting(|builder| builder.link_policy(threelo::LinkPolicy::Share)).await;
    let (mut mallory, mut edward) = (browser_of(&world, "mallory"), browser_of(&world, "edward"));
    edward.connect(&world, "mia", "").await;
    mallory.connect(&world, "mia", "").await;
    let detour = edward.open("/board").await;
    assert_eq!(detour.location(), "/auth/sites?return_to=%2Fboard");
    let picker = edward.open(detour.location()).await;
    assert!(picker.text().contains("name=\"account\""));

    let site = "22222222-bbbb-4bbb-8bbb-222222222222";
    let form = format!(
        "site={site}&account={}&return_to=/board",
        world.account("mia")
    );
    assert_eq!(
        edward.submit("/auth/site", &form).await.location(),
        "/board"
    );

    assert_eq!(edward.fetch("GET", "/board").await.text(), "Borealis Lab");
    assert_eq!(
        mallory.fetch("GET", "/board").await.json()["code"],
        "choose_site"
    );
}

#[tokio::test]
async fn the_grant_store_that_is_down_is_a_503_and_links_nothing() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");
    let callback = edward.callback_of_connect(&world, "edward", "").await;
    world.grants.set_down(true);

    for path in ["/connections", "/myself", "/auth/connections"] {
        assert_eq!(edward.fetch("GET", path).await.status(), 503, "{path}");
    }
    let seen = edward.arrive(&callback).await;
    assert!(
        seen.location()
            .starts_with("/auth/error?reason=unavailable"),
        "{seen:?}"
    );
    world.grants.set_down(false);
    assert!(connected(&mut edward).await.is_empty());
}

/// Edward closes the tab before the page loads; Mallory is next at the same computer.
#[tokio::test]
async fn a_notice_is_not_shown_to_the_next_user_of_the_browser() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");
    let (_, seen) = edward.connect(&world, "edward", "").await;
    let next = seen.location().to_owned();

    let mut mallory = edward.clone().with_user("app-user", "mallory");

    for path in [
        &next,
        "/auth/disconnect",
        "/auth/error?reason=wrong_account",
    ] {
        assert!(
            !mallory.open(path).await.text().contains("Edward Byrne"),
            "{path}"
        );
    }
    assert!(
        edward
            .open(&next)
            .await
            .text()
            .contains("Account connected")
    );
}

#[tokio::test]
async fn add_a_site_is_a_button_that_says_so_for_the_account_that_was_meant() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");
    let (_, seen) = edward.connect(&world, "mia", "").await;
    edward.open(seen.location()).await;
    let picker = edward.open("/auth/sites?return_to=/board").await.text();
    let add = picker.split("Is yours missing? <a href=\"").nth(1).unwrap();
    let add = add.split('"').next().unwrap().replace("&amp;", "&");

    let page = edward.open(&add).await.text();

    assert!(page.contains("Choose a site at Atlassian") && page.contains("Mia Krystof"));
    assert!(!page.contains("Connect another account"));
    assert!(
        page.contains("name=\"account\"") && page.contains("name=\"return_to\" value=\"/board\"")
    );
}
