//! An app, a sandbox and a clock.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use threelo::Forward;
use threelo::clock::ManualClock;
use threelo::internals::{AppKey, FlowMarks, GrantKey, GrantRecord};
use threelo::store::RowStore;
use threelo::{
    AccountId, Auth, AuthBuilder, Connect, ConnectBuilder, Credentials, Environment, Grant,
    GrantError,
};
use threelo_sandbox::{Sandbox, Seed};

use crate::app::App;
use crate::browser::Browser;
use crate::capture::capture_logs;
use crate::counting::CountingSessions;
use crate::grants::FaultyGrants;
use crate::process::Settings;
use crate::store::stores;

/// The origin of the app under test.
pub const ORIGIN: &str = "http://localhost:3000";

/// An app on the framework `A`, the Atlassian that it talks to, and the time.
#[derive(Debug)]
pub struct World<A> {
    /// The local Atlassian.
    pub sandbox: Sandbox,
    /// The app's auth.
    pub auth: Auth,
    /// The app's clock.
    pub clock: Arc<ManualClock>,
    /// Where the app's sessions are.
    pub sessions: Arc<CountingSessions>,
    /// Where the app's grants are.
    pub grants: Arc<FaultyGrants>,
    marks: Arc<dyn FlowMarks>,
    app: A,
    connect: Option<Connect>,
}

pub(crate) const KEYS: &str = "k1:nm4sbGzg3cvWMC1BfFjhkYLPjd2vgOEYV6yP0wZZHUg=";
/// 2049: Redis forgets by the machine's clock, which comes later.
const START: u64 = 2_500_000_000;
const SEED: &str = include_str!("../../sandbox/seed.example.toml");

type Tune = Box<dyn FnOnce(AuthBuilder) -> AuthBuilder>;

/// A world in the making.
pub struct WorldBuilder {
    tune: Tune,
    crowd: usize,
}

impl std::fmt::Debug for WorldBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WorldBuilder")
    }
}

impl WorldBuilder {
    /// Starts everything.
    pub async fn start<A: App>(self) -> World<A> {
        let sandbox = sandbox(self.crowd).await;
        let (clock, stores) = clock_and_stores().await;
        let auth = (self.tune)(settings(&sandbox, &clock, &stores))
            .build()
            .expect("the settings are right");
        World {
            sandbox,
            clock,
            sessions: stores.sessions,
            grants: stores.grants,
            marks: stores.marks,
            app: A::new(&auth),
            connect: None,
            auth,
        }
    }
}

async fn sandbox(crowd: usize) -> Sandbox {
    let builder = Sandbox::builder().seed(crowded(crowd));
    builder.start().await.expect("the sandbox starts")
}

async fn clock_and_stores() -> (Arc<ManualClock>, Stores) {
    capture_logs();
    let start = UNIX_EPOCH + Duration::from_secs(START);
    let clock = Arc::new(ManualClock::new(start));
    let stores = stores(&clock).await;
    (clock, stores)
}

fn crowded(crowd: usize) -> Seed {
    let user = |number: usize| {
        // The first shows an address that is another's, the second one that only looks like one.
        let email = match number {
            0 => "email = \"mia@example.com\"\n",
            1 => "email = \"admin@corp.example@evil.example\"\n",
            _ => "",
        };
        format!(
            "[[users]]\nkey = \"crowd{number}\"\nsites = [\"Borealis Lab\"]\n\
             [users.profile]\naccount_id = \"crowd:{number}\"\n{email}"
        )
    };
    let more: String = (0..crowd).map(user).collect();
    Seed::parse(&format!("{SEED}\n{more}")).expect("a seed")
}

pub(crate) struct Stores {
    pub(crate) sessions: Arc<CountingSessions>,
    pub(crate) grants: Arc<FaultyGrants>,
    pub(crate) marks: Arc<dyn FlowMarks>,
}

/// The settings of the app under test.
fn settings(sandbox: &Sandbox, clock: &Arc<ManualClock>, stores: &Stores) -> AuthBuilder {
    let credentials = Credentials::new(sandbox.client_id(), sandbox.client_secret());
    Auth::builder(credentials, ORIGIN)
        .environment(Environment::custom(sandbox.url(), sandbox.url()))
        .scopes(["read:jira-work"])
        .optional_scopes(["write:jira-work"])
        .keys(KEYS)
        .clock(clock.clone())
        .record_stores(
            stores.sessions.clone(),
            stores.grants.clone(),
            stores.marks.clone(),
        )
}

/// Another instance of the app under test, in this process, over a database; and its clock.
///
/// # Panics
///
/// If the settings are wrong.
pub fn instance_of(instance: &Settings, rows: Arc<dyn RowStore>) -> (Auth, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(UNIX_EPOCH + Duration::from_secs(START)));
    let credentials = Credentials::new(&*instance.client_id, &*instance.client_secret);
    let builder = Auth::builder(credentials, ORIGIN)
        .environment(Environment::custom(&*instance.sandbox, &*instance.sandbox))
        .scopes(["read:jira-work"])
        .optional_scopes(["write:jira-work"])
        .keys(KEYS)
        .clock(clock.clone())
        .refresh_lease(instance.lease)
        .forward([Forward::to("jira", "/rest/api/3/")])
        .store(rows);
    (builder.build().expect("the settings are right"), clock)
}

