//! What a ticket is redeemed for: a partitioned cookie or a bearer token.

use bytes::Bytes;

use super::{
    CHROMIUMAPP, EXTENSION, OTHER, SPA, Script, VERIFIER, any_ticket, get, is_readable, post,
    redeem, redeeming, ticket, world,
};

#[tokio::test]
async fn a_ticket_becomes_a_partitioned_cookie_that_only_its_origin_shows() {
    let world = world().await;
    let ticket = any_ticket(&world).await;
    let mut page = world.browser();

    let seen = redeem(&mut page, OTHER, &ticket, "cookie").await;

    assert_eq!(
        (seen.status(), is_readable(&seen, OTHER)),
        (200, true),
        "{}",
        seen.text()
    );
    let cookie = seen.header("set-cookie");
    assert!(cookie.starts_with("__Host-threelo-cross-"), "{cookie}");
    for attribute in [
        "; Path=/",
        "; Secure",
        "; HttpOnly",
        "; SameSite=None",
        "; Partitioned",
    ] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert_eq!(seen.json()["expires_in"], 7 * 24 * 3600);
    let me = get(&mut page, OTHER, "/auth/me").await;
    assert_eq!(me.json()["profile"]["name"], "Mia Krystof");
    // Not without the origin, not from another, and not under another name.
    assert_eq!(page.fetch("GET", "/auth/me").await.status(), 401);
    assert_eq!(get(&mut page, EXTENSION, "/auth/me").await.status(), 401);
    assert_eq!(get(&mut page, SPA, "/auth/me").await.status(), 401);
    let value = page.cookies.values().next().unwrap().clone();
    let mut thief = world.browser();
    thief
        .cookies
        .insert("threelo-session-3000".to_owned(), value);
    assert_eq!(thief.fetch("GET", "/auth/me").await.status(), 401);
}

#[tokio::test]
async fn a_partitioned_session_works_on_the_apps_own_routes_and_ends_only_with_its_own_logout() {
    let world = world().await;
    let mut window = world.browser();
    let ticket = ticket(&world, &mut window, OTHER, OTHER).await;
    let mut page = world.browser();
    redeem(&mut page, OTHER, &ticket, "cookie").await;
    assert_eq!(get(&mut page, OTHER, "/user").await.status(), 200);
    assert_eq!(post(&mut page, OTHER, "/own-pages", "").await.status(), 200);
    let bare = Script::new(OTHER, "POST", "/own-pages")
        .send(&mut page)
        .await;
    assert_eq!(bare.status(), 403);

    let seen = post(&mut page, OTHER, "/auth/logout", "").await;

    assert_eq!(seen.status(), 204);
    let cookie = seen.header("set-cookie");
    assert!(
        cookie.contains("Max-Age=0") && cookie.contains("; Partitioned"),
        "{cookie}"
    );
    assert_eq!(get(&mut page, OTHER, "/auth/me").await.status(), 401);
    assert!(
        window.who_am_i().await.is_some(),
        "the window's own session goes on"
    );
}

#[tokio::test]
async fn a_ticket_becomes_a_bearer_session_that_is_no_cookie() {
    let world = world().await;
    let mut window = world.browser();
    let ticket = ticket(&world, &mut window, EXTENSION, CHROMIUMAPP).await;
    let mut extension = world.browser();

    let seen = redeem(&mut extension, EXTENSION, &ticket, "bearer").await;

    assert_eq!(
        (seen.status(), is_readable(&seen, EXTENSION)),
        (200, true),
        "{}",
        seen.text()
    );
    assert_eq!(seen.header("set-cookie"), "");
    assert_eq!(seen.json()["token_type"], "Bearer");
    let token = seen.json()["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("threelo_"), "{token}");
    let bearer = format!("Bearer {token}");
    let shown = [("authorization", bearer.as_str())];
    let me = Script::new(EXTENSION, "GET", "/auth/me")
        .fields(&shown)
        .send(&mut extension)
        .await;
    assert_eq!(me.json()["profile"]["name"], "Mia Krystof");
    let user = extension.request("GET", "/user", &shown).await;
    assert_eq!(user.status(), 200, "the app's own routes know it");
    // It needs no other proof, because no browser adds it by itself.
    let access = extension.request("POST", "/auth/token", &shown).await;
    assert!(access.json()["access_token"].is_string());
    // As a cookie it is no session, and beside a cookie it alone counts.
    let mut thief = world.browser();
    let value = token.strip_prefix("threelo_").unwrap().to_owned();
    thief
        .cookies
        .insert("threelo-session-3000".to_owned(), value);
    assert_eq!(thief.fetch("GET", "/auth/me").await.status(), 401);
    let wrong = [
        ("authorization", "Bearer threelo_AAAA"),
        ("sec-fetch-site", "same-origin"),
    ];
    assert_eq!(
        window.request("GET", "/auth/me", &wrong).await.status(),
        401
    );
    // Another scheme is the app's own business.
    let basic = [
        ("authorization", "Basic eDp5"),
        ("sec-fetch-site", "same-origin"),
    ];
    assert_eq!(
        window.request("GET", "/auth/me", &basic).await.status(),
        200
    );

    let out = extension.request("POST", "/auth/logout", &shown).await;
    assert_eq!(out.status(), 204);
    let me = extension.request("GET", "/auth/me", &shown).await;
    assert_eq!(me.status(), 401);
    assert!(window.who_am_i().await.is_some());
}

/// A desktop app sends only the header fields that it writes itself.
#[tokio::test]
async fn a_desktop_app_redeems_without_a_browser() {
    let world = world().await;
    let ticket = any_ticket(&world).await;
    let mut app = world.browser();
    let headers = [
        ("origin", OTHER),
        ("x-threelo", "1"),
        ("content-type", "application/json"),
    ];
    let body = Bytes::from(redeeming(&ticket, VERIFIER, "bearer"));

    let seen = app.send("POST", "/auth/redeem", &headers, body).await;

    assert_eq!(seen.status(), 200, "{}", seen.text());
    let bearer = format!("Bearer {}", seen.json()["token"].as_str().unwrap());
    let shown = [("authorization", bearer.as_str())];
    let site = r#"{"site": "22222222-bbbb-4bbb-8bbb-222222222222"}"#;
    let json = [shown[0], ("content-type", "application/json")];
    let chosen = app
        .send("POST", "/auth/site", &json, Bytes::from(site))
        .await;
    assert_eq!(chosen.status(), 204, "{}", chosen.text());
    let me = app.request("GET", "/auth/me", &shown).await;
    assert_eq!(me.json()["site"]["name"], "Borealis Lab");
}
