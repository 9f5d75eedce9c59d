//! What the app's developer gets wrong, told to the developer and not to the visitor.

use threelo_tests::{App as _, Seen, capture_logs};

use super::{App, Browser, World};

const NONE: [&str; 0] = [];

/// The answers to one address for a person and for a script.
async fn both(browser: &mut Browser, address: &str) -> (Seen, Seen) {
    let page = browser.open(address).await;
    (page, browser.fetch("GET", address).await)
}

#[tokio::test]
async fn a_scope_that_the_app_never_asks_for_is_the_apps_mistake() {
    let logs = capture_logs();
    let world = World::with(|builder| builder.optional_scopes(NONE)).await;
    let mut browser = world.signed_in("edward").await;

    let (page, json) = both(&mut browser, "/writers").await;
    assert_eq!((page.status(), json.status()), (500, page.status()));
    let text = page.text();
    assert!(
        text.contains("write:jira-work") && text.contains("ATLASSIAN_OPTIONAL_SCOPES"),
        "{text}"
    );
    assert!(!text.contains("/auth/login"), "nothing to press in vain");
    assert_eq!(json.json()["code"], "scope_not_configured");
    assert_eq!(json.json()["reason"], "not_configured");
    assert!(json.json()["login_url"].is_null());
    let call = browser.fetch("POST", "/myself").await;
    assert_eq!(call.json()["code"], "scope_not_configured");
    assert!(
        logs.text()
            .contains("ATLASSIAN_OPTIONAL_SCOPES (optional_scopes): write:jira-work")
    );
}

#[tokio::test]
async fn an_app_without_a_scope_of_a_product_says_so_instead_of_asking_for_a_site() {
    let logs = capture_logs();
    let world = World::with(|builder| builder.scopes(NONE).optional_scopes(NONE)).await;
    let mut browser = world.signed_in("edward").await;

    for address in ["/site-only", "/board"] {
        let (page, json) = both(&mut browser, address).await;
        assert_eq!(page.status(), 500, "{address}");
        assert!(page.text().contains("read:jira-work"), "{}", page.text());
        assert_eq!(json.json()["code"], "no_product_scope");
    }
    let picker = browser.open("/auth/sites").await;
    assert_eq!(picker.status(), 500);
    assert_eq!(
        browser.fetch("GET", "/auth/me").await.status(),
        200,
        "who asks for no site needs none"
    );
    assert!(logs.text().contains("no scope of a product is configured"));
}

/// A login would come back to the same page for ever.
#[tokio::test]
async fn an_app_whose_product_scopes_are_optional_asks_for_them_where_a_site_is_needed() {
    let world = World::with(|builder| builder.scopes(NONE).optional_scopes(["read:jira-work"]));
    let world = world.await;
    let mut browser = world.signed_in("edward").await;

    let page = browser.open("/site-only").await;
    let step_up = "/auth/login?scope=read%3Ajira-work&return_to=%2Fsite-only&account=same";
    assert!(
        page.text().contains(&step_up.replace('&', "&amp;")),
        "{}",
        page.text()
    );
    let authorize = browser.open(step_up).await.location().to_owned();
    let seen = browser.consent(&world, &authorize, "edward").await;
    assert_eq!(seen.location(), "/site-only");
    assert_ne!(browser.open("/site-only").await.status(), 500);
}

#[tokio::test]
async fn an_address_under_the_prefix_that_is_none_of_ours_says_which_was_meant() {
    let logs = capture_logs();
    for (mount, path) in [
        ("", "/auth/callback/?code=x&state=y"),
        ("/tool", "/tool/auth/Callback"),
    ] {
        let world = World::with(move |builder| match mount {
            "" => builder,
            mount => builder.mounted_at(mount),
        });
        let world = world.await;
        let mut browser = world.browser();

        let (page, json) = both(&mut browser, path).await;

        let expected = format!("{mount}/auth/callback");
        assert_eq!(page.status(), 404);
        let text = page.text();
        assert!(
            text.contains(&expected) && text.contains("href=\""),
            "{text}"
        );
        assert_eq!(
            (&json.json()["code"], &json.json()["expected"]),
            (&"not_found".into(), &expected.into())
        );
    }
    let world = World::new().await;
    let (page, json) = both(&mut world.browser(), "/auth/reports/17").await;
    assert!(
        page.text().contains("There is no such page"),
        "{}",
        page.text()
    );
    assert!(json.json()["expected"].is_null());
    let logs = logs.text();
    assert!(logs.contains("/auth/reports/17") && logs.contains("set another prefix"));
    assert!(!logs.contains("code=x"), "a query is not logged");
}

