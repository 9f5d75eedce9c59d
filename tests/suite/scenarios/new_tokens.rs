//! Once Atlassian has issued tokens, the old ones of the account may be dead. The new ones are kept, whatever comes next.

use std::time::Duration;

use threelo::{BoxError, GrantError, HookDecision};
use threelo_sandbox::{Endpoint, Fault};

use super::World;
use super::refresh::{HOUR, MINUTE};

const ENOUGH: Duration = Duration::from_secs(15);

/// A world in which a second consent ends what the first one gave.
async fn killing(world: World) -> World {
    world
        .sandbox
        .knobs(|knobs| knobs.second_consent_kills = true);
    world
}

/// What a job of the app gets, an hour later: the pair that is stored must be the one that Atlassian knows.
async fn token_later(world: &World, user: &str) -> Result<(), GrantError> {
    world.pass(HOUR);
    world.grant_of(user).await.access_token().await.map(drop)
}

#[tokio::test]
async fn a_write_that_is_repeated_finds_itself_under_a_newer_pair() {
    let world = killing(World::new().await).await;
    world.signed_in("edward").await;
    world.pass(10 * MINUTE);
    let mut phone = world.browser();
    let callback = phone.callback_of_login(&world, "edward", "/").await;
    // The write is done, its answer is lost, and the store stays away from this instance.
    world.grants.lose_next_answer();
    let seen = phone.arrive(&callback).await;
    assert!(
        seen.location()
            .starts_with("/auth/error?reason=unavailable")
    );

    // Another instance finds the pair and refreshes it.
    let other = world.healthy_auth();
    world.pass(HOUR);
    let grant = other.grants().of(&world.account("edward")).await.unwrap();
    grant.access_token().await.unwrap();
    let refreshed = world.grants.stored(&world.grant_key("edward")).await;
    world.grants.set_down(false);
    assert!(world.auth.drain(ENOUGH).await, "the repetition ends");

    let stored = world.grants.stored(&world.grant_key("edward")).await;
    assert_eq!(stored.tokens, refreshed.tokens);
    assert_eq!(stored.generation, refreshed.generation);
    world.pass(20 * MINUTE);
    assert!(token_later(&world, "edward").await.is_ok());
}

#[tokio::test]
async fn two_consents_in_one_moment_keep_the_one_that_is_stored_last() {
    let world = World::new().await;
    // The clocks stand still: both consents have the same time.
    world.signed_in("edward").await;
    let first = world.grants.stored(&world.grant_key("edward")).await;
    world.signed_in("edward").await;

    let stored = world.grants.stored(&world.grant_key("edward")).await;

    assert_eq!(stored.consented_at, first.consented_at);
    assert_ne!(stored.tokens, first.tokens);
    assert_eq!(stored.consents.len(), 2);
}

#[tokio::test]
async fn a_record_remembers_eight_consents() {
    let world = World::new().await;
    for _ in 0..10 {
        world.signed_in("edward").await;
    }
    let stored = world.grants.stored(&world.grant_key("edward")).await;
    assert_eq!(stored.consents.len(), 8);
}

#[tokio::test]
async fn a_profile_that_cannot_be_read_at_first_costs_nothing() {
    for fault in [
        Fault::CutBody,
        Fault::CutAfter,
        Fault::Status(429),
        Fault::Status(502),
        Fault::Status(401),
    ] {
        let world = killing(World::new().await).await;
        world.signed_in("edward").await;
        world.sandbox.fault(Endpoint::Me, fault.clone(), 1);

        let (_, seen) = world.browser().sign_in(&world, "edward", "/user").await;

        assert_eq!(seen.location(), "/user", "{fault:?}");
        assert!(token_later(&world, "edward").await.is_ok(), "{fault:?}");
    }
}

#[tokio::test]
async fn a_profile_that_comes_too_late_for_the_login_still_saves_the_grant() {
    let world = killing(World::new().await).await;
    world.signed_in("edward").await;
    world.sandbox.fault(Endpoint::Me, Fault::Status(503), 1000);

    let (_, seen) = world.browser().sign_in(&world, "edward", "/user").await;

    assert!(
        seen.location()
            .starts_with("/auth/error?reason=unavailable")
    );
    world.sandbox.mend();
    assert!(world.auth.drain(ENOUGH).await);
    assert!(token_later(&world, "edward").await.is_ok());
}

