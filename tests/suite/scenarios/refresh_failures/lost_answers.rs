//! Refreshes whose answer did not arrive.

use threelo_sandbox::{Endpoint, Fault};

use super::{ENOUGH, HOUR, MINUTE, edward_after_an_hour};

#[tokio::test]
async fn a_lost_answer_is_requested_again_and_the_visitor_notices_nothing() {
    let (world, mut browser) = edward_after_an_hour().await;
    world.sandbox.fault(Endpoint::Token, Fault::CutAfter, 1);

    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);

    assert_eq!(world.refreshes(), 2);
    world.pass(HOUR);
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
}

#[tokio::test]
async fn a_lost_answer_is_requested_again_although_no_caller_waits() {
    let (world, mut browser) = edward_after_an_hour().await;
    world.sandbox.fault(Endpoint::Token, Fault::CutAfter, 1);
    world.sandbox.fault(Endpoint::Token, Fault::Status(503), 1);

    let seen = browser.fetch("GET", "/myself").await;

    assert_eq!((seen.status(), seen.header("retry-after")), (503, "5"));
    assert!(world.auth.drain(ENOUGH).await);
    assert_eq!(world.refreshes(), 3);
    // The new token was stored in time: using the old one would count as a breach by now.
    world.pass(20 * MINUTE);
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
    world.pass(HOUR);
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 200);
}

#[tokio::test]
async fn past_the_leeway_a_lost_answer_leads_to_consent_and_back() {
    let (world, mut browser) = edward_after_an_hour().await;
    world.sandbox.fault(Endpoint::Token, Fault::CutAfter, 1);
    world.sandbox.fault(Endpoint::Token, Fault::CutBefore, 1000);
    assert_eq!(browser.fetch("GET", "/myself").await.status(), 503);

    world.pass(11 * MINUTE);
    assert!(
        world.auth.drain(ENOUGH).await,
        "the answer is not requested again after the leeway"
    );
    world.sandbox.mend();
    world.pass(MINUTE);

    let seen = browser.fetch("GET", "/myself").await;
    assert_eq!(
        (seen.status(), &seen.json()["reason"]),
        (401, &"answer_lost".into())
    );
    let seen = browser.open("/myself").await;
    assert_eq!(
        seen.location(),
        "/auth/login?return_to=%2Fmyself&account=same"
    );
    let (_, seen) = browser.sign_in(&world, "edward", "/myself").await;
    assert_eq!(seen.location(), "/myself");
    assert_eq!(browser.open("/myself").await.text(), "2");
}