/// The settings of the app under test that has users of its own.
fn connect_settings(
    sandbox: &Sandbox,
    clock: &Arc<ManualClock>,
    stores: &Stores,
) -> ConnectBuilder {
    let credentials = Credentials::new(sandbox.client_id(), sandbox.client_secret());
    Connect::builder(credentials, ORIGIN)
        .environment(Environment::custom(sandbox.url(), sandbox.url()))
        .scopes(["read:jira-work"])
        .optional_scopes(["write:jira-work"])
        .keys(KEYS)
        .clock(clock.clone())
        .record_stores(stores.grants.clone(), stores.marks.clone())
}

impl<A: App> World<A> {
    /// The usual world.
    pub async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    /// A world with other settings.
    pub async fn with(tune: impl FnOnce(AuthBuilder) -> AuthBuilder + 'static) -> Self {
        Self::with_crowd_and(0, tune).await
    }

    /// The usual world with more users, `crowd0` and so on, who all work at Borealis Lab.
    pub async fn with_crowd(crowd: usize) -> Self {
        Self::with_crowd_and(crowd, |builder| builder).await
    }

    /// A world with more users and other settings.
    pub async fn with_crowd_and(
        crowd: usize,
        tune: impl FnOnce(AuthBuilder) -> AuthBuilder + 'static,
    ) -> Self {
        WorldBuilder {
            tune: Box::new(tune),
            crowd,
        }
        .start()
        .await
    }

    /// A world whose app has users of its own, who connect Atlassian accounts.
    pub async fn connecting(tune: impl FnOnce(ConnectBuilder) -> ConnectBuilder) -> Self {
        let sandbox = sandbox(0).await;
        let (clock, stores) = clock_and_stores().await;
        let builder = connect_settings(&sandbox, &clock, &stores);
        let connect = tune(builder).build().expect("the settings are right");
        Self {
            sandbox,
            clock,
            sessions: stores.sessions,
            grants: stores.grants,
            marks: stores.marks,
            app: A::connecting(&connect),
            auth: connect.as_auth().clone(),
            connect: Some(connect),
        }
    }

    fn stores(&self) -> Stores {
        Stores {
            sessions: self.sessions.clone(),
            grants: self.grants.clone(),
            marks: self.marks.clone(),
        }
    }

    /// Another instance of the same app: another process, over the same stores.
    pub fn another_auth(&self, tune: impl FnOnce(AuthBuilder) -> AuthBuilder) -> Auth {
        tune(settings(&self.sandbox, &self.clock, &self.stores()))
            .build()
            .expect("the settings are right")
    }

    /// Another instance of an app with users of its own, over the same store.
    pub fn another_connect(&self, tune: impl FnOnce(ConnectBuilder) -> ConnectBuilder) -> Connect {
        tune(connect_settings(&self.sandbox, &self.clock, &self.stores()))
            .build()
            .expect("the settings are right")
    }

    /// Another instance, over the same stores by connections of its own: the faults of this world's do not reach it.
    pub fn healthy_auth(&self) -> Auth {
        let stores = Stores {
            grants: Arc::new(FaultyGrants::new(self.grants.healthy())),
            ..self.stores()
        };
        settings(&self.sandbox, &self.clock, &stores)
            .build()
            .expect("the settings are right")
    }

    /// Both clocks, the app's and Atlassian's, move.
    pub fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.sandbox.clock().advance(time);
    }

    /// The account of a seeded user.
    pub fn account(&self, user: &str) -> AccountId {
        let id = match user {
            "mia" => "112233aa-bb11-cc22-33dd-445566abcabc",
            "edward" => "712020:5d1c8b1e-6f3a-4f1e-9a51-3f7f0f9b2e10",
            "nora" => "712020:77aa21c4-90be-4c1a-b0de-2a3b4c5d6e7f",
            crowd => &crowd.replacen("crowd", "crowd:", 1),
        };
        AccountId::parse(id).expect("an id")
    }

    /// The key of a seeded user's grant.
    pub fn grant_key(&self, user: &str) -> GrantKey {
        GrantKey {
            app: AppKey {
                environment: self.sandbox.url().into(),
                client_id: self.sandbox.client_id().into(),
            },
            account: self.account(user),
            consent: None,
        }
    }

    /// All grants of a key's account, whatever the switches say.
    pub async fn grants_of(&self, key: &GrantKey) -> Vec<Arc<GrantRecord>> {
        self.grants.all_of(key).await
    }

    /// The `Connect` of a world whose app has users of its own.
    ///
    /// # Panics
    ///
    /// If this world's app signs in.
    pub fn connect(&self) -> &Connect {
        self.connect.as_ref().expect("a connecting world")
    }

    /// The app of this world.
    pub fn app(&self) -> &A {
        &self.app
    }

    /// A browser at the app.
    pub fn browser(&self) -> Browser<A> {
        Browser::new(&self.app)
    }

    /// A browser of `user`, who has just signed in.
    ///
    /// # Panics
    ///
    /// If the login fails.
    pub async fn signed_in(&self, user: &str) -> Browser<A> {
        let mut browser = self.browser();
        let (_, seen) = browser.sign_in(self, user, "/").await;
        assert_eq!((seen.status(), seen.location()), (303, "/"));
        browser
    }

    /// The grant of a seeded user, as a job of the app reads it.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub async fn grant_of(&self, user: &str) -> Grant {
        let grant = self.auth.grants().of(&self.account(user)).await;
        grant.expect("a grant")
    }

    /// Whether a job of the app finds a grant of a seeded user.
    ///
    /// # Panics
    ///
    /// If the store fails.
    pub async fn has_grant(&self, user: &str) -> bool {
        match self.auth.grants().of(&self.account(user)).await {
            Ok(_) => true,
            Err(GrantError::ConsentNeeded(_)) => false,
            Err(error) => panic!("{error}"),
        }
    }
}
