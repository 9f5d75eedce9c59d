//! Calls that are passed on to Atlassian.

mod answers;

use std::time::Duration;

use threelo::Forward;
use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::answer;

use super::{EVIL, SPA, Script, World, get, is_readable, post, world};

const SITE: &str = "11111111-aaaa-4aaa-8aaa-111111111111";
const OWN_ISSUES: &str = "/rest/api/3/search/jql?jql=assignee%20%3D%20currentUser()";

fn to(path: &str) -> String {
    format!("/auth/api/jira/{SITE}{path}")
}

#[tokio::test]
async fn a_call_goes_to_atlassian_with_the_users_token_and_comes_back() {
    let world = world().await;
    let mut browser = world.signed_in("mia").await;

    let seen = get(
        &mut browser,
        SPA,
        &to("/rest/api/3/search/jql?jql=assignee%20%3D%20currentUser()&maxResults=2"),
    )
    .await;

    assert_eq!(
        (seen.status(), is_readable(&seen, SPA)),
        (200, true),
        "{}",
        seen.text()
    );
    assert!(seen.json()["issues"].is_array());
    assert_eq!(
        seen.header("content-security-policy"),
        "sandbox; default-src 'none'; frame-ancestors 'none'"
    );
    assert_eq!(seen.header("x-content-type-options"), "nosniff");
    assert_eq!(seen.header("cross-origin-resource-policy"), "same-origin");
    assert_eq!(seen.header("cache-control"), "no-store");
    assert_eq!(seen.header("content-disposition"), "");
    assert!(!seen.header("atl-traceid").is_empty());
    let call = world.api_calls().pop().unwrap();
    assert_eq!(call.path, format!("/ex/jira/{SITE}/rest/api/3/search/jql"));
    assert_eq!(
        call.query.as_deref(),
        Some("jql=assignee%20%3D%20currentUser()&maxResults=2")
    );
    let token = world.grants.stored(&world.grant_key("mia")).await;
    assert_eq!(
        call.bearer.as_deref(),
        Some(token.tokens.access_token.expose())
    );
    for stays in ["cookie", "origin", "x-threelo", "sec-fetch-site", "referer"] {
        assert!(!call.headers.contains_key(stays), "{stays}");
    }
}

