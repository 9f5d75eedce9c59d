//! What people met: the inputs of public reports, with what is right (`tests/corpora/people.json`).

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use threelo::HookDecision;
use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::{Seen, capture_logs};

use super::refresh::HOUR;
use super::{Browser, World};

/// The rows of a surface.
fn rows(surface: &str) -> Vec<Value> {
    let all: Vec<Value> = serde_json::from_str(include_str!("../../corpora/people.json")).unwrap();
    let rows: Vec<Value> = all
        .into_iter()
        .filter(|row| row["surface"] == surface)
        .collect();
    assert!(!rows.is_empty(), "{surface}");
    rows
}

fn json(body: &Value) -> Fault {
    Fault::Body {
        status: 200,
        body: body.to_string(),
    }
}

async fn sign_in(world: &World, user: &str) -> (Browser, Seen) {
    let mut browser = world.browser();
    let (_, seen) = browser.sign_in(world, user, "/").await;
    (browser, seen)
}

/// Signs Edward in while an endpoint gives an odd answer, once.
async fn signed_in_against(endpoint: Endpoint, answer: &Value) -> (World, Browser) {
    let world = World::new().await;
    world.sandbox.fault(endpoint, json(answer), 1);
    let (browser, seen) = sign_in(&world, "edward").await;
    assert_eq!(seen.location(), "/", "{answer}");
    (world, browser)
}

#[tokio::test]
async fn an_odd_field_of_a_profile_costs_no_login() {
    for row in rows("GET /me") {
        let (_world, mut browser) = signed_in_against(Endpoint::Me, &row["input"]).await;

        let me = browser.fetch("GET", "/auth/me").await.json();

        let user = &me["profile"];
        assert_eq!(user["account_id"], "a1", "{row}: {me}");
        assert!(
            user["picture"].is_null() && user["email_verified"] != true,
            "{row}: {me}"
        );
    }
}