/// An outage of `/me` must not fill the memory with tasks.
#[tokio::test]
async fn so_many_new_tokens_wait_for_a_profile_and_no_more() {
    let world = killing(World::with(|builder| builder.unowned_tokens(1)).await).await;
    for user in ["edward", "mia"] {
        world.signed_in(user).await;
    }
    world.sandbox.fault(Endpoint::Me, Fault::Status(503), 1000);

    for user in ["edward", "mia"] {
        world.browser().sign_in(&world, user, "/user").await;
    }

    world.sandbox.mend();
    assert!(world.auth.drain(ENOUGH).await);
    assert!(token_later(&world, "edward").await.is_ok());
    assert!(token_later(&world, "mia").await.is_err());
    // There is a place again.
    world.sandbox.fault(Endpoint::Me, Fault::Status(503), 1000);
    world.browser().sign_in(&world, "edward", "/user").await;
    world.sandbox.mend();
    assert!(world.auth.drain(ENOUGH).await);
    assert!(token_later(&world, "edward").await.is_ok());
}

#[tokio::test]
async fn a_profile_that_comes_late_begins_no_grant() {
    let world = World::new().await;
    world.sandbox.fault(Endpoint::Me, Fault::Status(503), 1000);
    world.browser().sign_in(&world, "edward", "/user").await;
    world.sandbox.mend();
    assert!(world.auth.drain(ENOUGH).await);
    assert!(!world.has_grant("edward").await);
}

