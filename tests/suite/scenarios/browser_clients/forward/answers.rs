//! What a page gets back of Atlassian's answers.

use std::time::Duration;

use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::answer;

use super::{EVIL, SPA, get, is_readable, to, world};

#[tokio::test]
async fn requests_that_would_display_an_answer_are_refused() {
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

/// Two calls on one connection: what follows an answer without a body is the next answer.
#[tokio::test]
async fn an_answer_without_a_body_does_not_swallow_the_next_one() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let world = world().await;
    let browser = world.signed_in("mia").await;
    let port = <super::super::super::App as threelo_tests::App>::listen(&world.auth).await;
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
