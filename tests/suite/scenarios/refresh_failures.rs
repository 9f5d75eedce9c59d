//! Refreshes that go wrong, and grants that survive them.

use std::sync::Arc;
use std::time::Duration;

use threelo::clock::Clock as _;
use threelo::secret::AccessToken;
use threelo::store::{ConsentReason, GrantRecord, GrantStore, Replaced};
use threelo::{AccountId, Auth, ConsentNeeded, GrantError};
use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::{answer, capture_logs};
use tokio::task::JoinHandle;

use super::World;
use super::refresh::{HOUR, MINUTE, edward_after_an_hour};

const ENOUGH: Duration = Duration::from_secs(20);
const SECOND: Duration = Duration::from_secs(1);

fn refusal() -> Fault {
    Fault::Body {
        status: 403,
        body: r#"{"error":"unauthorized_client","error_description":"refresh_token is invalid"}"#
            .to_owned(),
    }
}

async fn token(world: &World, user: &str) -> Result<(), GrantError> {
    let grant = world.auth.grants().of(&world.account(user)).await?;
    grant.access_token().await.map(|_token| ())
}

fn needs_consent(outcome: &Result<(), GrantError>) -> Option<ConsentReason> {
    match outcome {
        Err(GrantError::ConsentNeeded(ConsentNeeded { reason, .. })) => Some(*reason),
        _ => None,
    }
}

/// Asks for the access token of an account in the background.
fn ask(auth: Auth, account: AccountId) -> JoinHandle<Result<AccessToken, GrantError>> {
    tokio::spawn(async move { auth.grants().of(&account).await?.access_token().await })
}

/// Stores a newer pair in place of `old`, as another instance does that has refreshed.
async fn store_newer_pair(world: &World, old: &GrantRecord) {
    let mut new = old.clone();
    new.tokens.exchanged_at = world.clock.now();
    (new.generation, new.version) = (old.generation + 1, old.version + 1);
    let stored = GrantStore::replace(&*world.grants, old.version, Arc::new(new)).await;
    assert_eq!(stored.unwrap(), Replaced::Done);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_the_visitor_notices_nothing() {
    let (world, mut browser) = edward_after_an_hour().await;
    world.sandbox.fault(Endpoint::Token, Fault::CutAfter, 1);

    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);

    assert_eq!(world.refreshes(), 2);
    world.pass(HOUR);
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
}

#[tokio::test]
async fn a_lost_answer_is_chased_although_nobody_asks_any_more() {
    let (world, mut browser) = edward_after_an_hour().await;
    world.sandbox.fault(Endpoint::Token, Fault::CutAfter, 1);
    world.sandbox.fault(Endpoint::Token, Fault::Status(503), 1);

    let seen = browser.fetch("GET", "/myself").await;

    assert_eq!((seen.status(), seen.header("retry-after")), (503, "5"));
    assert!(world.auth.drain(ENOUGH).await);
    assert_eq!(world.refreshes(), 3);
    // The successor was stored in time: the old token would be a breach by now.
    world.pass(20 * MINUTE);
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
    world.pass(HOUR);
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
}

#[tokio::test]
async fn past_the_leeway_a_lost_answer_leads_to_consent_and_back() {
    let (world, mut browser) = edward_after_an_hour().await;
    world.sandbox.fault(Endpoint::Token, Fault::CutAfter, 1);
    world.sandbox.fault(Endpoint::Token, Fault::CutBefore, 1000);
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 503);

    world.pass(11 * MINUTE);
    assert!(
        world.auth.drain(ENOUGH).await,
        "nobody chases past the leeway"
    );
    world.sandbox.mend();
    world.pass(MINUTE);

    let seen = browser.fetch("GET", "/myself").await;
    assert_eq!(
        (seen.status(), &seen.json()["reason"]),
        (401, &"answer_lost".into())
    );
    let seen = browser.open("/myself").await;
    assert_eq!(
        seen.location(),
        "/auth/login?return_to=%2Fmyself&account=same"
    );
    let (_, seen) = browser.sign_in(&world, "edward", "/myself").await;
    assert_eq!(seen.location(), "/myself");
    assert_eq!(browser.open("/myself").await.text(), "2");
}

#[tokio::test]
async fn a_grant_that_the_user_removed_leads_to_consent_with_one_call_to_atlassian() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    world.sandbox.revoke_user("edward");
    world.pass(HOUR);

    for _ in 0..5 {
        let seen = browser.fetch("GET", "/myself").await;
        assert_eq!(
            (seen.status(), &seen.json()["reason"]),
            (401, &"refused".into())
        );
    }

    assert_eq!(world.refreshes(), 1);
    let grant = world.grant_of("edward").await;
    let needed = grant.consent_needed().unwrap();
    assert_eq!(needed.reason, ConsentReason::Refused);
    assert!(needed.since.is_some());
    let me = browser.fetch("GET", "/auth/me").await.json();
    assert_eq!(me["consent"]["needed"], "refused");
}

