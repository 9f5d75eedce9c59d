//! An app with stores in memory starts again.

use std::time::Duration;

use threelo::clock::Clock as _;
use threelo::{Auth, Credentials, Environment};
use threelo_tests::{App as _, ORIGIN};

use super::{App, Browser, World};

pub(super) const KEYS: &str = "k1:nm4sbGzg3cvWMC1BfFjhkYLPjd2vgOEYV6yP0wZZHUg=";

/// An app with keys that stay and stores in memory of its own.
pub(super) fn app_called(world: &World, client_id: &str) -> Auth {
    let credentials = Credentials::new(client_id, world.sandbox.client_secret());
    let address = world.sandbox.url();
    Auth::builder(credentials, ORIGIN)
        .environment(Environment::custom(address, address))
        .keys(KEYS)
        .clock(world.clock.clone())
        .build()
        .unwrap()
}

/// The app keeps its keys and its clock, and loses its memory.
#[tokio::test]
async fn after_a_restart_of_the_memory_store_a_spent_state_stays_spent() {
    let world = World::new().await;
    let start = || Browser::new(&App::new(&app_called(&world, world.sandbox.client_id())));
    let mut browser = start();
    let spent = browser.callback_of_login(&world, "mia", "/user").await;
    let copy = browser.clone();
    assert_eq!(browser.arrive(&spent).await.location(), "/user");
    world.pass(Duration::from_secs(2));

    let mut restarted = start();
    restarted.cookies.clone_from(&copy.cookies);
    let seen = restarted.arrive(&spent).await;

    assert_eq!(
        seen.location(),
        "/auth/error?reason=refused&return_to=%2Fuser"
    );
    assert_eq!(world.sandbox.count("POST", "/oauth/token"), 1);
    assert_eq!(
        restarted.sign_in(&world, "mia", "/user").await.1.location(),
        "/user"
    );
}

/// The machine's clock is right a day later than the app starts, and set back then.
#[tokio::test]
async fn an_app_that_started_by_a_wrong_clock_signs_in_when_it_is_right() {
    let world = World::new().await;
    let day = Duration::from_secs(24 * 3600);
    let right = world.clock.now();
    world.clock.set(right + day);
    let mut browser = Browser::new(&App::new(&app_called(&world, world.sandbox.client_id())));
    world.clock.set(right);

    let (_, seen) = browser.sign_in(&world, "mia", "/user").await;

    assert_eq!(seen.location(), "/user");
}
