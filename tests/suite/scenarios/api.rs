//! Calls to Atlassian's APIs: the token rules, the errors, and what visitors meet.

use std::time::Duration;

use serde_json::Value;
use threelo::atlassian::{Api, Waiting};
use threelo::{ApiError, ApiErrorKind, Atlassian, ScopeLack, Site};
use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::{App as _, answer};

use super::refresh::{HOUR, MINUTE};
use super::{App, Browser, World};

const PROJECTS: &str = "/rest/api/3/project/search";

/// Edward's client and his one site, outside any request.
#[derive(Clone)]
struct Job {
    atlassian: Atlassian,
    site: Site,
}

impl Job {
    async fn of_edward(world: &World) -> Self {
        world.signed_in("edward").await;
        let grant = world.grant_of("edward").await;
        let sites = grant.sites().await.unwrap();
        Self {
            atlassian: grant.client(),
            site: sites[0].clone(),
        }
    }

    fn jira(&self) -> Api<'_> {
        self.atlassian.jira(&self.site)
    }

    async fn call(&self) -> Result<Value, ApiError> {
        self.jira().get(PROJECTS).json().await
    }
}

#[tokio::test]
async fn a_token_that_died_early_is_replaced_once_for_all_who_call() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    world.clock.advance(MINUTE);
    world.sandbox.expire_tokens("edward");

    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let job = job.clone();
        calls.spawn(async move { job.call().await.unwrap()["total"].clone() });
    }

    assert_eq!(calls.join_all().await, vec![Value::from(2); 50]);
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn a_token_that_nobody_accepts_is_refreshed_once_and_no_more() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    world.clock.advance(MINUTE);
    let unauthorized = answer(401, &[], r#"{"code":401,"message":"Unauthorized"}"#);
    world.sandbox.fault(Endpoint::Api, unauthorized, 1000);

    for _ in 0..5 {
        let error = job.call().await.unwrap_err();
        assert!(matches!(error.kind(), ApiErrorKind::Refused { status } if *status == 401));
    }

    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn an_expired_token_that_is_seen_as_403_or_404_is_refreshed_exactly_once() {
    for status in [403, 404] {
        let world = World::new().await;
        let job = Job::of_edward(&world).await;
        world.sandbox.knobs(|knobs| knobs.expired_status = status);
        // By the app's clock the token is about to end, by Atlassian's it has.
        world.clock.advance(56 * MINUTE);
        world.sandbox.expire_tokens("edward");

        assert_eq!(job.call().await.unwrap()["total"], 2);
        world.auth.drain(Duration::from_secs(10)).await;
        assert_eq!(world.refreshes(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_403_or_404_of_a_good_token_is_meant_as_it_is() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    for status in [403, 404] {
        world
            .sandbox
            .fault(Endpoint::Api, answer(status, &[], "{}"), 1);
        let error = job.call().await.unwrap_err();
        let fits = match status {
            403 => matches!(error.kind(), ApiErrorKind::Forbidden),
            _ => matches!(error.kind(), ApiErrorKind::NotFound),
        };
        assert!(fits, "{error:?}");
    }
    assert_eq!((world.refreshes(), world.api_calls().len()), (0, 2));
}

#[tokio::test]
async fn a_scope_problem_causes_no_refresh_and_no_repetition() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    let post = || job.jira().post("/rest/api/3/issue");

    let unnamed = post().send().await.unwrap_err();
    assert!(matches!(
        unnamed.kind(),
        ApiErrorKind::MissingScope(missing) if missing.scopes.is_empty()
    ));
    assert_eq!(world.api_calls().len(), 1);
    let named = post().needs(["write:jira-work"]).send().await.unwrap_err();
    match named.kind() {
        ApiErrorKind::MissingScope(missing) => {
            assert_eq!(missing.scopes.to_string(), "write:jira-work");
            assert_eq!(missing.why, ScopeLack::NotAsked);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!((world.api_calls().len(), world.refreshes()), (1, 0));

    // The same words without the header, as older gateways send them.
    let words = r#"{"code":401,"message":"Unauthorized; scope does not match"}"#;
    world
        .sandbox
        .fault(Endpoint::Api, answer(401, &[], words), 1);
    let error = job.call().await.unwrap_err();
    assert!(matches!(error.kind(), ApiErrorKind::MissingScope(_)));
    assert_eq!(world.refreshes(), 0);
}

#[tokio::test]
async fn an_answer_as_to_nobody_is_not_taken_for_an_empty_result() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    world.clock.advance(MINUTE);
    world.sandbox.knobs(|knobs| knobs.anonymous_when_bad = true);
    world.sandbox.expire_tokens("edward");

    assert_eq!(job.call().await.unwrap()["total"], 2);
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn a_rate_limit_tells_when_and_why_whatever_headers_it_has() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    let rows: [(&[(&str, &str)], Option<u64>, Option<&str>); 5] = [
        (
            &[
                ("retry-after", "7"),
                ("x-ratelimit-limit", "350"),
                ("x-ratelimit-remaining", "0"),
                ("ratelimit-reason", "jira-burst-based"),
            ],
            Some(7),
            Some("jira-burst-based"),
        ),
        (
            &[("x-ratelimit-reset", "2049-03-22T04:27:20Z")],
            Some(40),
            None,
        ),
        (
            &[("x-failure-category", "FAILURE_CLIENT_RATE_LIMIT")],
            None,
            None,
        ),
        (
            &[
                ("retry-after", "99999999"),
                ("ratelimit-reason", "jira-quota-tenant-based"),
            ],
            Some(900),
            Some("jira-quota-tenant-based"),
        ),
        (
            &[("beta-retry-after", "5"), ("retry-after", "soon")],
            None,
            None,
        ),
    ];
    for (fields, after, why) in rows {
        world
            .sandbox
            .fault(Endpoint::Api, answer(429, fields, ""), 1);
        let error = job.call().await.unwrap_err();
        assert_eq!(error.trace_id().map(str::len), Some(32));
        let ApiErrorKind::RateLimited {
            retry_after,
            reason,
        } = error.kind()
        else {
            panic!("{error:?}");
        };
        assert_eq!(
            (retry_after.map(|wait| wait.as_secs()), reason.as_deref()),
            (after, why)
        );
    }
}

#[tokio::test]
async fn a_job_may_wait_for_its_turn() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    let waiting = Waiting::up_to(Duration::from_secs(60));
    let patient = Job {
        atlassian: job.atlassian.waiting(waiting),
        site: job.site,
    };
    world
        .sandbox
        .fault(Endpoint::Api, answer(429, &[("retry-after", "1")], ""), 1);
    world
        .sandbox
        .fault(Endpoint::Api, answer(503, &[("retry-after", "1")], ""), 1);

    assert_eq!(patient.call().await.unwrap()["total"], 2);

    assert_eq!(world.api_calls().len(), 3);
    world.sandbox.fault(Endpoint::Api, answer(503, &[], ""), 1);
    let change = patient.jira().post("/rest/api/3/issue").send().await;
    assert!(matches!(
        change.unwrap_err().kind(),
        ApiErrorKind::Unavailable { .. }
    ));
    assert_eq!(
        world.api_calls().len(),
        4,
        "a change is not repeated after an outage"
    );
}

#[tokio::test]
async fn paths_that_leave_their_base_are_refused_before_anything_is_sent() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;

    for path in [
        "/../../../me",
        "//evil.example/",
        "https://evil.example/",
        "/%2e%2e/x",
        "/a?b=c",
    ] {
        let error = job.jira().get(path).send().await.unwrap_err();
        assert!(
            matches!(error.kind(), ApiErrorKind::Misused(_)),
            "{path}: {error:?}"
        );
    }
    for field in [
        "Authorization",
        "Host",
        "Cookie",
        "Transfer-Encoding",
        "bad name",
    ] {
        let request = job.jira().get(PROJECTS).header(field, "x");
        let error = request.send().await.unwrap_err();
        assert!(matches!(error.kind(), ApiErrorKind::Misused(_)), "{field}");
    }
    let bad_base = job
        .atlassian
        .api("https://evil.example")
        .get("/me")
        .send()
        .await;
    assert!(matches!(
        bad_base.unwrap_err().kind(),
        ApiErrorKind::Misused(_)
    ));
    assert_eq!(world.api_calls().len(), 0);
}

#[tokio::test]
async fn parameters_headers_and_bodies_arrive_as_they_were_given() {
    let world = World::with(|builder| builder.scopes(["read:jira-work", "write:jira-work"])).await;
    let job = Job::of_edward(&world).await;
    let jira = job.jira();

    let body =
        serde_json::json!({ "fields": { "summary": "é & <b>", "project": { "key": "LAB" } } });
    let made: Value = jira
        .post("/rest/api/3/issue")
        .header("X-Atlassian-Token", "no-check")
        .body_json(&body)
        .json()
        .await
        .unwrap();
    let found: Value = jira
        .get("/rest/api/3/search/jql")
        .query(&[("jql", "project = LAB AND updated >= -1h")])
        .query(&[("maxResults", 1)])
        .json()
        .await
        .unwrap();

    assert_eq!(found["issues"][0]["key"], made["key"]);
    assert_eq!(found["issues"][0]["fields"]["summary"], "é & <b>");
}

#[tokio::test]
async fn the_body_of_a_refusal_is_for_who_asks_for_it() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    let search = || {
        job.jira()
            .get("/rest/api/3/search/jql")
            .query(&[("jql", "nonsense")])
    };

    let error = search().send().await.unwrap_err();
    assert!(matches!(error.kind(), ApiErrorKind::Refused { status } if *status == 400));
    assert!(!format!("{error} {error:?}").contains("nonsense"));

    let answer = search().response().await.unwrap();
    assert_eq!(answer.status(), 400);
    let body: Value = answer.json().await.unwrap();
    assert!(
        body["errorMessages"][0]
            .as_str()
            .unwrap()
            .contains("nonsense")
    );
}

#[tokio::test]
async fn answers_can_be_read_in_parts_and_a_huge_one_fills_no_memory() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    let get = || job.jira().get(PROJECTS);

    world.sandbox.fault(Endpoint::Api, Fault::Endless, 2);
    let mut endless = get().send().await.unwrap();
    let mut read = 0;
    while read < 20 * 1024 * 1024 {
        read += endless.chunk().await.unwrap().unwrap().len();
    }
    drop(endless);
    let error = get().json::<Value>().await.unwrap_err();
    assert!(
        matches!(error.kind(), ApiErrorKind::Unreadable(_)),
        "{error:?}"
    );

    world.sandbox.fault(Endpoint::Api, Fault::CutBody, 1);
    let error = get().json::<Value>().await.unwrap_err();
    assert!(
        matches!(error.kind(), ApiErrorKind::Unavailable { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_answer_that_is_not_what_was_asked_for_is_unreadable_and_not_quoted() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    let json = [("content-type", "application/json")];
    let rows = [
        answer(200, &[("content-type", "text/html")], "<h1>canary</h1>"),
        answer(200, &json, "canary"),
        answer(200, &json, ""),
        answer(200, &json, "{\"canary\":"),
        answer(200, &json, "\u{feff}{}"),
    ];
    for row in rows {
        world.sandbox.fault(Endpoint::Api, row, 1);
        let error = job.call().await.unwrap_err();
        assert!(
            matches!(error.kind(), ApiErrorKind::Unreadable(_)),
            "{error:?}"
        );
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
    world.sandbox.fault(
        Endpoint::Api,
        answer(302, &[("location", "https://evil.example/")], ""),
        1,
    );
    let redirect = job.jira().get(PROJECTS).send().await.unwrap();
    assert_eq!(redirect.status(), 302, "never followed");
}

#[tokio::test]
async fn a_visitor_who_lacks_a_scope_is_asked_for_it_and_comes_back() {
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    let site = "11111111-aaaa-4aaa-8aaa-111111111111";
    browser.submit("/auth/site", &format!("site={site}")).await;

    let seen = browser.submit("/myself", "").await;

    assert_eq!(seen.status(), 403);
    assert!(
        seen.text().contains("/auth/login?scope=write%3Ajira-work"),
        "{}",
        seen.text()
    );
    let seen = browser.fetch("POST", "/myself").await;
    assert_eq!(
        seen.json()["missing_scopes"],
        serde_json::json!(["write:jira-work"])
    );

    let login = browser
        .open("/auth/login?scope=write%3Ajira-work&return_to=/myself")
        .await;
    assert_eq!(
        browser
            .consent(&world, login.location(), "mia")
            .await
            .location(),
        "/myself"
    );
    assert_eq!(browser.submit("/myself", "").await.text(), "\"AD-6\"");
}

#[tokio::test]
async fn visitors_are_told_what_atlassian_said_in_words_of_ours() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    let rows = [
        (
            answer(403, &[], "canary"),
            403,
            "Atlassian does not allow that",
            "atlassian_forbids",
        ),
        (
            answer(404, &[], "canary"),
            404,
            "Not found at Atlassian",
            "atlassian_not_found",
        ),
        (
            answer(429, &[("retry-after", "9")], ""),
            503,
            "Atlassian asks us to slow down",
            "rate_limited",
        ),
        (
            answer(500, &[], "canary"),
            503,
            "Atlassian does not answer",
            "unavailable",
        ),
        (
            Fault::CutBefore,
            503,
            "Atlassian does not answer",
            "unavailable",
        ),
        (
            answer(418, &[], "canary"),
            502,
            "That did not work",
            "atlassian_refused",
        ),
    ];
    for (fault, status, headline, code) in rows {
        world.sandbox.fault(Endpoint::Api, fault, 2);
        let page = browser.open("/myself").await;
        assert_eq!(page.status(), status);
        assert!(page.text().contains(headline), "{}", page.text());
        assert!(!page.text().contains("canary"));
        assert!(page.text().contains("href=\"/myself\""));
        let problem = browser.fetch("GET", "/myself").await;
        assert_eq!(
            (problem.status(), &problem.json()["code"]),
            (status, &code.into())
        );
        if code == "rate_limited" {
            assert_eq!(problem.header("retry-after"), "9");
        }
    }
}

#[tokio::test]
async fn a_stranger_who_wants_an_api_is_asked_to_sign_in() {
    let world = World::new().await;
    let mut browser = world.browser();

    assert_eq!(
        browser.open("/myself").await.location(),
        "/auth/login?return_to=%2Fmyself"
    );
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 401);
}

#[tokio::test]
async fn a_new_consent_on_another_instance_counts_before_a_scope_is_missed() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    job.call().await.unwrap();
    let other = world.another_auth(|builder| builder);
    let app = App::new(&other);
    let mut browser = Browser::new(&app);
    let login = browser.open("/auth/login?scope=write%3Ajira-work").await;
    browser.consent(&world, login.location(), "edward").await;

    let body = serde_json::json!({ "fields": { "summary": "x", "project": { "key": "LAB" } } });
    let made = job
        .jira()
        .post("/rest/api/3/issue")
        .needs(["write:jira-work"]);

    assert_eq!(made.body_json(&body).send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn a_job_learns_how_long_a_grant_lasts_and_can_forget_it() {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let world = World::with_crowd(3).await;
    for user in ["crowd0", "crowd1", "crowd2", "edward"] {
        world.signed_in(user).await;
    }
    let grants = world.auth.grants();

    let mut page = Some(threelo::store::Page::first(3));
    let mut seen = Vec::new();
    while let Some(part) = page {
        let accounts = grants.list(&part).await.unwrap();
        assert!(accounts.ids.len() <= 3);
        seen.extend(accounts.ids);
        page = accounts.next;
    }
    let mut wanted: Vec<_> = ["edward", "crowd0", "crowd1", "crowd2"]
        .map(|user| world.account(user))
        .into();
    wanted.sort();
    assert_eq!(seen, wanted);

    let now = || threelo::clock::Clock::now(&*world.clock);
    let grant = grants.of(&world.account("edward")).await.unwrap();
    assert_eq!(grant.expires(), now() + HOUR);
    assert_eq!(grant.consent_by(), now() + 90 * DAY);
    assert!(grant.scopes().contains("read:jira-work"));
    let cautious = world.another_auth(|builder| builder.longest_consent(30 * DAY));
    let hinted = cautious
        .grants()
        .of(&world.account("edward"))
        .await
        .unwrap();
    assert_eq!(hinted.consent_by(), now() + 30 * DAY);

    grant.forget().await.unwrap();
    assert!(grants.of(&world.account("edward")).await.is_err());
    assert!(grant.access_token().await.is_err());
}
