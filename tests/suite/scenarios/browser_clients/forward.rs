//! Calls that are passed on to Atlassian.

use std::time::Duration;

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
async fn nothing_that_shows_an_answer_is_served() {
    let world = world().await;
    let mut browser = world.signed_in("mia").await;
    let own = |mode, dest| {
        [
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-mode", mode),
            ("sec-fetch-dest", dest),
        ]
    };
    for headers in [
        own("navigate", "document"),
        own("navigate", "iframe"),
        own("no-cors", "image"),
        own("no-cors", "object"),
        own("no-cors", "script"),
        own("no-cors", "empty"),
        own("cors", "style"),
    ] {
        let seen = browser
            .request("GET", &to("/rest/api/3/myself"), &headers)
            .await;
        assert_eq!(seen.status(), 403, "{headers:?}");
    }
    let old = [("accept", "text/html")];
    let seen = browser
        .request("GET", &to("/rest/api/3/myself"), &old)
        .await;
    assert_eq!(seen.status(), 403);
    assert_eq!(
        get(&mut browser, EVIL, &to("/rest/api/3/myself"))
            .await
            .status(),
        403
    );
    assert!(world.api_calls().is_empty());
}

#[tokio::test]
async fn markup_cannot_run_under_the_apps_address_and_no_cookie_comes_along() {
    let world = world().await;
    let mut browser = world.signed_in("mia").await;
    for kind in [
        "text/html",
        "image/svg+xml",
        "application/xhtml+xml",
        "text/javascript",
    ] {
        let fields = [
            ("content-type", kind),
            ("set-cookie", "tenant=evil; Path=/"),
            ("content-security-policy", "default-src *"),
            ("access-control-allow-origin", "*"),
            ("clear-site-data", "\"cookies\""),
            ("refresh", "0;url=https://evil.example"),
            ("location", "https://evil.example"),
            ("x-ratelimit-remaining", "12"),
        ];
        world.sandbox.fault(
            Endpoint::Api,
            answer(200, &fields, "<script>alert(1)</script>"),
            1,
        );

        let seen = get(&mut browser, SPA, &to("/rest/api/3/attachment/content/1")).await;

        assert_eq!(seen.status(), 200);
        assert_eq!(seen.header("content-disposition"), "attachment", "{kind}");
        assert!(
            seen.header("content-security-policy")
                .starts_with("sandbox; default-src 'none'")
        );
        assert_eq!(seen.header("x-content-type-options"), "nosniff");
        assert_eq!(seen.header("x-ratelimit-remaining"), "12");
        for gone in ["set-cookie", "clear-site-data", "refresh", "location"] {
            assert_eq!(seen.header(gone), "", "{gone}");
        }
        assert!(is_readable(&seen, SPA));
    }
}

#[tokio::test]
async fn what_atlassian_says_is_passed_back_and_a_redirect_is_not() {
    let world = world().await;
    let mut browser = world.signed_in("mia").await;
    let json = ("content-type", "application/json");
    let limited = [
        json,
        ("retry-after", "7"),
        ("ratelimit-reason", "jira-burst-based"),
    ];
    for (status, fields) in [(429, &limited[..]), (404, &[json][..]), (500, &[json][..])] {
        world.sandbox.fault(
            Endpoint::Api,
            answer(status, fields, r#"{"errorMessages":["x"]}"#),
            1,
        );
        let seen = get(&mut browser, SPA, &to("/rest/api/3/myself")).await;
        assert_eq!((seen.status(), is_readable(&seen, SPA)), (status, true));
        assert_eq!(seen.json()["errorMessages"][0], "x");
        if status == 429 {
            assert_eq!(seen.header("retry-after"), "7");
            assert_eq!(seen.header("ratelimit-reason"), "jira-burst-based");
        }
    }
    for status in [301, 302, 303, 307, 308] {
        let location = "https://evil.example/".to_owned();
        world
            .sandbox
            .fault(Endpoint::Api, Fault::Redirect { status, location }, 1);
        let seen = get(&mut browser, SPA, &to("/rest/api/3/myself")).await;
        assert_eq!((seen.status(), seen.location()), (502, ""));
    }
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
async fn nobody_calls_without_a_session_or_without_the_setting() {
    let world = world().await;
    let mut stranger = world.browser();
    let seen = get(&mut stranger, SPA, &to(OWN_ISSUES)).await;
    assert_eq!(seen.status(), 401);
    let closed = World::with(|builder| builder.same_site_origins([SPA])).await;
    let mut browser = closed.signed_in("mia").await;
    assert_eq!(get(&mut browser, SPA, &to(OWN_ISSUES)).await.status(), 404);
}

/// Who cannot succeed is turned away before a large body is read, which would be a 413.
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

/// Two calls on one connection: what follows an answer without a body is the next answer.
#[tokio::test]
async fn an_answer_without_a_body_ends_where_it_ends() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let world = world().await;
    let browser = world.signed_in("mia").await;
    let port = <super::super::App as threelo_tests::App>::listen(&world.auth).await;
    for status in [204, 205] {
        world
            .sandbox
            .fault(Endpoint::Api, answer(status, &[], ""), 1);
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .unwrap();
        let common = format!(
            "host: localhost:3000\r\ncookie: {}\r\naccept: */*\r\nsec-fetch-site: same-origin\r\nsec-fetch-mode: cors\r\n\
             sec-fetch-dest: empty\r\n",
            browser.cookie_header()
        );
        let first = format!(
            "POST {} HTTP/1.1\r\n{common}content-length: 0\r\n\r\n",
            to("/rest/api/3/issue/AD-1/x")
        );
        let second = format!("GET /public HTTP/1.1\r\n{common}connection: close\r\n\r\n");
        stream.write_all(first.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        stream.write_all(second.as_bytes()).await.unwrap();
        let mut all = String::new();
        stream.read_to_string(&mut all).await.unwrap();
        let (head, rest) = all.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{head}");
        assert!(rest.starts_with("HTTP/1.1 200"), "{status}: {rest:?}");
    }
}
