//! Apps that answer to more than one name.

use bytes::Bytes;
use http::{Request, Response};
use threelo_tests::{App as _, capture_logs};

use super::World;

/// A navigation to the app by a name, and perhaps by way of a proxy.
async fn visit(world: &World, path: &str, fields: &[(&str, &str)]) -> Response<Bytes> {
    let navigation = [
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];
    let fields = fields.iter().chain(&navigation);
    let request = fields.fold(Request::get(path), |request, (name, value)| {
        request.header(*name, *value)
    });
    world.app().call(request.body(Bytes::new()).unwrap()).await
}

fn location(response: &Response<Bytes>) -> &str {
    response.headers()["location"].to_str().unwrap()
}

/// The public URL is that of the test world, `http://localhost:3000`.
const TWIN: [(&str, &str); 1] = [("host", "www.localhost:3000")];

#[tokio::test]
async fn a_login_by_another_name_of_the_app_begins_at_the_public_url() {
    let logs = capture_logs();
    let world = World::new().await;
    for (path, expected) in [
        (
            "/auth/login?return_to=%2Fx",
            "/auth/login?return_to=%2Fx&named=1",
        ),
        ("/start", "/start?named=1"),
        ("/start?week=7", "/start?week=7&named=1"),
    ] {
        let seen = visit(&world, path, &TWIN).await;

        assert_eq!(location(&seen), format!("http://localhost:3000{expected}"));
        assert!(
            seen.headers().get("set-cookie").is_none(),
            "no flow begins there"
        );
        // A proxy that gives every request that name makes no circle.
        let again = visit(&world, expected, &TWIN).await;
        assert!(
            location(&again).starts_with(world.sandbox.url()),
            "{}",
            location(&again)
        );
    }
    let said = "a login was begun at another name of the app";
    let logs = logs.text();
    assert!(
        logs.lines()
            .any(|line| line.contains(said) && line.contains("www.localhost:3000"))
    );
}

/// Behind proxies only what the app says it trusts counts.
#[tokio::test]
async fn a_name_behind_proxies_counts_by_the_setting_only() {
    let fields = [
        ("host", "backend:8080"),
        ("x-forwarded-host", "other.example.net"),
    ];
    let world = World::new().await;
    let seen = visit(&world, "/auth/login", &fields).await;
    assert!(
        location(&seen).starts_with(world.sandbox.url()),
        "{}",
        location(&seen)
    );

    let world = World::with(|builder| builder.trusted_proxies(1)).await;
    let seen = visit(&world, "/auth/login", &fields).await;
    assert_eq!(location(&seen), "http://localhost:3000/auth/login?named=1");
    let internal = visit(&world, "/auth/login", &fields[..1]).await;
    assert!(location(&internal).starts_with(world.sandbox.url()));
}

#[tokio::test]
async fn a_connection_by_another_name_begins_at_the_button_of_the_public_url() {
    let world = World::connecting(|builder| builder).await;
    let post = |origin: &'static str| {
        let request = Request::post("/auth/connect")
            .header("host", "www.localhost:3000")
            .header("cookie", "app-user=edward")
            .header("sec-fetch-site", "same-origin")
            .header("sec-fetch-mode", "navigate")
            .header("content-type", "application/x-www-form-urlencoded");
        let request = match origin {
            "" => request,
            origin => request.header("origin", origin),
        };
        world.app().call(
            request
                .body(Bytes::from_static(b"return_to=%2Fpublic"))
                .unwrap(),
        )
    };

    let seen = post("").await;
    let button = "http://localhost:3000/auth/connections?return_to=%2Fpublic";
    assert_eq!(location(&seen), button);
    // The page says where it is: a proxy has changed the name.
    let seen = post("http://localhost:3000").await;
    assert!(
        location(&seen).starts_with(world.sandbox.url()),
        "{}",
        location(&seen)
    );
}
