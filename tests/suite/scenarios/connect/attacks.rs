//! The attack that Atlassian's FAQ describes, and what else an attacker may try: T001 to T016 (docs/attacks.md).

use std::time::Duration;

use super::{browser_of, connected, world};

const REFUSED: &str = "/auth/error?reason=refused";

/// Word for word: Mallory starts a flow for herself, blocks the callback, records its address, and tricks Edward, who is
/// logged in to the app, into visiting it (T001).
#[tokio::test]
async fn mallorys_callback_links_nothing_to_edward() {
    let world = world().await;
    let (mut mallory, mut edward) = (browser_of(&world, "mallory"), browser_of(&world, "edward"));
    let callback = mallory
        .callback_of_connect(&world, "mia", "return_to=/public")
        .await;

    let seen = edward.arrive(&callback).await;

    assert_eq!(seen.location(), REFUSED);
    assert_eq!(world.sandbox.count("POST", "/oauth/token"), 0);
    assert!(connected(&mut edward).await.is_empty());
    // His confidential ticket cannot land in her Jira: there is no Jira for it.
    let filed = edward.submit("/myself", "").await;
    assert_eq!(filed.status(), 409);
    let journal = world.sandbox.journal();
    assert!(
        journal
            .iter()
            .all(|entry| !entry.path.ends_with("/rest/api/3/issue"))
    );
    // Mallory's flow is still hers.
    let seen = mallory.arrive(&callback).await;
    assert_eq!(seen.location(), "/auth/connections?return_to=%2Fpublic");
    assert_eq!(connected(&mut mallory).await, ["Mia Krystof"]);
}

#[tokio::test]
async fn mallorys_callback_links_nothing_while_edward_has_a_flow_of_his_own() {
    let world = world().await;
    let (mut mallory, mut edward) = (browser_of(&world, "mallory"), browser_of(&world, "edward"));
    let callback = mallory.callback_of_connect(&world, "mia", "").await;
    let own = edward.start_connect("return_to=/public").await;

    assert_eq!(edward.arrive(&callback).await.location(), REFUSED);

    edward.consent(&world, &own, "edward").await;
    assert_eq!(connected(&mut edward).await, ["Edward Byrne"]);
}

/// The mirror: Edward completes an authorize address that Mallory made (T002).
#[tokio::test]
async fn an_authorize_address_that_mallory_made_gives_her_nothing_of_edwards() {
    let world = world().await;
    let (mut mallory, mut edward) = (browser_of(&world, "mallory"), browser_of(&world, "edward"));
    let authorize = mallory.start_connect("").await;

    let seen = edward.consent(&world, &authorize, "edward").await;

    assert_eq!(seen.location(), REFUSED);
    assert_eq!(world.sandbox.count("POST", "/oauth/token"), 0);
    assert!(connected(&mut mallory).await.is_empty());
    assert!(connected(&mut edward).await.is_empty());
}

/// T003, T013: no link starts a flow, whatever it carries.
#[tokio::test]
async fn no_link_starts_a_flow() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");

    for path in [
        "/auth/connect",
        "/auth/connect?session=abc",
        "/auth/connect?flow=abc",
    ] {
        let seen = edward.arrive(path).await;
        assert_eq!((seen.status(), seen.header("allow")), (405, "POST"));
    }
    assert_eq!(edward.arrive("/auth/login").await.status(), 404);
    // A handler that would start one by a link leads to the page with the button instead.
    let seen = edward.open("/start").await;
    assert!(seen.location().starts_with("/auth/connections"), "{seen:?}");
    assert_eq!(edward.cookies.len(), 1, "the app's own cookie only");
}

#[tokio::test]
async fn a_form_of_another_site_starts_and_ends_nothing() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");
    edward.connect(&world, "edward", "").await;
    let foreign = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("origin", "https://evil.example"),
    ];
    let without_proof = [("accept", "application/json")];

    for path in ["/auth/connect", "/auth/disconnect"] {
        for headers in [&foreign[..], &without_proof] {
            let seen = edward.request("POST", path, headers).await;
            assert_eq!((seen.status(), seen.location()), (403, ""), "{path}");
        }
    }
    // A handler of the app's own that starts a flow leads to the button instead.
    let seen = edward.request("POST", "/start", &foreign).await;
    assert_eq!(seen.location(), "/auth/connections?return_to=%2Fpublic");

    assert_eq!(connected(&mut edward).await, ["Edward Byrne"]);
    assert_eq!(world.sandbox.count("POST", "/oauth/token"), 1);
}

