//! Apps that have a CORS layer of their own: T124 (docs/attacks.md).

use threelo_tests::{App, Browser, World};

pub(super) const SPA: &str = "http://localhost:5173";

pub(super) async fn world<A: App>() -> World<A> {
    World::with(|builder| builder.same_site_origins([SPA])).await
}

/// Whether a page of the app gets each field once, wherever the app's own layer stands.
pub(super) async fn each_field_comes_once<A: App>(app: &A, world: &World<A>) {
    let mut browser = Browser::new(app);
    browser.sign_in(world, "mia", "/").await;
    let headers = [
        ("origin", SPA),
        ("accept", "application/json"),
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-site", "same-site"),
    ];
    for path in ["/auth/me", "/auth/nothing", "/public"] {
        let seen = browser.request("GET", path, &headers).await;
        let fields = seen.response.headers();
        for name in [
            "access-control-allow-origin",
            "access-control-allow-credentials",
        ] {
            let count = fields.get_all(name).iter().count();
            assert!(count <= 1, "{path}: {count} x {name}");
        }
        let vary: Vec<&str> = fields
            .get_all("vary")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let vary = vary.join(", ").to_ascii_lowercase();
        assert!(vary.contains("origin"), "{path}: {vary}");
    }
    let me = browser.request("GET", "/auth/me", &headers).await;
    assert_eq!(me.status(), 200);
    assert_eq!(me.header("access-control-allow-origin"), SPA);
    assert_eq!(me.header("access-control-allow-credentials"), "true");
    let own = browser.request("GET", "/public", &headers).await;
    assert_eq!(own.header("access-control-allow-origin"), SPA);
    // A change, preflight and all.
    let preflight = [
        ("origin", SPA),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "x-threelo"),
    ];
    let seen = browser.request("OPTIONS", "/auth/logout", &preflight).await;
    assert!((200..300).contains(&seen.status()), "{}", seen.status());
    let fields = seen.response.headers();
    assert_eq!(
        fields.get_all("access-control-allow-origin").iter().count(),
        1
    );
    assert_eq!(seen.header("access-control-allow-origin"), SPA);
    let allowed = seen
        .header("access-control-allow-headers")
        .to_ascii_lowercase();
    assert!(allowed.contains("x-threelo"), "{allowed}");
    let mut proven = headers.to_vec();
    proven.push(("x-threelo", "1"));
    let out = browser.request("POST", "/auth/logout", &proven).await;
    assert_eq!(out.status(), 204);
    assert_eq!(
        out.response
            .headers()
            .get_all("access-control-allow-origin")
            .iter()
            .count(),
        1
    );
}
