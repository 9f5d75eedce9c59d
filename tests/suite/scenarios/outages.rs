//! The store is away while a consent is being stored.

use std::time::Duration;

use threelo::clock::Clock as _;

use super::World;

/// Atlassian may have forgotten the old tokens by then: the new ones must not be lost.
#[tokio::test]
async fn a_consent_during_an_outage_keeps_the_grant_of_a_job_alive() {
    let world = World::new().await;
    let kills = |knobs: &mut threelo_sandbox::Knobs| knobs.second_consent_kills = true;
    world.sandbox.knobs(kills);
    let key = world.grant_key("edward");
    world.signed_in("edward").await;
    let first = world.grants.stored(&key).await;
    world.pass(Duration::from_secs(600));
    let mut phone = world.browser();
    let callback = phone.callback_of_login(&world, "edward", "/user").await;
    world.grants.set_down(true);

    let seen = phone.arrive(&callback).await;

    assert!(
        seen.location()
            .starts_with("/auth/error?reason=unavailable")
    );
    world.grants.set_down(false);
    assert!(world.auth.drain(Duration::from_secs(10)).await);
    let stored = world.grants.stored(&key).await;
    assert_eq!(stored.consented_at, world.clock.now());
    assert_eq!(stored.generation, first.generation + 1);
    // It is the pair that Atlassian knows.
    world.pass(Duration::from_secs(3600));
    let edward = world.account("edward");
    let grant = world.auth.grants().of(&edward).await.unwrap();
    let token = grant.access_token().await;
    assert!(token.is_ok(), "{token:?}");
}