/// T007: the mode is the flow's, whatever the callback says.
#[tokio::test]
async fn a_parameter_of_the_callback_does_not_change_what_the_flow_is_for() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward").with_user("mode", "login");
    let callback = edward
        .callback_of_connect(&world, "edward", "return_to=/public")
        .await;

    let seen = edward
        .arrive(&format!("{callback}&mode=login&subject=mallory"))
        .await;

    assert_eq!(seen.location(), "/auth/connections?return_to=%2Fpublic");
    assert_eq!(connected(&mut edward).await, ["Edward Byrne"]);
    let cookies: Vec<&String> = edward.cookies.keys().collect();
    assert_eq!(cookies, ["app-user", "mode", "threelo-flash-3000"]);
}

/// T008: signed out of the app before the callback.
#[tokio::test]
async fn a_flow_whose_user_signed_out_links_nothing() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");
    let callback = edward.callback_of_connect(&world, "edward", "").await;
    edward.cookies.remove("app-user");

    let bounce = edward.arrive(&callback).await;
    assert_eq!(
        bounce.status(),
        200,
        "the browser may have left out the app's cookie"
    );
    let seen = edward.open(&format!("{callback}&bounced=1")).await;

    assert!(seen.location().starts_with(REFUSED), "{seen:?}");
    assert_eq!(world.sandbox.count("POST", "/oauth/token"), 0);
    assert!(edward.cookies.is_empty(), "the flow is used up");
}

/// T009: a shared computer.
#[tokio::test]
async fn a_flow_that_another_user_of_the_browser_started_links_nothing() {
    let world = world().await;
    let mut shared = browser_of(&world, "edward");
    let callback = shared.callback_of_connect(&world, "edward", "").await;

    let mut shared = shared.with_user("app-user", "mallory");
    let seen = shared.arrive(&callback).await;

    assert!(seen.location().starts_with(REFUSED), "{seen:?}");
    assert_eq!(world.sandbox.count("POST", "/oauth/token"), 0);
    assert!(connected(&mut shared).await.is_empty());
    let mut edward = shared.with_user("app-user", "edward");
    assert!(connected(&mut edward).await.is_empty());
    assert!(
        edward
            .arrive(&callback)
            .await
            .location()
            .starts_with(REFUSED)
    );
}

/// T010: the app may rotate its session; the user is what counts.
#[tokio::test]
async fn a_new_session_of_the_same_user_finishes_the_flow() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");
    let callback = edward.callback_of_connect(&world, "edward", "").await;
    edward.cookies.remove("app-user");

    let mut edward = edward.with_user("strict-user", "edward");
    assert_eq!(edward.arrive(&callback).await.status(), 200);
    edward.open(&format!("{callback}&bounced=1")).await;

    assert_eq!(connected(&mut edward).await, ["Edward Byrne"]);
}

/// T011: the app cannot tell; the flow is kept, and goes on when it can again.
#[tokio::test]
async fn while_the_app_cannot_tell_who_its_user_is_nothing_is_lost() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");
    let callback = edward.callback_of_connect(&world, "edward", "").await;

    let mut unsure = edward.with_user("app-user", "broken");
    let seen = unsure.arrive(&callback).await;
    assert!(
        seen.location()
            .starts_with("/auth/error?reason=unavailable")
    );
    for path in [
        "/auth/connections",
        "/connections",
        "/myself",
        "/login-only",
    ] {
        let seen = unsure.fetch("GET", path).await;
        assert_eq!(
            (seen.status(), seen.header("retry-after")),
            (503, "5"),
            "{path}"
        );
    }
    assert_eq!(unsure.fetch("GET", "/public").await.text(), "public");

    let mut edward = unsure.with_user("app-user", "edward");
    edward.arrive(&callback).await;
    assert_eq!(connected(&mut edward).await, ["Edward Byrne"]);
}

