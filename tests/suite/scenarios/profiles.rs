//! The fields of a profile, sessions that live for longer, profiles that change, accounts that end. T numbers: docs/attacks.md.

use std::time::Duration;

use super::{Browser, World};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A visit now and then, so that the session is not idle.
async fn a_day_of_use(world: &World, browser: &mut Browser) {
    for _ in 0..4 {
        world.pass(DAY / 4);
        browser.open("/user").await;
        assert!(world.auth.drain(Duration::from_secs(5)).await);
    }
}

#[tokio::test]
async fn the_profile_has_all_fields_of_the_faqs_example() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;

    let profile = browser.fetch("GET", "/profile").await.json();

    assert_eq!(
        profile["account_id"],
        "112233aa-bb11-cc22-33dd-445566abcabc"
    );
    assert_eq!(profile["nickname"], "mkrystof");
    assert_eq!(profile["zoneinfo"], "Australia/Sydney");
    assert_eq!(profile["extended_profile"]["job_title"], "Designer");
    assert_eq!(profile["extended_profile"]["department"], "Design team");
}

#[tokio::test]
async fn a_profile_that_is_a_day_old_is_read_again_in_the_background() {
    let world = World::new().await;
    let (mut desk, mut phone) = (
        world.signed_in("edward").await,
        world.signed_in("edward").await,
    );
    world.sandbox.rename("edward", "Edward Byrne-Lind");
    let looks = || world.sandbox.count("GET", "/me");
    let before = looks();
    world.pass(Duration::from_secs(7 * 3600));
    desk.open("/user").await;
    assert!(world.auth.drain(Duration::from_secs(5)).await);
    assert_eq!(
        (looks(), desk.open("/user").await.text()),
        (before, "Edward Byrne".to_owned())
    );

    a_day_of_use(&world, &mut desk).await;

    assert_eq!(looks(), before + 1);
    assert_eq!(desk.open("/user").await.text(), "Edward Byrne-Lind");
    // All sessions of the account have it, after one request.
    world.clock.advance(Duration::ZERO);
    let seen = phone.open("/user").await;
    assert!(seen.status() == 303 || seen.text() == "Edward Byrne-Lind");
}

#[tokio::test]
async fn the_sessions_of_an_inactive_or_closed_account_end_when_its_profile_is_next_read() {
    for status in ["inactive", "closed"] {
        let world = World::new().await;
        let mut browser = world.signed_in("edward").await;
        world.signed_in("mia").await;
        world.sandbox.set_account_status("edward", status);
        assert!(browser.who_am_i().await.is_some());

        a_day_of_use(&world, &mut browser).await;

        assert_eq!(browser.who_am_i().await, None, "{status}");
    }
}

#[tokio::test]
async fn while_atlassian_is_silent_the_old_profile_stays_and_is_requested_rarely() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    let silent = threelo_sandbox::Fault::Status(503);
    world
        .sandbox
        .fault(threelo_sandbox::Endpoint::Me, silent, 100);
    a_day_of_use(&world, &mut browser).await;
    let before = world.sandbox.count("GET", "/me");

    for _ in 0..10 {
        assert_eq!(browser.open("/user").await.text(), "Edward Byrne");
        assert!(world.auth.drain(Duration::from_secs(5)).await);
    }

    assert_eq!(world.sandbox.count("GET", "/me"), before);
}

#[tokio::test]
async fn a_visitor_who_asks_to_stay_signed_in_does_if_the_app_offers_it() {
    let longer = |builder: threelo::AuthBuilder| builder.remember(14 * DAY, 60 * DAY);
    for (offered, asked, lives) in [
        (true, true, true),
        (true, false, false),
        (false, true, false),
    ] {
        let world = match offered {
            true => World::with(longer).await,
            false => World::new().await,
        };
        let mut browser = world.browser();
        let seen = browser.open(&format!("/auth/login?remember={asked}")).await;
        let landed = browser.consent(&world, seen.location(), "edward").await;
        let cookies = landed.response.headers().get_all("set-cookie");
        let session = cookies
            .iter()
            .find(|cookie| cookie.as_bytes().starts_with(b"threelo-session-3000="))
            .unwrap();
        let days = if lives { 60 } else { 7 };
        let max_age = format!("Max-Age={};", days * 24 * 3600);
        assert!(session.to_str().unwrap().contains(&max_age), "{session:?}");

        world.pass(10 * DAY);
        assert_eq!(
            browser.who_am_i().await.is_some(),
            lives,
            "{offered} {asked}"
        );
        world.pass(51 * DAY);
        assert_eq!(browser.who_am_i().await, None);
    }
}