/// A macro of Confluence, a panel of Jira, a tab of Teams.
#[tokio::test]
async fn a_login_inside_a_frame_offers_a_window_of_its_own() {
    let world = World::new().await;
    let mut browser = world.browser();
    let frame = [
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "iframe"),
        ("sec-fetch-site", "cross-site"),
        ("accept", "text/html"),
    ];

    let seen = browser
        .request("GET", "/auth/login?return_to=%2Fboard", &frame)
        .await;

    assert_eq!(seen.status(), 400);
    let text = seen.text();
    assert!(
        text.contains("target=\"_blank\" rel=\"noopener\">Open the sign-in</a>"),
        "{text}"
    );
    assert!(text.contains("/auth/login?return_to=%2Fboard"), "{text}");
    // It is seen there, and it is the only one that is.
    assert_eq!(seen.header("x-frame-options"), "");
    assert!(
        !seen
            .header("content-security-policy")
            .contains("frame-ancestors")
    );
    assert!(browser.cookies.is_empty(), "nothing began");
    let other = browser
        .request("GET", "/auth/error?reason=refused", &frame)
        .await;
    assert_eq!(other.header("x-frame-options"), "DENY");
}

#[tokio::test]
async fn every_refusal_that_a_person_sees_is_a_page_with_a_way_on() {
    let world = World::with(|builder| builder.forward([threelo::Forward::to("jira", "/rest/")]));
    let world = world.await;
    for signed_in in [false, true] {
        let mut browser = world.browser();
        if signed_in {
            browser.sign_in(&world, "mia", "/").await;
        }
        let site = "11111111-aaaa-4aaa-8aaa-111111111111";
        let call = format!("/auth/api/jira/{site}/rest/api/3/myself");
        let reads = [
            "/auth",
            "/auth/",
            "/auth/x",
            "/auth/sessions/short",
            "/auth/login/",
            "/auth/connect",
            "/auth/site",
            "/auth/token",
            &call,
            "/auth/api/jira/x/y",
            "/start-with-too-much",
        ];
        for address in reads {
            let page = browser.open(address).await;
            assert!(page.status() >= 400, "{address}");
            assert!(
                page.text().contains("<h1>") && page.text().contains("<a "),
                "{address}: {}",
                page.text()
            );
        }
        for (address, body) in [
            ("/auth/site", "site=%FF".to_owned()),
            ("/auth/logout", "x=y&".repeat(2000)),
            ("/auth/callback", String::new()),
        ] {
            let page = browser.submit(address, &body).await;
            assert!(page.status() >= 400, "{address}");
            assert!(page.text().contains("<h1>"), "{address}: {}", page.text());
        }
    }
}

/// The layer is around a part of the app, and the auth routes are beside it.
#[tokio::test]
async fn a_login_from_a_nested_part_of_the_app_comes_back_to_it() {
    let world = World::new().await;
    let app = App::under_app(&world.auth, true);
    let mut browser = Browser::new(&app);

    let seen = browser.open("/app/user?x=1").await;
    assert_eq!(
        seen.location(),
        "/auth/login?return_to=%2Fapp%2Fuser%3Fx%3D1"
    );
    let authorize = browser.open(seen.location()).await.location().to_owned();
    let back = browser.consent(&world, &authorize, "mia").await;

    assert_eq!(back.location(), "/app/user?x=1");
    assert_eq!(browser.open("/app/user").await.text(), "Mia Krystof");
    assert_eq!(browser.open("/auth/nothing").await.status(), 404);
}

