//! Refreshes that a consent, another refresh or another change overtakes.

use std::sync::Arc;
use std::time::Duration;

use threelo::AccessToken;
use threelo::ConsentReason;
use threelo::clock::Clock as _;
use threelo::internals::{GrantRecord, GrantStore};
use threelo::store::Replaced;
use threelo::{AccountId, Auth, GrantError};
use threelo_sandbox::{Endpoint, Fault};
use tokio::task::JoinHandle;

use super::{HOUR, SECOND, World, edward_after_an_hour, needs_consent, token};

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
        // It read the store while there was none.
        Err(GrantError::ConsentNeeded(_)) => {}
        Err(error) => panic!("{error:?}"),
    }
    assert_eq!(world.grants.stored(&key).await.tokens, new.tokens);
}

#[tokio::test]
async fn a_refusal_does_not_mark_a_pair_that_another_instance_stores_meanwhile() {
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
async fn a_late_writer_does_not_undo_what_another_instance_stored() {
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
