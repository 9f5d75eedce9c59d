//! Scopes: asked for, granted, lost, and asked for again once.

use std::time::Duration;

use super::{Browser, World};

const STEP_UP: &str = "/auth/login?scope=write%3Ajira-work&return_to=%2Fwriters&account=same";

async fn step_up(world: &World, browser: &mut Browser, user: &str) -> String {
    let seen = browser.open(STEP_UP).await;
    let seen = browser.consent(world, seen.location(), user).await;
    seen.location().to_owned()
}

async fn why(browser: &mut Browser) -> (String, String) {
    let seen = browser.fetch("GET", "/writers").await;
    assert_eq!(seen.status(), 403);
    let word = |name: &str| seen.json()[name].as_str().unwrap().to_owned();
    (word("code"), word("reason"))
}

#[tokio::test]
async fn a_missing_scope_comes_with_the_step_up_that_returns_to_the_place_that_needed_it() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    let before = browser.cookies["threelo-session-3000"].clone();

    let page = browser.open("/writers").await;
    assert_eq!(page.status(), 403);
    assert!(
        page.text().contains(&STEP_UP.replace('&', "&amp;")),
        "{}",
        page.text()
    );
    let json = browser.fetch("GET", "/writers").await.json();
    assert_eq!(
        json["login_url"],
        "/auth/login?scope=write%3Ajira-work&account=same"
    );
    assert_eq!(
        json["missing_scopes"],
        serde_json::json!(["write:jira-work"])
    );

    assert_eq!(step_up(&world, &mut browser, "edward").await, "/writers");

    assert_eq!(browser.open("/writers").await.text(), "in");
    assert_ne!(
        browser.cookies["threelo-session-3000"], before,
        "a step-up changes the session's id"
    );
}

#[tokio::test]
async fn a_step_up_asks_for_the_union_because_a_consent_replaces_the_one_before() {
    let world =
        World::with(|builder| builder.optional_scopes(["write:jira-work", "read:jira-user"])).await;
    let mut browser = world.signed_in("edward").await;
    step_up(&world, &mut browser, "edward").await;

    let seen = browser
        .open("/auth/login?scope=read:jira-user&account=same")
        .await;

    for scope in [
        "read%3Ame",
        "offline_access",
        "read%3Ajira-work",
        "write%3Ajira-work",
        "read%3Ajira-user",
    ] {
        assert!(seen.location().contains(scope), "{scope}");
    }
}

#[tokio::test]
async fn a_scope_that_atlassian_does_not_grant_ends_in_a_page_and_not_in_a_loop() {
    let world = World::new().await;
    world.sandbox.refuse_scope("write:jira-work");
    let mut browser = world.signed_in("edward").await;
    assert_eq!(
        why(&mut browser).await,
        ("missing_scope".to_owned(), "not_asked".to_owned())
    );

    step_up(&world, &mut browser, "edward").await;

    assert_eq!(
        why(&mut browser).await,
        ("scope_not_granted".to_owned(), "not_granted".to_owned())
    );
    let page = browser.open("/writers").await;
    assert_eq!(page.status(), 403);
    assert!(
        page.text()
            .contains("Atlassian did not give the permission")
    );
    assert!(
        !page.text().contains("/auth/login"),
        "nothing to press in vain"
    );
    let call = browser.fetch("POST", "/myself").await;
    assert_eq!(call.json()["code"], "scope_not_granted");
    assert!(call.json()["login_url"].is_null());
}

#[tokio::test]
async fn a_narrower_consent_on_another_device_is_noticed_and_mended_once() {
    let world = World::new().await;
    let mut desk = world.signed_in("edward").await;
    step_up(&world, &mut desk, "edward").await;
    assert_eq!(desk.open("/writers").await.text(), "in");
    world.pass(Duration::from_secs(60));

    // The phone's sign-in asks for what every sign-in asks for.
    world.signed_in("edward").await;

    assert_eq!(
        why(&mut desk).await,
        ("missing_scope".to_owned(), "narrowed".to_owned())
    );
    let page = desk.open("/writers").await;
    assert!(page.text().contains("A permission got lost"));
    assert!(page.text().contains(&STEP_UP.replace('&', "&amp;")));
    step_up(&world, &mut desk, "edward").await;
    assert_eq!(desk.open("/writers").await.text(), "in");

    // Refused this time: that is the end, not the beginning of a loop.
    world.sandbox.refuse_scope("write:jira-work");
    world.pass(Duration::from_secs(60));
    step_up(&world, &mut desk, "edward").await;
    assert_eq!(why(&mut desk).await.1, "not_granted");
}

