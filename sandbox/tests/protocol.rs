//! The protocol as a client sees it, over real HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::too_many_lines,
    reason = "tests"
)]

mod client;

use std::time::Duration;

use serde_json::{Value, json};
use threelo_sandbox::{Endpoint, Fault, Sandbox, Seed};
use url::Url;

use crate::client::{CALLBACK, Client};

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// The `error` and `error_description` of a refused token request.
struct Refusal {
    error: &'static str,
    description: &'static str,
}

const BAD_REFRESH: Refusal = Refusal {
    error: "unauthorized_client",
    description: "refresh_token is invalid",
};

fn refused(response: &(u16, Value), refusal: &Refusal) -> bool {
    let (status, body) = response;
    *status >= 400
        && body["error"] == refusal.error
        && body["error_description"] == refusal.description
}

#[tokio::test]
async fn a_code_can_be_exchanged_once_and_expires_after_ten_minutes() {
    let client = Client::new().await;
    let code = client.code("mia", &[]).await;
    let body =
        json!({ "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK });

    let (status, tokens) = client.token(body.clone()).await;
    let again = client.token(body).await;
    let late = client.code("mia", &[]).await;
    client.sandbox.clock().advance(Duration::from_secs(600));
    let late =
        json!({ "grant_type": "authorization_code", "code": late, "redirect_uri": CALLBACK });

    assert_eq!((status, tokens["expires_in"].as_u64()), (200, Some(3600)));
    let mut scopes: Vec<&str> = text(&tokens, "scope").split(' ').collect();
    assert_ne!(
        scopes.join(" "),
        "offline_access read:jira-work read:me",
        "the order has no meaning"
    );
    scopes.sort_unstable();
    assert_eq!(scopes, ["offline_access", "read:jira-work", "read:me"]);
    assert!(text(&tokens, "access_token").len() >= 2048);
    let gone = Refusal {
        error: "invalid_request",
        description: "authorization_code is invalid",
    };
    assert!(refused(&again, &gone) && again.0 == 400, "{again:?}");
    assert!(refused(&client.token(late).await, &gone));
}

#[tokio::test]
async fn the_forms_lead_a_user_from_the_login_to_the_callback() {
    let client = Client::new().await;
    let authorize = client.authorize(&[]);
    let query = Url::parse(&authorize).unwrap().query().unwrap().to_owned();
    let form = async |path: &str, fields: &[(&str, &str)]| {
        let body: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = client
            .http
            .post(format!("{}{path}", client.sandbox.url()))
            .body(body);
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .send()
            .await
            .unwrap()
    };

    let login = client
        .http
        .get(&authorize)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let consent = form(
        "/authorize/user",
        &[("request", &query), ("user", "edward")],
    )
    .await
    .text()
    .await
    .unwrap();
    let answer = [
        ("request", query.as_str()),
        ("user", "edward"),
        ("decision", "accept"),
    ];
    let accepted = form("/authorize/consent", &answer).await;
    let answer = [
        ("request", query.as_str()),
        ("user", "edward"),
        ("decision", "cancel"),
    ];
    let cancelled = form("/authorize/consent", &answer).await;

    assert!(
        login.contains("Edward Byrne")
            && consent.contains("Borealis Lab")
            && consent.contains("read:jira-work")
    );
    assert_eq!(accepted.status(), 302);
    assert!(
        accepted.headers()["location"]
            .to_str()
            .unwrap()
            .starts_with(&format!("{CALLBACK}?code="))
    );
    assert!(
        cancelled.headers()["location"]
            .to_str()
            .unwrap()
            .contains("error=access_denied")
    );
}

#[tokio::test]
async fn invalid_authorization_requests_end_on_an_error_page() {
    let client = Client::new().await;
    for (change, said) in [
        (("client_id", "unknown"), "failed to retrieve client"),
        (
            ("redirect_uri", "https://evil.example/cb"),
            "invalid redirect_uri",
        ),
        (
            ("scope", "read:me manage:jira-project"),
            "scopes that have not been added to the app",
        ),
        (("scope", "openid read:me"), "Something went wrong"),
        (("scope", "report:personal-data"), "Something went wrong"),
        (("response_type", "token"), "incomplete or invalid"),
    ] {
        let response = client
            .http
            .get(client.authorize(&[change]))
            .send()
            .await
            .unwrap();

        assert_eq!(response.status(), 400, "{change:?}");
        assert!(response.headers().get("location").is_none());
        assert!(response.text().await.unwrap().contains(said), "{change:?}");
    }
}

#[tokio::test]
async fn a_cancelled_flow_returns_its_state_unless_the_knob_is_off() {
    let client = Client::new().await;

    let with = client
        .sandbox
        .cancel(&client.authorize(&[]), "mia")
        .await
        .unwrap();
    client.sandbox.knobs(|knobs| knobs.state_on_cancel = false);
    let without = client
        .sandbox
        .cancel(&client.authorize(&[]), "mia")
        .await
        .unwrap();

    assert!(with.contains("error=access_denied") && with.contains("state=the-state"));
    assert!(without.contains("error=access_denied") && !without.contains("state="));
}

#[tokio::test]
async fn a_wrong_secret_is_refused_and_http_basic_and_forms_are_accepted() {
    let client = Client::new().await;
    let wrong = client
        .token(json!({ "grant_type": "refresh_token", "client_secret": "wrong" }))
        .await;
    assert_eq!((wrong.0, text(&wrong.1, "error")), (401, "access_denied"));

    let code = client.code("mia", &[]).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
    ];
    let body: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let request = client
        .http
        .post(format!("{}/oauth/token", client.sandbox.url()));
    let request = request.basic_auth(
        client.sandbox.client_id(),
        Some(client.sandbox.client_secret()),
    );
    let form = request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    assert_eq!(form.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_refresh_rotates_the_token_and_the_previous_one_works_for_ten_minutes() {
    let client = Client::new().await;
    let first = client.tokens("mia", &[]).await;
    let first = text(&first, "refresh_token");
    let (status, second) = client.refresh(first).await;
    assert_eq!(status, 200);
    assert_ne!(text(&second, "refresh_token"), first);

    client.sandbox.clock().advance(Duration::from_secs(599));
    assert_eq!(client.refresh(first).await.0, 200, "within the leeway");
    client.sandbox.clock().advance(Duration::from_secs(2));
    let late = client.refresh(first).await;

    assert!(late.0 == 403 && refused(&late, &BAD_REFRESH), "{late:?}");
    assert!(
        refused(
            &client.refresh(text(&second, "refresh_token")).await,
            &BAD_REFRESH
        ),
        "the family is revoked"
    );
}

#[tokio::test]
async fn a_token_older_than_the_previous_one_revokes_the_family_even_within_the_leeway() {
    let client = Client::new().await;
    let first = client.tokens("mia", &[]).await;
    let second = client.refresh(text(&first, "refresh_token")).await.1;
    let third = client.refresh(text(&second, "refresh_token")).await.1;

    assert!(refused(
        &client.refresh(text(&first, "refresh_token")).await,
        &BAD_REFRESH
    ));
    assert!(refused(
        &client.refresh(text(&third, "refresh_token")).await,
        &BAD_REFRESH
    ));
}

#[tokio::test]
async fn refresh_tokens_can_be_single_use_and_expire_when_idle_with_documented_errors() {
    let client = Client::new().await;
    client.sandbox.knobs(|knobs| {
        knobs.leeway = Duration::ZERO;
        knobs.documented_errors = true;
    });
    let first = client.tokens("mia", &[]).await;
    client.refresh(text(&first, "refresh_token")).await;
    let again = client.refresh(text(&first, "refresh_token")).await;
    assert!(
        refused(
            &again,
            &Refusal {
                error: "invalid_grant",
                description: "Unknown or invalid refresh token."
            }
        ),
        "{again:?}"
    );

    let idle = client.tokens("mia", &[]).await;
    client
        .sandbox
        .clock()
        .advance(Duration::from_secs(90 * 24 * 3600));
    assert_eq!(client.refresh(text(&idle, "refresh_token")).await.0, 403);
}

#[tokio::test]
async fn a_second_consent_revokes_the_first_family_if_the_knob_is_on() {
    for kills in [false, true] {
        let client = Client::new().await;
        client
            .sandbox
            .knobs(|knobs| knobs.second_consent_kills = kills);
        let first = client.tokens("mia", &[]).await;
        client.tokens("mia", &[]).await;

        assert_eq!(
            client.refresh(text(&first, "refresh_token")).await.0 == 200,
            !kills
        );
    }
}

#[tokio::test]
async fn old_tokens_gain_new_scopes_unless_the_knob_is_off() {
    for gain in [true, false] {
        let client = Client::new().await;
        client.sandbox.knobs(|knobs| knobs.old_tokens_gain = gain);
        let narrow = client
            .tokens("edward", &[("scope", "read:jira-work")])
            .await;
        assert_eq!(
            client.get("/me", text(&narrow, "access_token")).await.0,
            403,
            "no read:me"
        );
        assert!(narrow.get("refresh_token").is_none(), "no offline_access");
        client.tokens("edward", &[]).await;

        assert_eq!(
            client.get("/me", text(&narrow, "access_token")).await.0 == 200,
            gain
        );
    }
}

#[tokio::test]
async fn the_api_shows_the_user_and_the_sites_only_with_a_valid_token() {
    let client = Client::new().await;
    let tokens = client.tokens("mia", &[]).await;
    let access = text(&tokens, "access_token");

    let (status, me) = client.get("/me", access).await;
    assert_eq!((status, text(&me, "nickname")), (200, "mkrystof"));
    let (_, sites) = client
        .get("/oauth/token/accessible-resources", access)
        .await;
    assert_eq!(sites.as_array().unwrap().len(), 3);
    client.sandbox.knobs(|knobs| knobs.duplicate_sites = true);
    let (_, doubled) = client
        .get("/oauth/token/accessible-resources", access)
        .await;
    assert_eq!(
        doubled.as_array().unwrap().len(),
        4,
        "one entry per product"
    );
    assert_eq!(
        client.get("/me", "made-up").await,
        (401, json!({ "code": 401, "message": "Unauthorized" }))
    );

    client.sandbox.clock().advance(Duration::from_secs(3600));
    assert_eq!(client.get("/me", access).await.0, 401, "an hour is over");
}

#[tokio::test]
async fn a_revoked_app_no_longer_has_access() {
    let client = Client::new().await;
    let tokens = client.tokens("mia", &[]).await;

    client.sandbox.revoke_user("mia");

    assert_eq!(
        client.get("/me", text(&tokens, "access_token")).await.0,
        401
    );
    assert_eq!(client.refresh(text(&tokens, "refresh_token")).await.0, 403);
    let other = client.tokens("edward", &[]).await;
    assert_eq!(
        client
            .post(
                "/oauth/revoke",
                json!({ "token": text(&other, "refresh_token") })
            )
            .await
            .0,
        200
    );
    assert_eq!(client.refresh(text(&other, "refresh_token")).await.0, 403);
}

#[tokio::test]
async fn a_lost_response_has_rotated_the_token_and_a_lost_request_has_not() {
    let client = Client::new().await;
    let tokens = client.tokens("mia", &[]).await;
    let refresh = text(&tokens, "refresh_token");
    let body = json!({ "grant_type": "refresh_token", "refresh_token": refresh,
        "client_id": client.sandbox.client_id(), "client_secret": client.sandbox.client_secret() });
    let send = || {
        let request = client
            .http
            .post(format!("{}/oauth/token", client.sandbox.url()));
        request
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
    };

    client.sandbox.fault(Endpoint::Token, Fault::CutBefore, 1);
    assert!(send().await.is_err());
    client.sandbox.clock().advance(Duration::from_secs(601));
    assert_eq!(
        send().await.unwrap().status(),
        200,
        "nothing had happened: the token was still the current one"
    );

    let tokens = client.tokens("mia", &[]).await;
    let lost = text(&tokens, "refresh_token").to_owned();
    client.sandbox.fault(Endpoint::Token, Fault::CutAfter, 1);
    let body = json!({ "grant_type": "refresh_token", "refresh_token": lost,
        "client_id": client.sandbox.client_id(), "client_secret": client.sandbox.client_secret() });
    let request = client
        .http
        .post(format!("{}/oauth/token", client.sandbox.url()));
    assert!(
        request
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .is_err()
    );
    client.sandbox.clock().advance(Duration::from_secs(601));
    assert_eq!(
        client.refresh(&lost).await.0,
        403,
        "it had rotated, and the leeway is over"
    );
}

#[tokio::test]
async fn faults_respond_as_configured_and_appear_in_the_journal() {
    let client = Client::new().await;
    client.sandbox.fault(Endpoint::Me, Fault::Status(429), 1);
    client.sandbox.fault(Endpoint::Me, Fault::Html, 1);
    client.sandbox.fault(
        Endpoint::Me,
        Fault::Body {
            status: 200,
            body: "[]".to_owned(),
        },
        1,
    );
    let url = format!("{}/me", client.sandbox.url());

    let limited = client.http.get(&url).send().await.unwrap();
    assert_eq!(
        (
            limited.status().as_u16(),
            limited.headers()["retry-after"].to_str().unwrap()
        ),
        (429, "1")
    );
    assert!(
        client
            .http
            .get(&url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
            .starts_with("<!doctype html>")
    );
    assert_eq!(
        client
            .http
            .get(&url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        "[]"
    );
    assert_eq!(
        client.http.get(&url).send().await.unwrap().status(),
        401,
        "the faults are used up"
    );

    let statuses: Vec<Option<u16>> = client
        .sandbox
        .journal()
        .iter()
        .map(|entry| entry.status)
        .collect();
    assert_eq!(statuses, [Some(429), Some(200), Some(200), Some(401)]);
}

#[tokio::test]
async fn scripts_of_any_origin_may_read_the_api_but_not_the_token_endpoint() {
    let client = Client::new().await;
    let origin = ("origin", "https://spa.example.com");
    let api = client
        .http
        .get(format!("{}/me", client.sandbox.url()))
        .header(origin.0, origin.1)
        .send()
        .await
        .unwrap();
    let token = client
        .http
        .post(format!("{}/oauth/token", client.sandbox.url()))
        .header(origin.0, origin.1);

    assert_eq!(api.headers()["access-control-allow-origin"], origin.1);
    assert!(
        token
            .send()
            .await
            .unwrap()
            .headers()
            .get("access-control-allow-origin")
            .is_none()
    );
}

#[tokio::test]
async fn a_site_that_blocks_apps_and_a_private_app_end_on_an_error_page() {
    let text = include_str!("../seed.example.toml");
    let blocked = text.replace(
        "name = \"Borealis Lab\"\n",
        "name = \"Borealis Lab\"\nblocks_apps = true\n",
    );
    let private = text.replace(
        "any_loopback_callback = true",
        "any_loopback_callback = true\nprivate_to = \"mia\"",
    );
    for (seed, said) in [
        (blocked, "Your site admin must authorize this app"),
        (private, "This app is private"),
    ] {
        let sandbox = Sandbox::builder()
            .seed(Seed::parse(&seed).unwrap())
            .start()
            .await
            .unwrap();
        let client = Client {
            sandbox,
            ..Client::new().await
        };

        let stranded = client
            .sandbox
            .approve(&client.authorize(&[]), "edward", None)
            .await
            .unwrap_err();

        assert!(stranded.0.contains(said), "{stranded}");
    }
}

#[test]
fn an_invalid_seed_is_refused_with_the_reason() {
    let text = include_str!("../seed.example.toml");

    assert!(Seed::parse("").unwrap_err().contains("apps"));
    assert!(
        Seed::parse(&text.replace("sites = [\"Borealis Lab\"]", "sites = [\"Nowhere\"]"))
            .unwrap_err()
            .contains("Nowhere")
    );
    assert!(
        Seed::parse(&text.replace("key = \"nora\"", "kee = \"nora\""))
            .unwrap_err()
            .contains("kee")
    );
}

#[test]
fn the_program_prints_one_line_of_json() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let mut program = Command::new(env!("CARGO_BIN_EXE_threelo-sandbox"))
        .args(["--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    program.kill().unwrap();
    program.wait().unwrap();

    let printed: Value = serde_json::from_str(&line).unwrap();
    assert!(text(&printed, "url").starts_with("http://127.0.0.1:"));
    assert_eq!(
        text(&printed, "client_id"),
        text(&printed["environment"], "ATLASSIAN_CLIENT_ID")
    );
}
