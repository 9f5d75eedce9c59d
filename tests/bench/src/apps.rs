//! Four apps with the same two routes.

use std::hint::black_box;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::routing::get;
use http::header::COOKIE;
use http::request::Parts;
use http::{Request, StatusCode};
use threelo::internals::{MemoryFlowMarks, MemoryGrants, MemorySessions};
use threelo::{Auth, BuildError, Credentials};
use threelo_tower::{AuthLayer, CurrentUser};
use tower::Service;

use crate::floor::{Floor, Session};
use crate::sessions::CLIENT_ID;

/// Keys for the benchmark only.
pub const KEYS: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// An app that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum App {
    /// axum alone.
    Bare,
    /// axum with a layer that does nothing: what any layer costs.
    EmptyLayer,
    /// axum with the smallest layer that authenticates, on every route.
    Floor,
    /// axum with threelo's layer.
    Ours,
}

/// All apps, in the order of the tables.
pub const APPS: [App; 4] = [App::Bare, App::EmptyLayer, App::Floor, App::Ours];

/// The stores of the sessions.
#[derive(Clone, Debug)]
pub struct Stores {
    /// The floor's store.
    pub floor: Arc<Floor>,
    /// threelo's store.
    pub ours: Arc<MemorySessions>,
}

impl Stores {
    /// Both stores.
    pub fn new(floor: Arc<Floor>, ours: Arc<MemorySessions>) -> Self {
        Self { floor, ours }
    }
}

impl App {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare axum",
            Self::EmptyLayer => "empty layer",
            Self::Floor => "floor",
            Self::Ours => "ours",
        }
    }

    /// Its name on a command line.
    pub fn word(self) -> String {
        self.name().replace(' ', "-")
    }

    /// The app.
    ///
    /// # Errors
    ///
    /// [`BuildError`], which would be a mistake here.
    pub fn router(self, stores: &Stores) -> Result<Router, BuildError> {
        let router = match self {
            Self::Bare => bare(),
            Self::EmptyLayer => bare().layer(tower::layer::layer_fn(Empty)),
            Self::Floor => floor(&stores.floor),
            Self::Ours => ours(auth(&stores.ours)?),
        };
        // As `axum::serve` does; otherwise every request would build its handler and its layer again.
        Ok(router.with_state(()))
    }
}

async fn public() -> &'static str {
    "ok"
}

/// axum alone.
pub fn bare() -> Router {
    Router::new()
        .route("/public", get(public))
        .route("/me", get(public))
}

fn floor(store: &Arc<Floor>) -> Router {
    let me = async |Me(session): Me| {
        black_box(session.profile.display_name());
        "ok"
    };
    let store = Arc::clone(store);
    Router::new()
        .route("/public", get(public))
        .route("/me", get(me))
        .layer(tower::layer::layer_fn(move |inner| FloorService {
            store: Arc::clone(&store),
            inner,
        }))
}

/// axum with threelo's layer.
pub fn ours(auth: Auth) -> Router {
    let me = async |user: CurrentUser| {
        black_box(user.name());
        "ok"
    };
    Router::new()
        .route("/public", get(public))
        .route("/me", get(me))
        .layer(AuthLayer::new(auth))
}

/// threelo's settings.
///
/// # Errors
///
/// [`BuildError`], which would be a mistake here.
pub fn auth(sessions: &Arc<MemorySessions>) -> Result<Auth, BuildError> {
    Auth::builder(
        Credentials::new(CLIENT_ID, "bench"),
        "http://localhost:3000",
    )
    .keys(KEYS)
    .record_stores(
        sessions.clone(),
        Arc::new(MemoryGrants::new()),
        Arc::new(MemoryFlowMarks::new()),
    )
    .build()
}

#[derive(Clone)]
struct Empty<S>(S);

impl<S: Service<Request<Body>>> Service<Request<Body>> for Empty<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> S::Future {
        self.0.call(request)
    }
}

#[derive(Clone)]
struct FloorService<S> {
    store: Arc<Floor>,
    inner: S,
}

impl<S: Service<Request<Body>>> Service<Request<Body>> for FloorService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> S::Future {
        let field = request.headers().get(COOKIE);
        if let Some(session) = field.and_then(|field| self.store.authenticate(field.as_bytes())) {
            request.extensions_mut().insert(session);
        }
        self.inner.call(request)
    }
}

/// The floor's extractor.
struct Me(Arc<Session>);

impl<S: Sync> FromRequestParts<S> for Me {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let session = parts.extensions.get::<Arc<Session>>().cloned();
        session.map(Self).ok_or(StatusCode::UNAUTHORIZED)
    }
}