#[tokio::test]
async fn the_wrong_account_at_a_step_up_changes_nothing() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    let before = browser.cookies["threelo-session-3000"].clone();

    let to = step_up(&world, &mut browser, "mia").await;

    assert_eq!(to, "/auth/error?reason=wrong_account&return_to=%2Fwriters");
    let page = browser.open(&to).await;
    assert_eq!(page.status(), 409);
    assert!(
        page.text()
            .contains("Here you are <bdi>Edward Byrne</bdi>."),
        "{}",
        page.text()
    );
    assert!(page.text().contains("you chose <bdi>Mia Krystof</bdi>."));
    assert_eq!(
        browser.fetch("GET", &to).await.json()["code"],
        "wrong_account"
    );
    assert_eq!(browser.cookies["threelo-session-3000"], before);
    assert_eq!(browser.open("/user").await.text(), "Edward Byrne");
    assert!(!world.has_grant("mia").await);
}

/// The names travel in a sealed cookie, and the page without it still says what happened.
#[tokio::test]
async fn no_name_stands_in_an_address_and_a_forged_notice_is_not_shown() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    let to = step_up(&world, &mut browser, "mia").await;
    let notice = browser.cookies["threelo-flash-3000"].clone();
    assert!(!to.contains("Mia") && !notice.contains("Mia"));

    let forged = format!("1800000000.{}", "A".repeat(80));
    for cookie in [forged.as_str(), "x", &notice[..notice.len() - 2]] {
        browser
            .cookies
            .insert("threelo-flash-3000".to_owned(), cookie.to_owned());
        let page = browser.open(&to).await.text();
        assert!(page.contains("you chose another account"), "{cookie}");
    }
    browser
        .cookies
        .insert("threelo-flash-3000".to_owned(), notice);
    world.pass(Duration::from_secs(301));
    assert!(
        browser
            .open(&to)
            .await
            .text()
            .contains("you chose another account")
    );
}

#[tokio::test]
async fn a_reconnect_wants_the_same_account() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    world.sandbox.revoke_user("edward");
    world.pass(Duration::from_secs(3600));
    assert_eq!(
        browser.fetch("GET", "/myself").await.json()["code"],
        "consent_needed"
    );

    let detour = browser.open("/myself").await;
    let seen = browser.open(detour.location()).await;
    let seen = browser.consent(&world, seen.location(), "mia").await;

    assert_eq!(
        seen.location(),
        "/auth/error?reason=wrong_account&return_to=%2Fmyself"
    );
    let again = browser.open(detour.location()).await;
    assert_eq!(
        browser
            .consent(&world, again.location(), "edward")
            .await
            .location(),
        "/myself"
    );
    assert_eq!(browser.open("/myself").await.status(), 200);
}

/// The call does not say what it needs, or Atlassian wants more than the token's scopes: once everything was asked for, it is
/// enough.
#[tokio::test]
async fn a_scope_that_no_call_names_is_not_asked_for_forever() {
    let world =
        World::with(|builder| builder.scopes(["read:jira-work", "read:confluence-content.all"]))
            .await;
    world.sandbox.refuse_scope("read:jira-work");
    let mut browser = world.signed_in("edward").await;
    let mut rounds = 0;

    loop {
        let seen = browser.fetch("GET", "/myself").await.json();
        let Some(to) = seen["login_url"].as_str().map(str::to_owned) else {
            assert_eq!(seen["code"], "scope_not_granted");
            break;
        };
        rounds += 1;
        assert!(rounds < 3, "a loop");
        let seen = browser.open(&to).await;
        browser.consent(&world, seen.location(), "edward").await;
    }

    assert_eq!(rounds, 1);
}

/// The next release of the app does not use the scope, and it was removed in the developer console.
#[tokio::test]
async fn a_scope_that_the_app_has_dropped_is_not_asked_for() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    step_up(&world, &mut browser, "edward").await;
    let next = world.another_auth(|builder| builder.optional_scopes(Vec::<String>::new()));
    let app = <super::App as threelo_tests::App>::new(&next);
    let mut newer = Browser::new(&app);
    newer.cookies = browser.cookies.clone();

    let seen = newer.open("/auth/login?account=same").await;

    assert!(
        !seen.location().contains("write%3Ajira-work"),
        "{}",
        seen.location()
    );
}

/// Refused, then a plain sign-in: the account never granted it, so it was not lost.
#[tokio::test]
async fn a_scope_that_was_only_asked_for_is_not_reported_as_lost() {
    let world = World::new().await;
    world.sandbox.refuse_scope("write:jira-work");
    let mut browser = world.signed_in("edward").await;
    step_up(&world, &mut browser, "edward").await;
    world.pass(Duration::from_secs(60));

    let mut again = world.signed_in("edward").await;

    assert_eq!(why(&mut again).await.1, "not_asked");
}
