//! Refreshes while the store fails.

use threelo::GrantError;

use super::{ENOUGH, HOUR, SECOND, World};

#[tokio::test]
async fn while_the_store_fails_no_caller_gets_an_unstored_token_and_nothing_is_lost() {
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
    // Nothing uses the network from here on, except with a database: without one the 20 seconds pass in virtual time.
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