#[tokio::test]
async fn a_refresh_that_a_consent_overtook_uses_the_new_grant() {
    let world = World::new().await;
    world
        .sandbox
        .knobs(|knobs| knobs.second_consent_kills = true);
    let mut browser = world.signed_in("edward").await;
    let key = world.grant_key("edward");
    let first = world.grants.stored(&key).await.generation;
    world.pass(HOUR);
    let slow = Fault::Delay(Duration::from_millis(400));
    world.sandbox.fault(Endpoint::Token, slow, 1);

    let loser = {
        let mut browser = browser.clone();
        tokio::spawn(async move { browser.fetch("GET", "/myself").await.status() })
    };
    world.wait_for_refresh().await;
    let mut elsewhere = world.signed_in("edward").await;

    assert_eq!(loser.await.unwrap(), 200);
    let grant = world.grants.stored(&key).await;
    assert_eq!((grant.consent_needed, grant.generation), (None, first + 1));
    assert_eq!(elsewhere.fetch("GET", "/myself").await.status(), 200);
    world.pass(HOUR);
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
}

#[tokio::test]
async fn a_refresh_that_is_answered_after_a_consent_does_not_win_by_its_time() {
    let world = World::new().await;
    world
        .sandbox
        .knobs(|knobs| knobs.second_consent_kills = true);
    let mut browser = world.signed_in("edward").await;
    world.pass(HOUR);
    let mut elsewhere = world.browser();
    let callback = elsewhere.callback_of_login(&world, "edward", "/").await;
    // The consent has exchanged its code and is still reading the profile.
    world
        .sandbox
        .fault(Endpoint::Me, Fault::Delay(Duration::from_millis(600)), 1);
    let old = world.grants.stored(&world.grant_key("edward")).await;
    let consent = tokio::spawn(async move { elsewhere.arrive(&callback).await.status() });
    while world.sandbox.count("GET", "/me") < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    // Meanwhile another instance stores what it got for the old token, as if its answer had come just now.
    world.clock.advance(SECOND);
    store_newer_pair(&world, &old).await;

    assert_eq!(consent.await.unwrap(), 303);
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
    world.pass(HOUR);
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
}

#[tokio::test]
async fn a_refresh_of_a_grant_that_was_forgotten_never_writes_over_the_one_that_took_its_place() {
    let world = World::new().await;
    world.signed_in("edward").await;
    let account = world.account("edward");
    world.pass(HOUR);
    // The late instance has its pair; the store takes it only after the new grant is there.
    world.grants.fail_writes(3);
    let asked = ask(world.another_auth(|builder| builder), account.clone());
    world.grants.a_failed_write().await;
    let grant = world.auth.grants().of(&account).await.unwrap();
    grant.forget().await.unwrap();
    world.signed_in("edward").await;
    let key = world.grant_key("edward");
    let new = world.grants.stored(&key).await;

    match asked.await.unwrap() {
        Ok(told) => assert_eq!(told, new.tokens.access_token),
        // It looked while there was none.
        Err(GrantError::ConsentNeeded(_)) => {}
        Err(error) => panic!("{error:?}"),
    }
    assert_eq!(world.grants.stored(&key).await.tokens, new.tokens);
}

#[tokio::test]
async fn a_refusal_does_not_mark_the_pair_that_a_winner_stores_in_that_moment() {
    let world = World::new().await;
    world.signed_in("edward").await;
    let (key, account) = (world.grant_key("edward"), world.account("edward"));
    world.sandbox.revoke_user("edward");
    world.pass(HOUR);
    world.grants.hold_write();
    let asked = ask(world.auth.clone(), account);
    // The refusal is about to be marked.
    world.grants.a_held_write().await;

    let old = world.grants.stored(&key).await;
    store_newer_pair(&world, &old).await;
    world.grants.let_go();

    assert!(asked.await.unwrap().is_ok());
    assert_eq!(world.grants.stored(&key).await.consent_needed, None);
}

#[tokio::test]
async fn a_late_writer_does_not_undo_what_a_winner_stored() {
    let world = World::new().await;
    world.signed_in("edward").await;
    let (key, account) = (world.grant_key("edward"), world.account("edward"));
    world.pass(HOUR);
    world.grants.fail_writes(1);
    let asked = ask(world.another_auth(|builder| builder), account.clone());
    world.grants.a_failed_write().await;

    // The late writer holds its pair; its lease ends; another instance refreshes inside the leeway.
    world.pass(31 * SECOND);
    token(&world, "edward").await.unwrap();
    let winner = world.grants.stored(&key).await;

    let told = asked.await.unwrap().unwrap();
    assert_eq!(told, winner.tokens.access_token);
    let after = world.grants.stored(&key).await;
    assert_eq!(after.tokens, winner.tokens);
    assert_eq!(after.generation, winner.generation);
    world.pass(HOUR);
    token(&world, "edward").await.unwrap();
}

