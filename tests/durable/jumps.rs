//! Instances whose clocks jump while others work on the same database.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use threelo::clock::{Clock, ManualClock};
use threelo::{Auth, GrantError};
use threelo_tests::{App, AxumApp, Browser, World, instance_of, rounds, rows_as};

use crate::database::{Database, on_every_database};

const HOUR: u64 = 3600;
const USERS: [&str; 2] = ["edward", "mia"];
/// How far a clock is off, in seconds. The numbers come in a turn that meets every pair of them in a soak.
const JUMPS: [i64; 8] = [
    8 * 24 * 3600,
    -20 * 60,
    24 * 3600,
    -8 * 24 * 3600,
    20 * 60,
    -24 * 3600,
    3650 * 24 * 3600,
    -3600,
];

/// An instance in this process, with a clock of its own.
struct Jumping {
    auth: Auth,
    clock: Arc<ManualClock>,
}

impl Jumping {
    async fn of(world: &World<AxumApp>, database: &Database) -> Self {
        let settings = database.settings(world);
        let (auth, clock) = instance_of(&settings, rows_as(&database.url(), "d_").await);
        Self { auth, clock }
    }

    /// Its clock is so far from the right time.
    fn jump(&self, right: SystemTime, seconds: i64) {
        let by = Duration::from_secs(seconds.unsigned_abs());
        self.clock.set(match seconds < 0 {
            true => right - by,
            false => right + by,
        });
    }

    /// Everybody's token is asked for. None is worth a consent.
    async fn asks(&self, world: &World<AxumApp>) -> usize {
        let mut good = 0;
        for user in USERS {
            let grant = self.auth.grants().of(&world.account(user)).await;
            let token = grant.expect("a grant").access_token().await;
            if let Err(GrantError::ConsentNeeded(why)) = token {
                panic!("{user} must consent: {why:?}");
            }
            good += usize::from(token.is_ok());
        }
        good
    }

    /// Somebody signs in, which also deletes what this instance takes for expired.
    async fn signs_in(&self, world: &World<AxumApp>) {
        let app = AxumApp::new(&self.auth);
        Browser::new(&app).sign_in(world, "nora", "/user").await;
    }
}

/// One instance after the other is off and put right, while the others have the right time.
async fn nothing_is_lost_by_clocks_that_jump(database: &Database) {
    let world = database.world::<AxumApp>().await;
    let mut browsers = Vec::new();
    for user in USERS {
        browsers.push(world.signed_in(user).await);
    }
    let instances = [
        Jumping::of(&world, database).await,
        Jumping::of(&world, database).await,
    ];
    for round in 0..rounds(8, 64) {
        world.pass(Duration::from_secs(HOUR));
        let right = world.clock.now();
        let [one, other] = &instances;
        one.jump(right, JUMPS[round % 8]);
        other.jump(right, JUMPS[(round + round / 8) % 8]);

        tokio::join!(one.asks(&world), other.asks(&world));
        one.signs_in(&world).await;
        other.signs_in(&world).await;
        tokio::join!(one.asks(&world), other.asks(&world));

        // The clocks are put right, and what rested half a minute tries again.
        let rest = Duration::from_secs(31);
        world.pass(rest);
        for instance in &instances {
            instance.jump(right + rest, 0);
            assert_eq!(instance.asks(&world).await, USERS.len(), "round {round}");
        }
        for browser in &mut browsers {
            assert!(browser.who_am_i().await.is_some(), "round {round}");
            let called = browser.fetch("GET", "/myself").await.status();
            assert!([200, 409].contains(&called), "round {round}: {called}");
        }
    }
}

on_every_database! {
    nothing_is_lost_by_clocks_that_jump:
    clocks_that_jump_cost_no_session_and_no_grant_over_sqlite,
    clocks_that_jump_cost_no_session_and_no_grant_over_redis,
    clocks_that_jump_cost_no_session_and_no_grant_over_postgres,
}