/// T012: the app's cookie is `SameSite=Strict` and is not sent with the callback: a built-in page reloads with it.
#[tokio::test]
async fn a_strict_cookie_of_the_app_arrives_by_way_of_one_page() {
    let world = world().await;
    let mut edward = world.browser().with_user("strict-user", "edward");
    let callback = edward
        .callback_of_connect(&world, "edward", "return_to=/public")
        .await;

    let bounce = edward.arrive(&callback).await;
    assert_eq!(bounce.status(), 200);
    assert_eq!(bounce.header("cache-control"), "no-store");
    assert_eq!(bounce.header("referrer-policy"), "no-referrer");
    assert_eq!(world.sandbox.count("POST", "/oauth/token"), 0);
    let refresh = bounce.text();
    let again = refresh.split("0;url=").nth(1).unwrap();
    let again = again.split('"').next().unwrap().replace("&amp;", "&");
    let seen = edward.open(&format!("/auth/callback{again}")).await;

    assert_eq!(seen.location(), "/auth/connections?return_to=%2Fpublic");
    assert_eq!(connected(&mut edward).await, ["Edward Byrne"]);
}

/// T014: Edward's browser was signed in at Atlassian with another account: he sees it, and can disconnect it.
#[tokio::test]
async fn the_visitor_sees_which_account_was_connected() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");

    let (_, seen) = edward.connect(&world, "mia", "return_to=/public").await;
    let page = edward.open(seen.location()).await;

    assert!(page.text().contains("Account connected"));
    assert!(page.text().contains("Mia Krystof"));
    assert!(page.text().contains("112233aa-bb11-cc22-33dd-445566abcabc"));
    assert!(page.text().contains("/auth/disconnect?account="));
    assert!(page.text().contains("href=\"/public\""));
    // It is said once.
    let page = edward.open("/auth/connections").await;
    assert!(!page.text().contains("Account connected"));
}

/// T023.
#[tokio::test]
async fn an_inactive_account_is_not_connected() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");

    let (_, seen) = edward.connect(&world, "ines", "").await;

    assert!(seen.location().starts_with("/auth/error?reason=account"));
    assert!(connected(&mut edward).await.is_empty());
}

/// A flow of sign-in mode is refused in connect mode, also where both have the same keys and cookie names.
#[tokio::test]
async fn a_flow_that_was_started_to_sign_in_connects_nothing() {
    let signs_in = super::World::new().await;
    let mut edward = signs_in.browser();
    let callback = edward.callback_of_login(&signs_in, "edward", "/").await;
    let connects = world().await;
    let mut browser = browser_of(&connects, "edward");
    browser.cookies.extend(edward.cookies.clone());

    let seen = browser.arrive(&callback).await;

    assert_eq!(seen.location(), REFUSED);
    assert!(connected(&mut browser).await.is_empty());
    assert_eq!(signs_in.sandbox.count("POST", "/oauth/token"), 0);
}

#[tokio::test]
async fn a_flow_ends_after_its_lifetime_and_is_good_once() {
    let world = world().await;
    let mut edward = browser_of(&world, "edward");
    let callback = edward.callback_of_connect(&world, "edward", "").await;
    let mut late = edward.clone();

    edward.arrive(&callback).await;
    let mut again = late.clone();
    let seen = again.arrive(&callback).await;
    assert_eq!(seen.location(), "/", "led on: the account is connected");
    assert_eq!(world.sandbox.count("POST", "/oauth/token"), 1);

    world.pass(Duration::from_secs(601));
    assert_eq!(late.arrive(&callback).await.location(), REFUSED);
}

#[tokio::test]
async fn the_callback_reloads_at_most_once_whatever_the_address_says() {
    let world = world().await;
    for mark in ["bounced=%ff", "bounced=1&bounced=2", "bounced"] {
        let mut signed_out = browser_of(&world, "edward");
        let callback = signed_out.callback_of_connect(&world, "edward", "").await;
        signed_out.cookies.remove("app-user");

        let seen = signed_out.open(&format!("{callback}&{mark}")).await;

        assert!(seen.location().starts_with(REFUSED), "{mark}: {seen:?}");
    }
}