#[tokio::test]
async fn a_change_is_passed_on_where_the_app_lists_it_and_the_page_proves_itself() {
    let world = world().await;
    world.sandbox.fault(
        Endpoint::Api,
        answer(201, &[("content-type", "application/json")], "{}"),
        1,
    );
    let mut browser = world.signed_in("mia").await;
    let body = r#"{"body": {"type": "doc"}}"#;
    let path = to("/rest/api/3/issue/AD-1/comment");

    let bare = Script::new(SPA, "POST", &path)
        .body(body)
        .send(&mut browser)
        .await;
    assert_eq!((bare.status(), world.api_calls().len()), (403, 0));
    let seen = post(&mut browser, SPA, &path, body).await;

    assert_eq!(seen.status(), 201, "{}", seen.text());
    let call = world.api_calls().pop().unwrap();
    assert_eq!(
        (call.method.as_str(), call.headers["content-type"].as_str()),
        ("POST", "application/json")
    );
    let large = format!(r#"{{"x": "{}"}}"#, "x".repeat(1024 * 1024));
    let seen = post(&mut browser, SPA, &path, &large).await;
    assert_eq!((seen.status(), is_readable(&seen, SPA)), (413, true));
}

#[tokio::test]
async fn what_the_app_does_not_list_is_not_passed_on() {
    let world = world().await;
    let mut browser = world.signed_in("mia").await;
    let elsewhere = "/auth/api/jira/99999999-9999-4999-8999-999999999999/rest/api/3/myself";
    for (method, path, code) in [
        ("GET", to("/rest/agile/1.0/board"), "not_forwarded"),
        ("GET", to("/rest/api/2/myself"), "not_forwarded"),
        ("GET", to(""), "not_forwarded"),
        ("DELETE", to("/rest/api/3/issue/AD-1"), "not_forwarded"),
        ("POST", to("/rest/api/3/search/jql"), "not_forwarded"),
        (
            "GET",
            format!("/auth/api/confluence/{SITE}/rest/api/3/x"),
            "not_forwarded",
        ),
        (
            "GET",
            "/auth/api/jira/no-site/rest/api/3/x".to_owned(),
            "not_forwarded",
        ),
        ("GET", "/auth/api".to_owned(), "not_found"),
        ("GET", elsewhere.to_owned(), "unknown_site"),
    ] {
        let proof = [("x-threelo", "1")];
        let seen = Script::new(SPA, method, &path)
            .fields(&proof)
            .send(&mut browser)
            .await;
        assert_eq!(seen.json()["code"], code, "{method} {path}");
    }
    assert!(world.api_calls().is_empty());
}

#[tokio::test]
async fn a_path_that_leaves_its_base_is_refused() {
    let world = world().await;
    let mut browser = world.signed_in("mia").await;
    for path in [
        "/rest/api/3/../../../me",
        "/rest/api/3/..",
        "/rest/api/3/%2e%2e/%2e%2e/x",
        "/rest/api/3/.%2e/x",
        "/rest/api/3/%252e%252e/x",
        "/rest/api/3/..;/..;/x",
        "/rest/api/3/%2e%2e%3b/x",
        "/rest/api/3/a%2F..%2Fb",
        "/rest/api/3/a%5c..%5cb",
        "/rest/api/3//evil.example",
        "/rest/api/3/a\\b",
        "/rest/api/3/%00",
        "/rest/api/3/%0d%0aX-Evil:1",
        "/%72est/api/3/myself",
    ] {
        let headers = [
            ("accept", "application/json"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-dest", "empty"),
        ];
        let seen = browser.request("GET", &to(path), &headers).await;
        let status = seen.status();
        assert!(status == 400 || status == 403, "{path}: {status}");
    }
    assert!(world.api_calls().is_empty());
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_refreshed_once() {
    let world = world().await;
    let mut browser = world.signed_in("mia").await;
    world.pass(Duration::from_secs(31));
    world.sandbox.fault(Endpoint::Api, Fault::Status(401), 1);
    let seen = get(&mut browser, SPA, &to(OWN_ISSUES)).await;
    assert_eq!(
        (seen.status(), world.refreshes()),
        (200, 1),
        "{}",
        seen.text()
    );

    world.sandbox.revoke_user("mia");
    world.pass(Duration::from_secs(3600));
    let seen = get(&mut browser, SPA, &to(OWN_ISSUES)).await;
    assert_eq!(
        (seen.status(), &seen.json()["code"]),
        (401, &"consent_needed".into())
    );
    assert!(is_readable(&seen, SPA));
    world.sessions.set_down(true);
    let seen = get(&mut browser, SPA, &to(OWN_ISSUES)).await;
    assert_eq!((seen.status(), is_readable(&seen, SPA)), (503, true));
}

#[tokio::test]
async fn a_call_needs_a_session_and_the_setting() {
    let world = world().await;
    let mut stranger = world.browser();
    let seen = get(&mut stranger, SPA, &to(OWN_ISSUES)).await;
    assert_eq!(seen.status(), 401);
    let closed = World::with(|builder| builder.same_site_origins([SPA])).await;
    let mut browser = closed.signed_in("mia").await;
    assert_eq!(get(&mut browser, SPA, &to(OWN_ISSUES)).await.status(), 404);
}

/// A request that cannot succeed is refused before a large body is read, which would be a 413.
#[tokio::test]
async fn no_large_body_is_read_for_a_call_that_is_not_passed_on() {
    let world = world().await;
    let mut browser = world.signed_in("mia").await;
    let large = format!(r#"{{"x": "{}"}}"#, "x".repeat(2 * 1024 * 1024));
    let (listed, unlisted) = ("/rest/api/3/issue/AD-1/comment", "/rest/api/3/user");

    for (browser, path, status) in [
        (&mut world.browser(), listed, 401),
        (&mut browser, unlisted, 403),
    ] {
        let seen = post(browser, SPA, &to(path), &large).await;
        assert_eq!(seen.status(), status, "{path}: {}", seen.text());
    }
    let listed = to(listed);
    let bare = Script::new(SPA, "POST", &listed).body(&large);
    let seen = bare.send(&mut browser).await;
    assert_eq!(seen.status(), 403, "no proof: {}", seen.text());
}

/// What scripts of Atlassian's APIs send, by a list; and a body as large as the app allows.
#[tokio::test]
async fn the_fields_of_apis_are_passed_on_and_the_size_of_bodies_is_the_apps() {
    let large = 2 * 1024 * 1024;
    let world = World::with(move |builder| {
        let forward = Forward::to("jira", "/rest/api/3/").methods(["GET", "POST"]);
        builder
            .same_site_origins([SPA])
            .forward([forward.body_limit(large)])
    });
    let world = world.await;
    let mut browser = world.signed_in("mia").await;
    let path = to(OWN_ISSUES);
    let fields = [
        ("x-experimentalapi", "opt-in"),
        ("if-none-match", "\"1\""),
        ("x-forwarded-for", "192.0.2.1"),
        ("accept-language", "de"),
    ];
    let script = Script::new(SPA, "GET", &path).fields(&fields);

    world
        .sandbox
        .fault(Endpoint::Api, answer(304, &[("etag", "\"1\"")], ""), 1);
    let seen = script.send(&mut browser).await;

    assert_eq!((seen.status(), seen.header("etag")), (304, "\"1\""));
    let call = world.api_calls().pop().unwrap();
    assert_eq!(call.headers["x-experimentalapi"], "opt-in");
    assert_eq!(call.headers["if-none-match"], "\"1\"");
    assert!(!call.headers.contains_key("x-forwarded-for"));
    assert!(!call.headers.contains_key("accept-language"));
    // The preflight of such a script.
    let asked = [
        ("access-control-request-method", "GET"),
        (
            "access-control-request-headers",
            "if-none-match,x-experimentalapi,x-evil",
        ),
    ];
    let asked = Script::new(SPA, "OPTIONS", &path).fields(&asked);
    let allowed = asked.send(&mut browser).await;
    let allowed = allowed.header("access-control-allow-headers");
    assert!(
        allowed.ends_with("X-Atlassian-Token, X-ExperimentalApi, If-None-Match"),
        "{allowed}"
    );

    let issue = to("/rest/api/3/issue");
    let body = format!("{{\"x\": \"{}\"}}", "x".repeat(large - 10));
    let seen = post(&mut browser, SPA, &issue, &body).await;
    assert_ne!(seen.status(), 413, "{}", seen.text());
    let seen = post(&mut browser, SPA, &issue, &format!("{body}xx")).await;
    assert_eq!(seen.status(), 413);
    assert!(seen.text().contains(&large.to_string()), "{}", seen.text());
}

#[tokio::test]
async fn a_redirect_is_refused_with_the_parameter_that_avoids_it() {
    let world = world().await;
    let mut browser = world.signed_in("mia").await;
    let path = "/rest/api/3/attachment/content/10001";

    let seen = get(&mut browser, SPA, &to(path)).await;

    assert_eq!(
        (seen.status(), &seen.json()["code"]),
        (502, &"atlassian_redirects".into())
    );
    assert!(seen.text().contains("redirect=false"), "{}", seen.text());
    let seen = get(&mut browser, SPA, &to(&format!("{path}?redirect=false"))).await;
    assert_eq!(seen.text(), "the content of 10001");
}