#[tokio::test]
async fn an_odd_entry_of_the_sites_costs_no_other_site() {
    for row in rows("accessible-resources") {
        let (_world, mut browser) = signed_in_against(Endpoint::Sites, &row["input"]).await;

        let seen = browser.fetch("GET", "/auth/sites").await.json();

        let count = if row["right"].as_str().unwrap().starts_with("two") {
            2
        } else {
            1
        };
        assert_eq!(
            seen["sites"].as_array().unwrap().len(),
            count,
            "{row}: {seen}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_is_not_atlassians_is_an_outage_and_the_log_says_whose_it_may_be() {
    let logs = capture_logs();
    for row in rows("token endpoint at the code exchange") {
        let world = World::new().await;
        let status = u16::try_from(row["status"].as_u64().unwrap()).unwrap();
        let answer = || Fault::Answer {
            status,
            headers: vec![(
                "content-type".into(),
                row["content_type"].as_str().unwrap().into(),
            )],
            body: row["input"].as_str().unwrap().into(),
        };
        for endpoint in [Endpoint::Token, Endpoint::Me] {
            world.sandbox.fault(endpoint, answer(), 9);

            let (mut browser, seen) = sign_in(&world, "mia").await;

            let page = browser.open(seen.location()).await;
            assert_eq!(page.status(), 503, "{endpoint:?}: {}", page.text());
            assert!(
                page.text().contains("Nothing is lost"),
                "{endpoint:?}: {}",
                page.text()
            );
            world.sandbox.mend();
        }
        let mut edward = world.signed_in("edward").await;
        world.pass(HOUR);
        world.sandbox.fault(Endpoint::Token, answer(), 1);
        assert_eq!(edward.fetch("GET", "/myself").await.status(), 503);
        world.pass(Duration::from_secs(31));
        assert_eq!(
            edward.fetch("GET", "/myself").await.status(),
            200,
            "nothing was lost"
        );
    }
    let said =
        "not Atlassian's answer: something on the way, such as a proxy, answered with status 407";
    assert!(logs.text().contains(said));
}

#[tokio::test]
async fn a_login_that_atlassian_refuses_for_its_settings_is_a_fault_of_the_setup() {
    let logs = capture_logs();
    for (query, status, word) in [
        ("error=invalid_scope", 500, "invalid_scope"),
        (
            "error=unauthorized_client&error_description=x",
            500,
            "unauthorized_client",
        ),
        ("error=invalid_request", 500, "invalid_request"),
        (
            "error=unsupported_response_type",
            500,
            "unsupported_response_type",
        ),
        (
            "error=temporarily_unavailable",
            503,
            "temporarily_unavailable",
        ),
        ("error=server_error", 503, "server_error"),
        ("error=", 503, "unknown"),
        ("error=%0aforged%20line", 503, "unknown"),
    ] {
        let world = World::new().await;
        let mut mia = world.browser();
        let authorize = mia.start_login("/").await;
        let state = authorize.split("state=").nth(1).unwrap();
        let state = state.split('&').next().unwrap();

        let seen = mia
            .arrive(&format!("/auth/callback?{query}&state={state}"))
            .await;
        let page = mia.open(seen.location()).await;

        assert_eq!(page.status(), status, "{query}: {}", page.text());
        let text = page.text();
        assert_eq!(
            text.contains("again in a moment"),
            status == 503,
            "{query}: {text}"
        );
        assert!(
            logs.text().contains(&format!("error=\"{word}\"")),
            "{query}"
        );
    }
    assert!(!logs.text().contains("forged line"));
}

#[tokio::test]
async fn a_login_returns_to_places_as_people_write_them() {
    for row in rows("GET login?return_to=") {
        let (world, place) = (World::new().await, row["input"].as_str().unwrap());
        let mut browser = world.browser();
        let (_, seen) = browser.sign_in(&world, "edward", place).await;
        assert_eq!(seen.location(), row["right"].as_str().unwrap());
    }
}

/// The same for a hook.
#[tokio::test]
async fn a_hook_leads_to_places_as_people_write_them() {
    let world = World::with(|builder| {
        builder
            .on_login(|_| std::future::ready(Ok(HookDecision::GoTo("/für alle?q=a b".to_owned()))))
    });
    let world = world.await;
    let (_, seen) = world.browser().sign_in(&world, "edward", "/").await;
    assert_eq!(seen.location(), "/f%C3%BCr%20alle?q=a%20b");
}

/// The header fields of a row.
fn fields(row: &Value) -> Vec<(&str, &str)> {
    let fields = row["headers"].as_object().unwrap();
    fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect()
}

/// A service worker passes a navigation on, at the start and at the callback.
#[tokio::test]
async fn a_navigation_through_a_service_worker_is_one() {
    for row in rows("GET login") {
        let world = World::new().await;
        let mut browser = world.browser();
        let fields = fields(&row);

        let seen = browser
            .request("GET", "/auth/login?return_to=%2Fuser", &fields)
            .await;
        assert_eq!(seen.status(), 303, "{row}: {}", seen.text());
        let authorize = seen.location().to_owned();
        let back = browser.consent(&world, &authorize, "mia").await;
        assert_eq!(back.location(), "/user");

        // The callback comes from another site, and through the worker.
        let mut other = world.browser();
        let callback = other.callback_of_login(&world, "edward", "/user").await;
        let from_elsewhere = [
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "empty"),
            ("sec-fetch-site", "cross-site"),
        ];
        let seen = other.request("GET", &callback, &from_elsewhere).await;
        assert_eq!(
            (seen.status(), seen.location()),
            (303, "/user"),
            "{}",
            seen.text()
        );
        let frame = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
        let seen = other.request("GET", "/auth/login", &frame).await;
        assert_eq!(seen.status(), 400, "frames stay refused");
    }
}

fn form(body: &'static str) -> Bytes {
    Bytes::from_static(body.as_bytes())
}

/// Turbo and Unpoly send forms by a script that accepts HTML, and show what comes back.
#[tokio::test]
async fn a_form_that_a_script_sends_for_the_page_is_answered_for_a_page() {
    for row in rows("POST logout by a script of the page") {
        let world = World::new().await;
        let mut browser = world.signed_in("mia").await;
        let fields = fields(&row);

        let chosen = browser
            .send(
                "POST",
                "/auth/site",
                &fields,
                form("site=11111111-aaaa-4aaa-8aaa-111111111111"),
            )
            .await;
        assert_eq!(chosen.status(), 303, "{row}: {}", chosen.text());
        let seen = browser
            .send("POST", "/auth/logout", &fields, form(""))
            .await;

        assert_eq!(
            (seen.status(), seen.location()),
            (303, "/"),
            "{row}: {}",
            seen.text()
        );
        assert_eq!(browser.who_am_i().await, None);
        // A script that wants data gets data.
        let mut edward = world.signed_in("edward").await;
        let asked = [
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-site", "same-origin"),
            ("accept", "*/*"),
        ];
        let seen = edward.send("POST", "/auth/logout", &asked, form("")).await;
        assert_eq!(seen.status(), 204);
    }
}

const SAFARI: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15";
const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36";

/// Safari sends no `Sec-Fetch-User`; the others do, and there its absence means that nobody clicked.
#[tokio::test]
async fn safari_is_not_asked_after_every_link() {
    let world = World::new().await;
    let from_elsewhere = |agent| {
        [
            ("user-agent", agent),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
            ("accept", "text/html"),
        ]
    };
    for path in ["/auth/login?return_to=%2Fboard", "/start"] {
        let mut browser = world.browser();
        let seen = browser.request("GET", path, &from_elsewhere(SAFARI)).await;
        assert_eq!(seen.status(), 303, "{path}: {}", seen.text());
        let authorize = seen.location().to_owned();
        assert!(authorize.starts_with(world.sandbox.url()), "{authorize}");

        let seen = world
            .browser()
            .request("GET", path, &from_elsewhere(CHROME))
            .await;
        assert!(
            seen.text().contains("Sign in with Atlassian?"),
            "{path}: {}",
            seen.text()
        );
    }
    // What a foreign link wishes besides is asked about everywhere, and frames stay refused.
    let mut browser = world.browser();
    let wish = "/auth/login?site=acme.atlassian.net";
    let seen = browser.request("GET", wish, &from_elsewhere(SAFARI)).await;
    assert!(
        seen.text().contains("Sign in with Atlassian?"),
        "{}",
        seen.text()
    );
    let mut frame = from_elsewhere(SAFARI);
    frame[3].1 = "iframe";
    assert_eq!(
        browser.request("GET", "/auth/login", &frame).await.status(),
        400
    );
    // Whether somebody is signed in, another site does not learn there either.
    let account = "/auth/login?account=same";
    let mut mia = world.signed_in("mia").await;
    let known = mia.request("GET", account, &from_elsewhere(SAFARI)).await;
    let stranger = world
        .browser()
        .request("GET", account, &from_elsewhere(SAFARI))
        .await;
    assert_eq!(
        (known.status(), known.text()),
        (stranger.status(), stranger.text())
    );
    assert_eq!(known.status(), 200);
}