#[tokio::test]
async fn a_lease_that_runs_out_while_the_exchange_hangs_loses_no_grant() {
    let world = World::new().await;
    world.signed_in("edward").await;
    let (key, account) = (world.grant_key("edward"), world.account("edward"));
    world.pass(HOUR);
    let hangs = Fault::Delay(Duration::from_millis(800));
    world.sandbox.fault(Endpoint::Token, hangs, 1);
    let asked = ask(world.another_auth(|builder| builder), account.clone());
    world.wait_for_refresh().await;

    // The lease ends; another instance sends the same token inside the leeway.
    world.pass(31 * SECOND);
    token(&world, "edward").await.unwrap();
    let winner = world.grants.stored(&key).await;

    assert_eq!(asked.await.unwrap().unwrap(), winner.tokens.access_token);
    assert_eq!(world.refreshes(), 2);
    let after = world.grants.stored(&key).await;
    assert_eq!(
        (&after.tokens, after.consent_needed),
        (&winner.tokens, None)
    );
    world.pass(HOUR);
    token(&world, "edward").await.unwrap();
}

#[tokio::test]
async fn a_wrong_client_secret_harms_nobody_and_shouts() {
    let logs = capture_logs();
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    let before = world.grants.stored(&world.grant_key("edward")).await;
    world.pass(HOUR);
    let wrong = Fault::Body {
        status: 401,
        body: r#"{"error":"access_denied","error_description":"Unauthorized"}"#.to_owned(),
    };
    world.sandbox.fault(Endpoint::Token, wrong, 1);

    let seen = browser.open("/myself").await;

    assert_eq!((seen.status(), seen.header("retry-after")), (503, "30"));
    assert!(
        logs.text()
            .contains("no grant can be refreshed: check ATLASSIAN_CLIENT_SECRET")
    );
    assert_eq!(
        world.grants.stored(&world.grant_key("edward")).await,
        before
    );
    assert_eq!(browser.open("/myself").await.status(), 503);
    assert_eq!(
        world.refreshes(),
        1,
        "nobody asks again before the rest is over"
    );
    world.pass(31 * SECOND);
    assert_eq!(browser.open("/myself").await.status(), 200);
}

