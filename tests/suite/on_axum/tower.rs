//! The layer around a plain tower service, and what only axum's extractors have.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use threelo_tests::{App as _, AxumApp, Browser, Captured};
use threelo_tower::{AuthLayer, AuthSession};
use tower::{Layer, ServiceExt, service_fn};
use tower_http::trace::TraceLayer;

use super::App;

type World = threelo_tests::World<App>;

#[tokio::test]
async fn the_layer_serves_any_tower_service_over_http() {
    let world = World::new().await;
    let app = service_fn(async |request: Request<Full<Bytes>>| {
        let session = request
            .extensions()
            .get::<AuthSession>()
            .expect("the layer's session")
            .clone();
        let user = session.user().await.expect("the store answers");
        let name = user.map_or("stranger".to_owned(), |user| user.name().to_owned());
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(name))))
    });
    let service = AuthLayer::new(world.auth.clone()).layer(app);
    let browser = world.signed_in("mia").await;

    let ask = async |path: &str, cookie: &str| {
        let request = Request::get(path)
            .header("cookie", cookie)
            .body(Full::default())
            .unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        (
            status,
            response.into_body().collect().await.unwrap().to_bytes(),
        )
    };

    assert_eq!(
        ask("/", &browser.cookie_header()).await,
        (200, Bytes::from("Mia Krystof"))
    );
    assert_eq!(ask("/", "a=b").await, (200, Bytes::from("stranger")));
    assert_eq!(ask("/auth/me", "a=b").await.0, 401);
}

#[tokio::test]
async fn a_service_without_axum_starts_a_login_by_an_extension_of_its_response() {
    let world = World::new().await;
    let app = service_fn(async |_: Request<Full<Bytes>>| {
        let mut response = Response::new(Full::new(Bytes::new()));
        let login = threelo::LoginRequest::new().return_to("/user");
        response.extensions_mut().insert(login);
        Ok::<_, Infallible>(response)
    });
    let service = AuthLayer::new(world.auth.clone()).layer(app);
    let request = Request::get("/").header("accept", "text/html");

    let response = service
        .oneshot(request.body(Full::default()).unwrap())
        .await
        .unwrap();

    assert_eq!(response.status(), 303);
    let location = response.headers()["location"].to_str().unwrap();
    assert!(location.starts_with(world.sandbox.url()), "{location}");
    assert!(
        response.headers()["set-cookie"]
            .to_str()
            .unwrap()
            .starts_with("threelo-flow")
    );
}

#[tokio::test]
async fn an_optional_user_is_none_only_when_no_user_is_signed_in() {
    let world = World::new().await;
    let mut browser = world.browser();
    assert_eq!(browser.open("/optional").await.text(), "stranger");
    browser.sign_in(&world, "mia", "/").await;
    assert_eq!(browser.open("/optional").await.text(), "Mia Krystof");

    world.sessions.set_down(true);
    assert_eq!(browser.fetch("GET", "/optional").await.status(), 503);

    let forgotten = Browser::new(&App::without_auth()).open("/optional").await;
    assert_eq!(forgotten.status(), 500);
}

/// What is logged is true: a made-up cookie is no session.
#[tokio::test]
async fn a_logout_without_a_session_logs_no_end_of_one() {
    let logs = Captured::default();
    let lines = tracing_subscriber::fmt().with_writer(logs.clone());
    // This thread's only: it runs the app, too.
    let _here = tracing::subscriber::set_default(lines.finish());
    let world = World::new().await;
    let mut stranger = world.browser();
    let mut mia = world.signed_in("mia").await;
    let token = "A".repeat(43);
    let cookie = mia.cookies.keys().next().unwrap().clone();
    stranger.cookies.insert(cookie, token);

    assert_eq!(stranger.submit("/auth/logout", "").await.status(), 303);
    assert!(!logs.text().contains("session ended"), "{}", logs.text());

    assert_eq!(mia.submit("/auth/logout", "").await.status(), 303);
    assert!(logs.text().contains("session ended"), "{}", logs.text());
}

/// The order and the span that the documentation of the crate shows.
#[tokio::test]
async fn an_access_log_has_the_auth_routes_and_no_code() {
    let logs = Captured::default();
    let lines = tracing_subscriber::fmt()
        .with_writer(logs.clone())
        .with_ansi(false);
    let _here =
        tracing::subscriber::set_default(lines.with_max_level(tracing::Level::DEBUG).finish());
    let world = World::new().await;
    let trace = TraceLayer::new_for_http().make_span_with(|request: &Request<Body>| {
        tracing::info_span!("request", method = %request.method(), path = request.uri().path())
    });
    let routes = Router::new().route("/", get(async || ""));
    let app = AxumApp(
        routes
            .layer(AuthLayer::new(world.auth.clone()))
            .layer(trace),
    );
    let mut browser = Browser::new(&app);

    let authorize = browser.start_login("/").await;
    browser.consent(&world, &authorize, "mia").await;

    let logs = logs.text();
    assert!(
        logs.contains("path=\"/auth/login\"") && logs.contains("path=\"/auth/callback\""),
        "{logs}"
    );
    assert!(
        !logs.contains("code=") && !logs.contains("state="),
        "{logs}"
    );
}
