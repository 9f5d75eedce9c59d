//! Rate limits: what a caller learns, and how a job waits.

use std::time::Duration;

use threelo::ApiErrorKind;
use threelo::atlassian::RetryPolicy;
use threelo_sandbox::Endpoint;
use threelo_tests::answer;

use super::{Job, World};

#[tokio::test]
async fn a_rate_limit_tells_when_and_why_whatever_headers_it_has() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    let rows: [(&[(&str, &str)], Option<u64>, Option<&str>); 7] = [
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
            Some(24 * 3600),
            Some("jira-quota-tenant-based"),
        ),
        (&[("retry-after", "3600")], Some(3600), None),
        (
            &[
                ("retry-after", "Mon, 22 Mar 2049 04:32:20 GMT"),
                ("date", "Mon, 22 Mar 2049 04:27:20 GMT"),
            ],
            Some(300),
            None,
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
async fn a_job_may_wait_out_a_rate_limit() {
    let world = World::new().await;
    let job = Job::of_edward(&world).await;
    let waiting = RetryPolicy::up_to(Duration::from_secs(60));
    let patient = Job {
        atlassian: job.atlassian.retry(waiting),
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
        ApiErrorKind::OutcomeUnknown
    ));
    assert_eq!(
        world.api_calls().len(),
        4,
        "a change is not repeated after an outage"
    );
}