/// Right behind a proxy that adds the path of the nest, and a mistake otherwise.
#[tokio::test]
async fn routes_in_a_nest_that_the_mount_path_does_not_name_are_served_and_told() {
    let logs = capture_logs();
    let world = World::new().await;
    let app = App::under_tool(&world.auth);
    let seen = Browser::new(&app).open("/tool/auth/login").await;
    // actix-web takes no path off.
    if App::REMEDY.starts_with(".layer") {
        assert_eq!(seen.status(), 303, "{}", seen.text());
        assert!(
            logs.text()
                .contains("the auth layer is inside a nested router")
        );
    } else {
        assert_eq!(seen.status(), 404);
    }
}

/// Nobody serves the address to which visitors are sent.
#[tokio::test]
async fn a_login_that_nobody_serves_is_told_in_the_log() {
    let logs = capture_logs();
    let prefix = match App::REMEDY.starts_with(".layer") {
        true => "/auth-of-axum",
        false => "/auth-of-actix",
    };
    let world = World::with(move |builder| builder.prefix(prefix)).await;
    let app = App::under_app(&world.auth, false);
    for _visit in 0..4 {
        let seen = Browser::new(&app).open("/app/user").await;
        let login = format!("{prefix}/login?return_to=%2Fapp%2Fuser");
        assert_eq!(seen.location(), login);
    }
    let logs = logs.text();
    let said =
        |line: &&str| line.contains("no request has arrived at any") && line.contains(prefix);
    assert_eq!(logs.lines().filter(said).count(), 1, "once");
}

#[tokio::test]
async fn a_forgotten_layer_of_connect_mode_is_named_too() {
    let seen = Browser::new(&App::without_auth()).open("/user").await;
    assert!(seen.text().contains("ConnectLayer") || seen.text().contains("ConnectMiddleware"));
    assert!(
        seen.text().contains("(connect, resolver)"),
        "{}",
        seen.text()
    );
}

#[tokio::test]
async fn two_layers_around_one_handler_are_told_in_the_log() {
    let logs = capture_logs();
    let world = World::new().await;
    let app = App::new_twice(&world.auth);
    let mut browser = Browser::new(&app);
    assert_eq!(
        browser.open("/user").await.location(),
        "/auth/login?return_to=%2Fuser"
    );
    assert!(
        logs.text()
            .contains("two auth layers are around one handler")
    );
}

/// An app whose login page calls the place to come back to by another name.
#[tokio::test]
async fn a_visitor_who_is_signed_out_of_the_app_goes_to_its_login_page_by_its_own_parameter() {
    for (parameter, expected) in [
        (None, "/login?return_to=%2Fboard%3Fx%3D1"),
        (Some("next"), "/login?next=%2Fboard%3Fx%3D1"),
    ] {
        let world = World::connecting(|builder| match parameter {
            None => builder.app_login("/login"),
            Some(name) => builder.app_login("/login").app_login_parameter(name),
        });
        let world = world.await;
        let seen = world.browser().open("/board?x=1").await;
        assert_eq!(seen.location(), expected);
    }
}

/// Nothing is lost without a word.
#[tokio::test]
async fn an_app_without_a_store_is_told_what_memory_loses() {
    let logs = capture_logs();
    let variables = |name: &str| match name {
        "ATLASSIAN_CLIENT_ID" | "ATLASSIAN_CLIENT_SECRET" => Some("x".to_owned()),
        "PUBLIC_URL" => Some("http://localhost:3000".to_owned()),
        "DATABASE_URL" => Some("postgres://db.example.com/app".to_owned()),
        _ => None,
    };
    threelo::AuthBuilder::from_variables(variables)
        .build()
        .unwrap();
    let logs = logs.text();
    assert!(logs.contains("a restart signs everybody out and loses every consent"));
    assert!(logs.contains("DATABASE_URL is set, and threelo does not read it"));
    assert!(!logs.contains("db.example.com"));
}
