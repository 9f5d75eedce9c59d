//! Pages for people, JSON for scripts, headers for htmx; and who may ask.

mod cross_site;

use bytes::Bytes;
use threelo_tests::App as _;

use super::{App, Browser, World};

#[tokio::test]
async fn strangers_get_a_redirect_a_problem_or_an_htmx_header() {
    let world = World::new().await;
    let mut browser = world.browser();

    let page = browser.open("/user?a=1").await;
    assert_eq!(
        (page.status(), page.location()),
        (303, "/auth/login?return_to=%2Fuser%3Fa%3D1")
    );

    let json = browser.fetch("GET", "/user").await;
    assert_eq!(json.status(), 401);
    assert_eq!(json.header("content-type"), "application/problem+json");
    assert_eq!(json.json()["code"], "not_signed_in");
    assert_eq!(json.json()["login_url"], "/auth/login");

    let headers = [
        ("hx-request", "true"),
        ("hx-current-url", "http://localhost:3000/list?p=2"),
        ("sec-fetch-mode", "cors"),
    ];
    let htmx = browser.request("GET", "/user", &headers).await;
    assert_eq!(htmx.status(), 401);
    assert_eq!(
        htmx.header("hx-redirect"),
        "/auth/login?return_to=%2Flist%3Fp%3D2"
    );
}

#[tokio::test]
async fn a_change_by_a_stranger_is_401_and_never_replayed() {
    let world = World::new().await;

    let seen = world.browser().submit("/board", "a=1").await;

    assert_eq!(seen.status(), 401);
    assert!(!seen.text().contains("return_to"));
}

#[tokio::test]
async fn paths_that_only_resemble_routes_are_404() {
    let world = World::new().await;
    let mut browser = world.browser();
    for path in [
        "/auth",
        "/auth/",
        "/auth/me/x.css",
        "/auth/me;.js",
        "/auth/me%2f.css",
        "/auth/%6de",
        "/auth/ME",
    ] {
        assert_eq!(browser.fetch("GET", path).await.status(), 404, "{path}");
    }
    for path in ["/authors", "/auth-status"] {
        assert_eq!(
            browser.fetch("GET", path).await.text(),
            "",
            "the app's own 404: {path}"
        );
    }
}

#[tokio::test]
async fn large_bodies_are_refused() {
    let world = World::new().await;
    let headers = [
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", "cors"),
    ];

    let seen = world
        .browser()
        .send(
            "POST",
            "/auth/logout",
            &headers,
            Bytes::from(vec![b'a'; 5000]),
        )
        .await;

    assert_eq!(seen.status(), 413);
}

#[tokio::test]
async fn a_visit_by_another_loopback_name_is_redirected_to_the_public_one() {
    let world = World::new().await;
    let navigation = [
        ("host", "127.0.0.1:3000"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];
    let request = http::Request::get("/auth/login?return_to=%2Fx");
    let request = navigation.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });

    let response = world.app().call(request.body(Bytes::new()).unwrap()).await;

    assert_eq!(
        response.headers()["location"],
        "http://localhost:3000/auth/login?return_to=%2Fx&named=1"
    );
    assert!(response.headers().get("set-cookie").is_none());
}

#[tokio::test]
async fn every_built_in_page_refuses_framing_and_loads_nothing() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    for path in [
        "/auth/logout",
        "/auth/sites",
        "/auth/error?reason=setup",
        "/auth/error?reason=%3Cscript%3Ealert(1)%3C/script%3E",
    ] {
        let page = browser.open(path).await;
        let policy = page.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{path}: {policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'"));
        assert_eq!(page.header("x-frame-options"), "DENY");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("referrer-policy"), "same-origin");
        assert!(!page.text().contains("<script"), "{path}");
    }
}

#[tokio::test]
async fn a_forgotten_layer_is_a_500_that_names_the_missing_line() {
    for path in ["/user", "/", "/start", "/login-only"] {
        let app = App::without_auth();

        let seen = Browser::new(&app).open(path).await;

        assert_eq!(seen.status(), 500);
        assert!(seen.text().contains(App::REMEDY), "{}", seen.text());
    }
}

#[tokio::test]
async fn guards_protect_the_routes_above_them() {
    let world = World::new().await;
    let mut browser = world.browser();

    assert_eq!(browser.open("/public").await.text(), "public");
    assert_eq!(
        browser.open("/login-only").await.location(),
        "/auth/login?return_to=%2Flogin-only"
    );
    browser.sign_in(&world, "mia", "/").await;
    assert_eq!(browser.open("/login-only").await.text(), "in");
    assert_eq!(
        browser.open("/site-only").await.location(),
        "/auth/sites?return_to=%2Fsite-only"
    );
    let scopes = browser.fetch("GET", "/writers").await;
    assert_eq!(
        (scopes.status(), &scopes.json()["missing_scopes"]),
        (403, &serde_json::json!(["write:jira-work"]))
    );
}

#[tokio::test]
async fn an_app_under_a_path_serves_the_routes_there() {
    let world = World::with(|builder| builder.mounted_at("/tool")).await;
    let app = App::under_tool(&world.auth);
    let mut browser = Browser::new(&app);

    let turned_away = browser.open("/tool/user").await;
    assert_eq!(
        turned_away.location(),
        "/tool/auth/login?return_to=%2Ftool%2Fuser"
    );
    let authorize = browser
        .open(turned_away.location())
        .await
        .location()
        .to_owned();
    assert_eq!(
        browser.consent(&world, &authorize, "mia").await.location(),
        "/tool/user"
    );

    assert_eq!(browser.open("/tool/user").await.text(), "Mia Krystof");
}
