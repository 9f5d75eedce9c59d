//! What only actix-web has: errors of inner middleware, scopes, workers, and runtimes that end.

use std::sync::Mutex;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorImATeapot, InternalError};
use actix_web::middleware::{Logger, Next, from_fn};
use actix_web::test::init_service;
use actix_web::{App as Server, Error, HttpMessage, rt, web};
use threelo_actix::{AuthMiddleware, AuthSession, CurrentUser};
use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::{ActixApp as App, App as _, Browser};

type World = threelo_tests::World<App>;

/// Asks for the user on some paths, and then fails as middleware does.
async fn fails(
    request: ServiceRequest,
    _: Next<impl MessageBody>,
) -> Result<ServiceResponse, Error> {
    let session = request.extensions().get::<AuthSession>().cloned();
    if request.path() != "/asks-nothing" {
        let session = session.expect("the middleware's session");
        let _user = session.user().await;
        if request.path() == "/leaves" {
            session.sign_out().await.expect("the store answers");
        }
    }
    Err(ErrorImATeapot("short and stout"))
}

/// Shows what an outer middleware can still learn of the error.
async fn tells_errors(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    match next.call(request).await {
        Ok(response) => Ok(response.map_into_boxed_body()),
        Err(error) => {
            let is_own_kind = error.as_error::<InternalError<&str>>().is_some();
            let mut response = error.error_response();
            let seen = if is_own_kind { "as-it-was" } else { "wrapped" };
            let seen = actix_web::http::header::HeaderValue::from_static(seen);
            let name = actix_web::http::header::HeaderName::from_static("x-error");
            response.headers_mut().insert(name, seen);
            Err(InternalError::from_response("told", response).into())
        }
    }
}

#[tokio::test]
async fn an_error_of_an_inner_middleware_still_gets_our_headers() {
    let world = World::new().await;
    let auth = AuthMiddleware::new(world.auth.clone());
    let app = App::serve(move || {
        let app = Server::new().wrap(from_fn(fails)).wrap(auth);
        init_service(app.wrap(from_fn(tells_errors)))
    });
    let mut browser = Browser::new(&app);
    browser.sign_in(&world, "mia", "/").await;

    let seen = browser.open("/asks").await;
    assert_eq!((seen.status(), &*seen.text()), (418, "short and stout"));
    assert_eq!(seen.header("cache-control"), "private, no-store");
    assert_eq!(seen.header("vary"), "Cookie");
    assert_eq!(seen.header("x-error"), "wrapped");

    let seen = browser.open("/asks-nothing").await;
    assert_eq!(seen.status(), 418);
    assert_eq!(seen.header("cache-control"), "");
    assert_eq!(seen.header("x-error"), "as-it-was");

    let seen = browser.open("/leaves").await;
    assert!(seen.header("set-cookie").contains("Max-Age=0"));
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn an_app_may_have_auth_around_a_part_of_it_only() {
    let world = World::with(|builder| builder.mounted_at("/tool")).await;
    let auth = AuthMiddleware::new(world.auth.clone());
    let app = App::serve(move || {
        let user = async |user: CurrentUser| user.name().to_owned();
        let inner = web::scope("/deep").route("/user", web::get().to(user));
        let tool = web::scope("/tool").wrap(auth).service(inner);
        let outside = web::get().to(async || "outside");
        init_service(Server::new().service(tool).route("/auth/me", outside))
    });
    let mut browser = Browser::new(&app);

    assert_eq!(browser.open("/auth/me").await.text(), "outside");
    let turned_away = browser.open("/tool/deep/user").await;
    let login = browser.open(turned_away.location()).await;
    browser.consent(&world, login.location(), "mia").await;
    assert_eq!(browser.open("/tool/deep/user").await.text(), "Mia Krystof");
}

/// Asks a server over sockets until each of its workers has answered.
async fn who(port: u16, cookies: &str) -> Vec<String> {
    let mut names = Vec::new();
    for _ in 0..8 {
        let request = reqwest::Client::new().get(format!("http://127.0.0.1:{port}/"));
        let answer = request.header("cookie", cookies).send().await.unwrap();
        names.push(answer.text().await.unwrap());
    }
    names
}

#[tokio::test]
async fn all_workers_know_the_session_that_one_of_them_made() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;

    let port = App::listen(&world.auth).await;

    assert_eq!(
        who(port, &browser.cookie_header()).await,
        ["Mia Krystof"; 8]
    );
    browser.submit("/auth/logout", "").await;
    let gone = "threelo-session-3000=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(who(port, gone).await, ["stranger"; 8]);
}

