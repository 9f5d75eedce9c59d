//! What waits for the app's code or for Atlassian holds nothing that others need.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::join_all;
use threelo::{AccountId, Auth, BoxError, HookDecision, SignIn};
use threelo_sandbox::{Endpoint, Fault};
use tokio::sync::Semaphore;

use super::World;
use super::refresh::HOUR;

/// More than the turns of logins, and of refreshes.
const CROWD: usize = 40;
const SOON: Duration = Duration::from_secs(4);

/// The turns of logins.
const TURNS: usize = 32;

/// What a hook needs to ask for the token of another account; nothing before it is set.
#[derive(Default)]
struct Job {
    of: OnceLock<(Auth, AccountId)>,
    /// The hooks that wait for each other, as many as there are turns.
    hooks: AtomicUsize,
}

impl Job {
    async fn ask(self: Arc<Self>) -> Result<HookDecision, BoxError> {
        if let Some((auth, account)) = self.of.get() {
            self.hooks.fetch_add(1, Ordering::Relaxed);
            while self.hooks.load(Ordering::Relaxed) < TURNS {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            auth.grants().of(account).await?.access_token().await?;
        }
        Ok(HookDecision::Continue)
    }
}

async fn sign_in_crowd(world: &World) -> Vec<String> {
    let logins = (0..CROWD).map(async |number| {
        let user = format!("crowd{number}");
        let (_, seen) = world.browser().sign_in(world, &user, "/user").await;
        seen.location().to_owned()
    });
    join_all(logins).await
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_logins_whose_hook_asks_for_a_token_all_succeed() {
    let job = Arc::new(Job::default());
    let of_hook = Arc::clone(&job);
    let world = World::with_crowd_and(CROWD, move |builder| {
        builder.on_login(move |_: SignIn| Arc::clone(&of_hook).ask())
    })
    .await;
    world.signed_in("edward").await;
    world.pass(HOUR);
    let edward = (world.auth.clone(), world.account("edward"));
    assert!(job.of.set(edward).is_ok());

    let ends = sign_in_crowd(&world).await;

    assert!(ends.iter().all(|end| end == "/user"), "{ends:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hooks_that_wait_do_not_stop_the_refreshes_of_others() {
    let gate = Arc::new(Semaphore::new(CROWD));
    let of_hook = gate.clone();
    let world = World::with_crowd_and(CROWD, move |builder| {
        builder.on_login(move |_: SignIn| {
            let gate = of_hook.clone();
            async move {
                let _open = gate.acquire().await?;
                Ok::<_, BoxError>(HookDecision::Continue)
            }
        })
    })
    .await;
    world.signed_in("edward").await;
    world.pass(HOUR);
    let closed = gate.acquire_many(40).await.unwrap();
    let refreshed = async {
        // The logins get to their hooks first.
        while world.sandbox.count("GET", "/me") < CROWD {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let token = world.grant_of("edward").await.access_token().await;
        drop(closed);
        token
    };

    let both = futures_util::future::join(sign_in_crowd(&world), refreshed);
    let (ends, token) = tokio::time::timeout(SOON * 2, both).await.unwrap();

    assert!(token.is_ok(), "{token:?}");
    assert!(ends.iter().all(|end| end == "/user"), "{ends:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_refreshes_does_not_stop_logins() {
    let world = World::with_crowd(CROWD).await;
    sign_in_crowd(&world).await;
    world.pass(HOUR);
    let slow = Fault::Delay(SOON * 2);
    world.sandbox.fault(Endpoint::Token, slow, 32);
    let job = (0..CROWD).map(async |number| {
        let grant = world.grant_of(&format!("crowd{number}")).await;
        grant.access_token().await.is_ok()
    });
    let login = async {
        while world.refreshes() < 32 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::timeout(SOON, world.signed_in("edward")).await
    };

    let (_, login) = futures_util::future::join(join_all(job), login).await;

    assert!(login.is_ok(), "the login waited for refreshes");
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_refreshes_run_at_a_time_as_the_app_says() {
    let world = World::with_crowd_and(CROWD, |builder| builder.concurrent_refreshes(CROWD)).await;
    sign_in_crowd(&world).await;
    world.pass(HOUR);
    let slow = Fault::Delay(SOON / 2);
    world.sandbox.fault(Endpoint::Token, slow, CROWD);
    let job = (0..CROWD).map(async |number| {
        let grant = world.grant_of(&format!("crowd{number}")).await;
        grant.access_token().await.is_ok()
    });

    let all = tokio::time::timeout(SOON, join_all(job)).await;

    assert!(all.is_ok_and(|all| all.into_iter().all(|is_ok| is_ok)));
}
