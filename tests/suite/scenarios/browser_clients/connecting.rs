//! Connect mode: the app has users of its own, and its single-page app is of the same site.

use threelo::Forward;

use super::{Browser, EVIL, SPA, Script, World, get, is_readable, post};

const AURORA: &str = "/auth/api/jira/11111111-aaaa-4aaa-8aaa-111111111111/rest/api/3/search/jql?jql=assignee%20%3D%20currentUser()";

async fn world() -> World {
    World::connecting(|builder| {
        builder
            .same_site_origins([SPA])
            .access_tokens()
            .forward([Forward::to("jira", "/rest/api/3/")])
    })
    .await
}

async fn paula(world: &World, accounts: &[&str]) -> Browser {
    let mut browser = world.browser().with_user("app-user", "paula");
    for account in accounts {
        browser.connect(world, account, "").await;
    }
    browser
}

#[tokio::test]
async fn a_page_connects_in_a_window_that_tells_it_the_end() {
    let world = world().await;
    let mut browser = paula(&world, &[]).await;
    let body = serde_json::json!({ "display": "popup", "origin": SPA }).to_string();
    let bare = Script::new(SPA, "POST", "/auth/connect")
        .body(&body)
        .send(&mut browser)
        .await;
    assert_eq!(bare.status(), 403);

    let seen = post(&mut browser, SPA, "/auth/connect", &body).await;

    assert_eq!(
        (seen.status(), is_readable(&seen, SPA)),
        (200, true),
        "{}",
        seen.text()
    );
    let location = seen.json()["location"].as_str().unwrap().to_owned();
    let landed = browser.consent(&world, &location, "mia").await;
    assert_eq!(landed.location(), "/auth/done");
    // The notice is for the user who connected, and for no other user of the same browser.
    let mut other = browser.clone().with_user("app-user", "quentin");
    assert!(!other.arrive("/auth/done").await.text().contains("<script"));
    let page = browser.arrive("/auth/done").await;
    assert!(
        page.text().contains(&format!("data-origin=\"{SPA}\"")),
        "{}",
        page.text()
    );
    assert!(
        !page.text().contains("ticket"),
        "a ticket is for sessions of ours"
    );
    let listed = get(&mut browser, SPA, "/auth/connections").await.json();
    assert_eq!(listed["connections"][0]["name"], "Mia Krystof");
}

/// A second arrival, and a second try, still know which page waits.
#[tokio::test]
async fn the_page_that_waits_is_remembered_on_the_way() {
    let world = world().await;
    let mut browser = paula(&world, &[]).await;
    let body = serde_json::json!({ "display": "popup", "origin": SPA }).to_string();
    let seen = post(&mut browser, SPA, "/auth/connect", &body).await;
    let location = seen.json()["location"].as_str().unwrap().to_owned();
    let callback = world.approve(&location, "mia").await;
    let mut twin = browser.clone();
    assert_eq!(browser.arrive(&callback).await.location(), "/auth/done");
    assert_eq!(twin.arrive(&callback).await.location(), "/auth/done");

    let seen = post(&mut browser, SPA, "/auth/connect", &body).await;
    let location = seen.json()["location"].as_str().unwrap().to_owned();
    let callback = world.sandbox.cancel(&location, "mia").await.unwrap();
    let landed = browser.arrive(&callback).await;
    let page = browser.arrive(landed.location()).await.text();
    assert!(page.contains("display=popup"), "{page}");
    let again = format!("/auth/connections?origin={SPA}&display=popup");
    let page = browser.open(&again).await.text();
    assert!(page.contains("name=\"display\" value=\"popup\""), "{page}");
}

#[tokio::test]
async fn tokens_and_calls_are_of_the_account_that_is_connected_or_named() {
    let world = world().await;
    let mut stranger = world.browser();
    assert_eq!(
        post(&mut stranger, SPA, "/auth/token", "").await.status(),
        401
    );
    assert_eq!(get(&mut stranger, SPA, AURORA).await.status(), 401);
    let mut browser = paula(&world, &[]).await;
    let none = post(&mut browser, SPA, "/auth/token", "").await;
    assert_eq!(none.json()["code"], "not_connected");
    let mut browser = paula(&world, &["mia"]).await;
    assert_eq!(
        post(&mut browser, SPA, "/auth/token", "").await.status(),
        200
    );
    assert_eq!(get(&mut browser, SPA, AURORA).await.status(), 200);

    let mut browser = paula(&world, &["edward"]).await;
    let several = get(&mut browser, SPA, AURORA).await;
    assert_eq!(several.json()["code"], "choose_connection");
    let mia = world.account("mia");
    let named = [("x-threelo-account", mia.as_str())];
    let seen = Script::new(SPA, "GET", AURORA)
        .fields(&named)
        .send(&mut browser)
        .await;
    assert_eq!(seen.status(), 200, "{}", seen.text());
    let body = serde_json::json!({ "account": mia.as_str() }).to_string();
    let seen = post(&mut browser, SPA, "/auth/token", &body).await;
    let token = world.grants.stored(&world.grant_key("mia")).await;
    assert_eq!(
        seen.json()["access_token"],
        token.tokens.access_token.expose()
    );
    let mut quentin = world.browser().with_user("app-user", "quentin");
    let seen = post(&mut quentin, SPA, "/auth/token", &body).await;
    assert_eq!(
        seen.json()["code"],
        "not_connected",
        "another user's account"
    );
    assert_eq!(
        post(&mut browser, EVIL, "/auth/token", &body)
            .await
            .status(),
        403
    );
}

#[tokio::test]
async fn an_app_with_its_own_sessions_gives_no_tickets() {
    let world = world().await;
    let mut browser = paula(&world, &["mia"]).await;
    assert_eq!(
        post(&mut browser, SPA, "/auth/redeem", "{}").await.status(),
        404
    );
}