async fn sign_in_with_hook<F, Fut>(hook: F)
where
    F: Fn(usize) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<HookDecision, BoxError>> + Send + 'static,
{
    let calls = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted =
        move |_: threelo::SignIn| hook(calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    let world = killing(World::with(|builder| builder.on_login(counted)).await).await;
    world.signed_in("edward").await;

    let (_, seen) = world.browser().sign_in(&world, "edward", "/user").await;

    assert!(
        seen.location().starts_with("/auth/error?reason=app_failed"),
        "{}",
        seen.location()
    );
    assert!(token_later(&world, "edward").await.is_ok());
}

#[tokio::test]
async fn a_hook_that_panics_refuses_and_costs_no_grant() {
    sign_in_with_hook(async |call: usize| {
        assert_eq!(call, 0, "the hook's second call panics");
        Ok(HookDecision::Continue)
    })
    .await;
    // Not in the future, but before there is one.
    sign_in_with_hook(|call: usize| {
        assert_eq!(call, 0, "the hook's second call panics");
        std::future::ready(Ok(HookDecision::Continue))
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_without_offline_access_leaves_the_refresh_token_of_a_job() {
    let world = World::new().await;
    world.sandbox.knobs(|knobs| knobs.verify_pkce = false);
    world.signed_in("edward").await;
    let first = world.grants.stored(&world.grant_key("edward")).await;
    let without = odd_answer(&world, r#"{"refresh_token": null, "scope": "read:me"}"#).await;
    world.sandbox.fault(Endpoint::Token, without, 1);

    let (_, seen) = world.browser().sign_in(&world, "edward", "/user").await;

    assert_eq!(seen.location(), "/user");
    let stored = world.grants.stored(&world.grant_key("edward")).await;
    assert_ne!(stored.tokens.access_token, first.tokens.access_token);
    assert_eq!(stored.tokens.refresh_token, first.tokens.refresh_token);
    assert!(token_later(&world, "edward").await.is_ok());
}

#[tokio::test]
async fn the_rest_of_many_dead_accounts_learn_that_they_must_consent() {
    const CROWD: usize = 9;
    let world = World::with_crowd(CROWD).await;
    for number in 0..CROWD {
        world.signed_in(&format!("crowd{number}")).await;
        world.sandbox.revoke_user(&format!("crowd{number}"));
    }
    world.pass(HOUR);
    let mut told = std::collections::BTreeSet::new();

    // Somebody asks for each of them every minute.
    for _ in 0..60 {
        for number in 0..CROWD {
            let grant = world.grant_of(&format!("crowd{number}")).await;
            if let Err(GrantError::ConsentNeeded(_)) = grant.access_token().await {
                told.insert(number);
            }
        }
        world.pass(MINUTE);
    }

    assert_eq!(told.len(), CROWD, "{told:?}");
    // Four before the alarm, a probe a minute for a quarter of an hour, the others after it; and those that are marked
    // are tried again after 10, 20 and 40 minutes.
    assert!(world.refreshes() < 70, "{}", world.refreshes());
}

/// A good pair beside which one member of the answer is odd: `member` is the JSON of it. The tokens are real ones.
async fn odd_answer(world: &World, member: &str) -> Fault {
    let authorize = world.browser().start_login("/").await;
    let callback = world.approve(&authorize, "edward").await;
    let code = callback.split("code=").nth(1).unwrap();
    let code = code.split('&').next().unwrap();
    let verifier_is_unknown = serde_json::json!({
        "grant_type": "authorization_code", "code": code, "redirect_uri": "http://localhost:3000/auth/callback",
        "client_id": world.sandbox.client_id(), "client_secret": world.sandbox.client_secret(),
    });
    let url = format!("{}/oauth/token", world.sandbox.url());
    let answer = reqwest::Client::new()
        .post(url)
        .header("content-type", "application/json")
        .body(verifier_is_unknown.to_string());
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut body: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let odd: serde_json::Value = serde_json::from_str(member).unwrap();
    let kind = odd.get("content-type").and_then(|kind| kind.as_str());
    let kind = kind.unwrap_or("application/json").to_owned();
    for (name, value) in odd.as_object().unwrap() {
        body[name] = value.clone();
    }
    Fault::Answer {
        status: 200,
        headers: vec![("content-type".to_owned(), kind)],
        body: body.to_string(),
    }
}

const ODD: [&str; 9] = [
    r#"{"expires_in": -1}"#,
    r#"{"expires_in": "1h"}"#,
    r#"{"expires_in": ""}"#,
    r#"{"scope": ["read:me", "read:jira-work", "offline_access"]}"#,
    r#"{"scope": 7}"#,
    r#"{"content-type": "text/plain"}"#,
    r#"{"content-type": "application/octet-stream"}"#,
    r#"{"error": "temporarily_unavailable"}"#,
    r#"{"token_type": null, "expires_in": null, "scope": null}"#,
];

#[tokio::test]
async fn a_good_pair_with_an_odd_neighbour_signs_in_and_is_used() {
    for member in ODD {
        let world = World::new().await;
        world.sandbox.knobs(|knobs| knobs.verify_pkce = false);
        let odd = odd_answer(&world, member).await;
        world.sandbox.fault(Endpoint::Token, odd, 1);

        let (_, seen) = world.browser().sign_in(&world, "edward", "/user").await;

        assert_eq!(seen.location(), "/user", "{member}");
        let token = world.grant_of("edward").await.access_token().await;
        assert!(token.is_ok(), "{member}");
        assert!(token_later(&world, "edward").await.is_ok(), "{member}");
    }
}

#[tokio::test]
async fn a_refresh_with_an_odd_neighbour_is_stored_and_used() {
    for member in ODD {
        let world = World::new().await;
        world.sandbox.knobs(|knobs| knobs.verify_pkce = false);
        world.signed_in("edward").await;
        let odd = odd_answer(&world, member).await;
        world.pass(HOUR);
        world.sandbox.fault(Endpoint::Token, odd, 1);

        let token = world.grant_of("edward").await.access_token().await;

        assert!(token.is_ok(), "{member}: {token:?}");
        assert_eq!(
            world.refreshes(),
            1,
            "{member}: the pair was not asked for again"
        );
        assert!(token_later(&world, "edward").await.is_ok(), "{member}");
    }
}

#[tokio::test]
async fn an_empty_refresh_token_keeps_the_old_one() {
    let world = World::new().await;
    world.signed_in("edward").await;
    let old = world.grants.stored(&world.grant_key("edward")).await;
    for odd in [r#""""#, "null", "7", r#""a b""#] {
        world.pass(HOUR);
        let body = format!(
            r#"{{"access_token": "new", "expires_in": 3600, "token_type": "bearer", "refresh_token": {odd}}}"#
        );
        let fault = Fault::Body { status: 200, body };
        world.sandbox.fault(Endpoint::Token, fault, 1);

        let token = world.grant_of("edward").await.access_token().await.unwrap();

        assert_eq!(token.expose(), "new", "{odd}");
        let stored = world.grants.stored(&world.grant_key("edward")).await;
        assert_eq!(
            stored.tokens.refresh_token, old.tokens.refresh_token,
            "{odd}"
        );
    }
}

#[tokio::test]
async fn a_token_that_is_not_a_bearer_token_is_stored_and_never_sent() {
    let world = World::new().await;
    world.sandbox.knobs(|knobs| knobs.verify_pkce = false);
    let mut browser = world.signed_in("edward").await;
    let odd = odd_answer(&world, r#"{"token_type": "DPoP"}"#).await;
    world.pass(HOUR);
    world.sandbox.fault(Endpoint::Token, odd, 1);
    let before = world.sandbox.journal().len();

    let token = world.grant_of("edward").await.access_token().await;

    let Err(GrantError::Unavailable { retry_after }) = token else {
        panic!("{token:?}");
    };
    assert!(retry_after >= Duration::from_secs(30), "{retry_after:?}");
    let seen = browser.fetch("GET", "/myself").await;
    assert_eq!(seen.status(), 503);
    assert_eq!(
        world.sandbox.journal().len(),
        before + 1,
        "only the refresh was sent"
    );
    // Five minutes later it is replaced by one that works.
    world.pass(5 * MINUTE);
    let token = world.grant_of("edward").await.access_token().await;
    assert!(token.is_ok(), "{token:?}");
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
}