/// The server inside a runtime of tokio's own, not of actix's.
#[tokio::test(flavor = "multi_thread")]
async fn it_serves_from_the_runtime_of_tokio_too() {
    let world = World::new().await;
    let browser = world.signed_in("mia").await;
    let auth = world.auth.clone();
    let app = move || {
        let home = async |user: CurrentUser| user.name().to_owned();
        let auth = AuthMiddleware::new(auth.clone());
        Server::new().wrap(auth).route("/", web::get().to(home))
    };
    let server = actix_web::HttpServer::new(app).workers(3).disable_signals();
    let server = server.bind(("127.0.0.1", 0)).unwrap();
    let port = server.addrs()[0].port();
    let server = server.run();
    let handle = server.handle();
    let running = tokio::spawn(server);

    assert_eq!(
        who(port, &browser.cookie_header()).await,
        ["Mia Krystof"; 8]
    );

    handle.stop(true).await;
    running.await.unwrap().unwrap();
}

/// Begins an exchange on a worker that ends in the middle of it; tells whether the grant was stored.
async fn grant_after_the_worker_ended(world: &World) -> bool {
    let slow = Fault::Delay(Duration::from_millis(300));
    world.sandbox.fault(Endpoint::Token, slow, 1);
    let auth = AuthMiddleware::new(world.auth.clone());
    let app = App::serve(move || init_service(Server::new().wrap(auth)));
    let mut browser = Browser::new(&app);
    let callback = browser.callback_of_login(world, "mia", "/").await;
    let arrival = tokio::spawn(async move { browser.arrive(&callback).await });
    world.wait_for_exchange().await;

    arrival.abort();
    drop(app);

    assert!(world.auth.drain(Duration::from_secs(5)).await);
    world.auth.grants().of(&world.account("mia")).await.is_ok()
}

#[tokio::test]
async fn an_exchange_outlives_its_worker_where_it_was_given_a_runtime() {
    let here = tokio::runtime::Handle::current();
    let world = World::with(|builder| builder.runtime(here)).await;
    assert!(grant_after_the_worker_ended(&world).await);

    let world = World::new().await;
    assert!(!grant_after_the_worker_ended(&world).await);
}

#[test]
fn it_serves_from_the_runtime_of_actix_too() {
    rt::System::new().block_on(async {
        let world = World::new().await;
        let mut browser = world.signed_in("mia").await;
        assert_eq!(browser.open("/user").await.text(), "Mia Krystof");
    });
}

/// The order and the format that the documentation of the crate shows.
#[tokio::test]
async fn an_access_log_has_the_auth_routes_and_no_code() {
    static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    struct Lines;
    impl log::Log for Lines {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }
        fn log(&self, record: &log::Record<'_>) {
            if record.target() == "access" {
                LINES.lock().unwrap().push(record.args().to_string());
            }
        }
        fn flush(&self) {}
    }
    log::set_logger(&Lines).unwrap();
    log::set_max_level(log::LevelFilter::Info);
    let world = World::new().await;
    let auth = AuthMiddleware::new(world.auth.clone());
    let app = App::serve(move || {
        let logger = Logger::new("%a %U %s %D ms").log_target("access");
        init_service(Server::new().wrap(auth).wrap(logger))
    });
    let mut browser = Browser::new(&app);

    let authorize = browser.start_login("/").await;
    browser.consent(&world, &authorize, "mia").await;

    let lines = LINES.lock().unwrap().join("\n");
    assert!(
        lines.contains(" /auth/login 303") && lines.contains(" /auth/callback 303"),
        "{lines}"
    );
    assert!(
        !lines.contains("code=") && !lines.contains("state="),
        "{lines}"
    );
}
