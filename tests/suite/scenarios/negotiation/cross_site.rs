//! What pages of other sites may ask for.

use threelo_tests::App as _;

use super::{App, Browser, World};

#[tokio::test]
async fn a_hostile_path_never_becomes_a_return_target() {
    let world = World::new().await;
    let app = App::for_users_only(&world.auth);
    for path in [
        "//evil.example/%2f..",
        "/%2e%2e//evil.example",
        "/auth%2fcallback/..//x",
    ] {
        let seen = Browser::new(&app).open(path).await;
        assert_eq!(seen.location(), "/auth/login", "{path}");
    }
}

#[tokio::test]
async fn only_a_persons_own_navigation_starts_a_flow() {
    let world = World::new().await;
    let refused: [(&str, &[(&str, &str)], u16); 6] = [
        ("HEAD", &[], 405),
        ("POST", &[("sec-fetch-site", "same-origin")], 405),
        (
            "GET",
            &[
                ("sec-purpose", "prefetch;prerender"),
                ("sec-fetch-mode", "navigate"),
            ],
            503,
        ),
        (
            "GET",
            &[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
            400,
        ),
        (
            "GET",
            &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
            400,
        ),
        (
            "GET",
            &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")],
            400,
        ),
    ];
    for (method, headers, status) in refused {
        let mut browser = world.browser();
        let seen = browser.request(method, "/auth/login", headers).await;
        assert_eq!(seen.status(), status, "{method} {headers:?}");
        assert!(browser.cookies.is_empty());
    }
}

/// T015 (docs/attacks.md).
#[tokio::test]
async fn a_page_of_another_site_cannot_push_a_visitor_into_a_login() {
    let world = World::new().await;
    let mut browser = world.browser();
    let pushed = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];

    for path in [
        "/auth/login?account=same",
        "/auth/login?account=x&remember=true",
    ] {
        let seen = browser.request("GET", path, &pushed).await;
        assert_eq!(seen.status(), 200);
        assert!(browser.cookies.is_empty());
        assert!(!seen.text().contains("http-equiv"), "only a person goes on");
    }
    let seen = browser
        .request("GET", "/auth/login?return_to=%2Fuser", &pushed)
        .await;

    assert_eq!(seen.status(), 200);
    assert!(browser.cookies.is_empty());
    assert!(
        seen.text()
            .contains("href=\"/auth/login?return_to=%2Fuser\"")
    );
    assert!(
        !seen
            .header("content-security-policy")
            .contains("form-action")
    );
    // A click on a link of that site is the visitor's own act.
    let clicked = [pushed.as_slice(), &[("sec-fetch-user", "?1")]].concat();
    assert_eq!(
        browser
            .request("GET", "/auth/login", &clicked)
            .await
            .status(),
        303
    );
}

#[tokio::test]
async fn changes_and_foreign_reads_need_same_origin_proof() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    let refused: [&[(&str, &str)]; 6] = [
        &[],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[
            ("origin", "http://localhost:3000"),
            ("sec-fetch-site", "cross-site"),
        ],
        &[
            ("origin", "http://localhost:3000"),
            ("sec-fetch-site", "same-site"),
        ],
        &[
            ("origin", "http://localhost:3001"),
            ("host", "localhost:3001"),
        ],
    ];
    for headers in refused {
        let seen = browser.request("POST", "/auth/logout", headers).await;
        assert_eq!(seen.status(), 403, "{headers:?}");
    }
    for (path, user) in [
        ("/auth/me", true),
        ("/auth/sites", true),
        ("/auth/me", false),
    ] {
        let mut reader = if user {
            browser.clone()
        } else {
            world.browser()
        };
        let foreign = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "no-cors"),
        ];
        assert_eq!(
            reader.request("GET", path, &foreign).await.status(),
            403,
            "{path}"
        );
    }
    assert!(browser.who_am_i().await.is_some());
    // An older browser, without Sec-Fetch headers, proves itself by Origin.
    let seen = browser
        .request(
            "POST",
            "/auth/logout",
            &[("origin", "http://localhost:3000")],
        )
        .await;
    assert_eq!(seen.status(), 204);
}

#[tokio::test]
async fn a_get_of_logout_by_an_image_ends_nothing() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    let image = [
        ("sec-fetch-mode", "no-cors"),
        ("sec-fetch-dest", "image"),
        ("sec-fetch-site", "cross-site"),
    ];

    let seen = browser
        .request("GET", "/auth/logout?_method=POST", &image)
        .await;

    assert_eq!(seen.status(), 405);
    assert!(browser.who_am_i().await.is_some());
}