#[tokio::test]
async fn a_provider_that_refuses_everybody_for_ten_minutes_costs_no_grant() {
    const CROWD: usize = 12;
    let logs = capture_logs();
    let world = World::with_crowd(CROWD).await;
    for number in 0..CROWD {
        world.signed_in(&format!("crowd{number}")).await;
    }
    world.pass(HOUR);
    world.sandbox.fault(Endpoint::Token, refusal(), 10_000);

    let mut sent_to_consent = std::collections::BTreeSet::new();
    for _ in 0..5 {
        for number in 0..CROWD {
            let outcome = token(&world, &format!("crowd{number}")).await;
            assert!(outcome.is_err());
            if needs_consent(&outcome).is_some() {
                sent_to_consent.insert(number);
            }
        }
        world.pass(2 * MINUTE);
    }
    assert!(sent_to_consent.len() < 5, "{sent_to_consent:?}");
    assert!(
        logs.text()
            .contains("refresh tokens of one account after another are refused")
    );

    world.sandbox.mend();
    world.pass(10 * MINUTE);
    for number in 0..CROWD {
        let outcome = token(&world, &format!("crowd{number}")).await;
        assert!(outcome.is_ok(), "{number}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_marked_grant_is_looked_at_again_seldom_and_then_never() {
    let world = World::new().await;
    world.signed_in("edward").await;
    world.sandbox.revoke_user("edward");
    world.pass(HOUR);

    for _ in 0..8 * 24 * 6 {
        assert!(needs_consent(&token(&world, "edward").await).is_some());
        world.pass(10 * MINUTE);
    }

    assert!(
        (5..15).contains(&world.refreshes()),
        "{}",
        world.refreshes()
    );
}

#[tokio::test]
async fn while_the_store_fails_nobody_gets_an_unstored_token_and_nothing_is_lost() {
    let world = World::with(|builder| builder.refresh_wait(3 * SECOND)).await;
    let mut browser = world.signed_in("edward").await;
    let key = world.grant_key("edward");
    let first_pair = world.grants.stored(&key).await.generation;
    world.pass(HOUR);
    world.grants.fail_writes(usize::MAX);
    let grant = world.grant_of("edward").await;

    let first = {
        let grant = grant.clone();
        tokio::spawn(async move { grant.access_token().await })
    };
    world.grants.a_failed_write().await;
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 503);
    // From here on nothing comes over the wire, unless a database does: the rest of the 20 seconds is made to pass.
    let waits = threelo_tests::is_on_a_database();
    if !waits {
        tokio::time::pause();
    }
    let began = tokio::time::Instant::now();
    while began.elapsed() < ENOUGH {
        let unstored = grant.access_token().await;
        assert!(
            matches!(unstored, Err(GrantError::Unavailable { .. })),
            "{unstored:?}"
        );
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!(world.grants.stored(&key).await.generation, first_pair);
    world.grants.fail_writes(0);
    assert!(world.auth.drain(ENOUGH).await);
    if !waits {
        tokio::time::resume();
    }

    assert!(first.await.unwrap().is_err());
    assert_eq!(world.grants.stored(&key).await.generation, first_pair + 1);
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn a_site_choice_in_the_middle_of_a_refresh_is_kept_and_so_is_the_pair() {
    let world = World::new().await;
    let mut mia = world.signed_in("mia").await;
    let key = world.grant_key("mia");
    let first = world.grants.stored(&key).await.generation;
    world.pass(HOUR);
    let slow = Fault::Delay(Duration::from_millis(300));
    world.sandbox.fault(Endpoint::Token, slow, 1);
    let refresh = ask(world.auth.clone(), world.account("mia"));
    world.wait_for_refresh().await;

    let site = "22222222-bbbb-4bbb-8bbb-222222222222";
    assert_eq!(
        mia.submit("/auth/site", &format!("site={site}"))
            .await
            .status(),
        303
    );

    refresh.await.unwrap().unwrap();
    let grant = world.grants.stored(&key).await;
    assert_eq!(grant.last_site.as_ref().unwrap().as_str(), site);
    assert_eq!((grant.generation, world.refreshes()), (first + 1, 1));
}

#[tokio::test]
async fn a_grant_that_was_forgotten_during_its_refresh_stays_forgotten() {
    let (world, _browser) = edward_after_an_hour().await;
    let slow = Fault::Delay(Duration::from_millis(300));
    world.sandbox.fault(Endpoint::Token, slow, 1);
    let grant = world.grant_of("edward").await;
    let refresh = {
        let grant = grant.clone();
        tokio::spawn(async move { grant.access_token().await.map(|_token| ()) })
    };
    world.wait_for_refresh().await;

    grant.forget().await.unwrap();

    assert_eq!(
        needs_consent(&refresh.await.unwrap()),
        Some(ConsentReason::NoGrant)
    );
    assert_eq!(
        needs_consent(&token(&world, "edward").await),
        Some(ConsentReason::NoGrant)
    );
}

#[tokio::test]
async fn a_rate_limited_refresh_waits_as_long_as_atlassian_says() {
    let (world, mut browser) = edward_after_an_hour().await;
    let limited = answer(429, &[("retry-after", "40")], "slow down");
    world.sandbox.fault(Endpoint::Token, limited, 1);

    let seen = browser.fetch("GET", "/myself").await;

    assert_eq!((seen.status(), seen.header("retry-after")), (503, "40"));
    world.pass(39 * SECOND);
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 503);
    world.pass(2 * SECOND);
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
    assert_eq!(world.refreshes(), 2);
}

#[tokio::test]
async fn without_a_refresh_token_a_grant_ends_with_its_hour() {
    let world = World::with(threelo::AuthBuilder::sign_in_only).await;
    let mut browser = world.signed_in("edward").await;
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
    world.pass(HOUR);

    let seen = browser.fetch("GET", "/myself").await;

    assert_eq!(
        (seen.status(), &seen.json()["reason"]),
        (401, &"no_refresh_token".into())
    );
    assert_eq!(world.refreshes(), 0);
}

#[tokio::test]
async fn sites_that_nobody_could_read_at_the_login_are_read_hours_later() {
    let world = World::new().await;
    world.sandbox.fault(Endpoint::Sites, Fault::Status(500), 1);
    let mut browser = world.signed_in("edward").await;
    world.pass(5 * HOUR);

    assert_eq!(browser.fetch("GET", "/board").await.text(), "Borealis Lab");
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn no_secret_of_a_refresh_is_ever_logged() {
    let logs = capture_logs();
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    for fault in [refusal(), Fault::CutAfter, Fault::Html, Fault::Status(500)] {
        world.pass(HOUR);
        world.sandbox.fault(Endpoint::Token, fault, 1);
        browser.fetch("GET", "/myself").await;
        world.auth.drain(ENOUGH).await;
    }

    let text = logs.text();
    assert!(text.contains("threelo"));
    for secret in world.sandbox.issued_secrets() {
        assert!(!text.contains(&secret));
    }
}
