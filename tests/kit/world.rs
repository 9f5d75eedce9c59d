//! An app, a sandbox and a clock.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::{Router, routing::get};
use threelo::clock::ManualClock;
use threelo::store::{MemoryFlowMarks, MemoryGrants};
use threelo_sandbox::Sandbox;
use threelo_tower::{
    Auth, AuthBuilder, AuthLayer, Credentials, CurrentSession, CurrentSite, CurrentUser,
    Environment, MaybeUser, Profile,
};

use crate::app::AxumApp;
use crate::browser::Browser;
use crate::counting::CountingSessions;

/// The origin of the app under test.
pub const ORIGIN: &str = "http://localhost:3000";

/// An app, the Atlassian that it talks to, and the time.
#[derive(Debug)]
pub struct World {
    /// The local Atlassian.
    pub sandbox: Sandbox,
    /// The app's auth.
    pub auth: Auth,
    /// The app's clock.
    pub clock: Arc<ManualClock>,
    /// Where the app's sessions are.
    pub sessions: Arc<CountingSessions>,
}

type Tune = Box<dyn FnOnce(AuthBuilder) -> AuthBuilder>;

/// A world in the making.
pub struct WorldBuilder {
    tune: Tune,
}

impl std::fmt::Debug for WorldBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WorldBuilder")
    }
}

impl WorldBuilder {
    /// Starts everything.
    pub async fn start(self) -> World {
        let sandbox = Sandbox::builder()
            .start()
            .await
            .expect("the sandbox starts");
        let clock = Arc::new(ManualClock::new(
            UNIX_EPOCH + Duration::from_secs(1_800_000_000),
        ));
        let sessions = Arc::new(CountingSessions::default());
        let credentials = Credentials::new(sandbox.client_id(), sandbox.client_secret());
        let builder = Auth::builder(credentials, ORIGIN)
            .environment(Environment::custom(sandbox.url(), sandbox.url()))
            .scopes(["read:jira-work"])
            .optional_scopes(["write:jira-work"])
            .keys("k1:nm4sbGzg3cvWMC1BfFjhkYLPjd2vgOEYV6yP0wZZHUg=")
            .clock(clock.clone())
            .stores(
                sessions.clone(),
                Arc::new(MemoryGrants::new()),
                Arc::new(MemoryFlowMarks::new()),
            );
        let auth = (self.tune)(builder)
            .build()
            .expect("the settings are right");
        World {
            sandbox,
            auth,
            clock,
            sessions,
        }
    }
}

impl World {
    /// The usual world.
    pub async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    /// A world with other settings.
    pub async fn with(tune: impl FnOnce(AuthBuilder) -> AuthBuilder + 'static) -> Self {
        WorldBuilder {
            tune: Box::new(tune),
        }
        .start()
        .await
    }

    /// The axum app of this world.
    pub fn axum(&self) -> AxumApp {
        AxumApp(routes().layer(AuthLayer::new(self.auth.clone())))
    }

    /// A browser at the axum app.
    pub fn browser(&self) -> Browser<AxumApp> {
        Browser::new(&self.axum())
    }
}

/// The routes that scenarios use.
pub fn routes() -> Router {
    Router::new()
        .route(
            "/",
            get(|user: MaybeUser| async move { user.get().map_or("nobody".to_owned(), name) }),
        )
        .route("/public", get(|| async { "public" }))
        .route("/user", get(|user: CurrentUser| async move { name(&user) }))
        .route("/optional", get(optional))
        .route("/profile", get(profile))
        .route(
            "/board",
            get(|site: CurrentSite| async move { site.name.to_string() })
                .post(|_: CurrentUser| async {}),
        )
        .route("/bye", get(bye))
}

fn name(user: &CurrentUser) -> String {
    user.name().to_owned()
}

async fn optional(user: Option<CurrentUser>) -> String {
    user.as_ref().map_or("nobody".to_owned(), name)
}

async fn profile(profile: Profile) -> String {
    serde_json::to_string(&*profile).unwrap_or_default()
}

async fn bye(session: CurrentSession) -> Result<&'static str, threelo_tower::AuthRejection> {
    session.sign_out().await?;
    Ok("bye")
}