#[tokio::test]
async fn a_step_up_keeps_a_long_session_long() {
    let world = World::with(|builder| builder.remember(14 * DAY, 60 * DAY)).await;
    let mut browser = world.browser();
    let seen = browser.open("/auth/login?remember=true").await;
    browser.consent(&world, seen.location(), "edward").await;
    let seen = browser
        .open("/auth/login?scope=write:jira-work&account=same")
        .await;
    browser.consent(&world, seen.location(), "edward").await;

    world.pass(10 * DAY);

    assert!(browser.who_am_i().await.is_some());
}

#[tokio::test]
async fn a_disconnect_keeps_the_session_and_tells_where_to_go_at_atlassian() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    let page = browser.open("/auth/disconnect?return_to=/user").await;
    assert!(page.text().contains("Edward Byrne"));

    let done = browser.submit("/auth/disconnect", "return_to=/user").await;
    let page = browser.open(done.location()).await;

    assert!(
        page.text()
            .contains("https://id.atlassian.com/manage-profile/apps")
    );
    assert_eq!(browser.open("/user").await.text(), "Edward Byrne");
    assert_eq!(
        browser.fetch("GET", "/myself").await.json()["reason"],
        "no_grant"
    );
    assert!(world.auth.drain(Duration::from_secs(5)).await);
    assert_eq!(world.sandbox.count("POST", "/oauth/revoke"), 1);
    // Consent brings it back.
    let detour = browser.open("/myself").await;
    let seen = browser.open(detour.location()).await;
    assert_eq!(
        browser
            .consent(&world, seen.location(), "edward")
            .await
            .location(),
        "/myself"
    );
    assert_eq!(browser.open("/myself").await.status(), 200);
}

#[tokio::test]
async fn the_page_after_a_disconnect_starts_nothing_when_it_is_loaded_again() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    let done = browser
        .submit("/auth/disconnect", "return_to=/public")
        .await;
    let page = browser.open(done.location()).await;
    assert!(page.text().contains("Edward Byrne"));

    let again = browser.open(done.location()).await;
    let twice = browser
        .submit("/auth/disconnect", "return_to=/public")
        .await;

    assert_eq!(again.status(), 200);
    assert!(
        again
            .text()
            .contains("https://id.atlassian.com/manage-profile/apps")
    );
    assert_eq!(twice.location(), done.location());
}

/// T019, T020: an email address is text, and never an identity.
#[tokio::test]
async fn an_email_address_does_not_identify_a_user() {
    let world = World::with_crowd(2).await;
    let (mut mia, mut other, mut odd) = (world.browser(), world.browser(), world.browser());
    mia.sign_in(&world, "mia", "/").await;
    other.sign_in(&world, "crowd0", "/").await;
    odd.sign_in(&world, "crowd1", "/").await;

    let me = async |browser: &mut Browser| browser.fetch("GET", "/auth/me").await.json();
    let (hers, theirs, odd) = (me(&mut mia).await, me(&mut other).await, me(&mut odd).await);

    assert_eq!(hers["profile"]["email"], theirs["profile"]["email"]);
    assert_ne!(hers["account_id"], theirs["account_id"]);
    assert_eq!(odd["profile"]["email"], "admin@corp.example@evil.example");
    other.submit("/auth/logout", "everywhere=true").await;
    assert!(mia.who_am_i().await.is_some());
    assert_eq!(other.who_am_i().await, None);
}

/// T021: the account's id stays, whatever it is called.
#[tokio::test]
async fn a_new_name_is_the_same_account() {
    let world = World::new().await;
    let mut before = world.signed_in("edward").await;
    world.sandbox.rename("edward", "Somebody Else");

    let mut after = world.signed_in("edward").await;

    assert_eq!(before.who_am_i().await, after.who_am_i().await);
    assert_eq!(after.open("/user").await.text(), "Somebody Else");
    let sessions = after.fetch("GET", "/auth/sessions").await.json();
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 2);
}
