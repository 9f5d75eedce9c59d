//! Hooks of the app that refuse, or fail.

use threelo::{BoxError, HookDecision};
use threelo_tests::{Seen, capture_logs};

use super::{Browser, World};

type Verdict = fn() -> Result<HookDecision, BoxError>;

/// A sign-in whose hook says this, as far as the page on which it ends.
async fn judged(verdict: Verdict) -> (World, Browser, Seen) {
    let world = World::with(move |builder| builder.on_login(move |_| async move { verdict() }));
    let world = world.await;
    let mut browser = world.browser();
    let (_, seen) = browser.sign_in(&world, "mia", "/user").await;
    let page = browser.open(seen.location()).await;
    assert_eq!(browser.who_am_i().await, None, "no session begins");
    (world, browser, page)
}

/// The database of the app is down.
fn broken() -> Result<HookDecision, BoxError> {
    let cause = std::io::Error::other("disk full");
    Err(Box::new(threelo::store::StoreError::Failed(cause.into())))
}

#[tokio::test]
async fn a_hook_that_refuses_says_that_it_was_the_app() {
    let (_world, _browser, page) = judged(|| Ok(HookDecision::Refuse)).await;

    assert_eq!(page.status(), 403);
    assert!(
        page.text().contains("This app did not accept the account"),
        "{}",
        page.text()
    );
    assert!(!page.text().contains("cookies are blocked"));
}

#[tokio::test]
async fn a_hook_refuses_with_its_own_words_which_are_shown_once_and_as_text() {
    let words = || {
        Ok(HookDecision::RefuseWith(
            "<b>Ask</b> Nora in room 5.".into(),
        ))
    };
    let (world, mut browser, page) = judged(words).await;

    let text = page.text();
    assert!(
        text.contains("&lt;b&gt;Ask&lt;/b&gt; Nora in room 5."),
        "{text}"
    );
    let address = "/auth/error?reason=refused_by_app&return_to=%2Fuser";
    let again = browser.open(address).await;
    assert!(!again.text().contains("Nora"), "a message is shown once");
    // For a script it is the detail of the problem; in a cookie it is sealed, and not in the address.
    let (_, seen) = browser.sign_in(&world, "mia", "/user").await;
    assert_eq!(seen.location(), address);
    assert!(
        browser
            .cookies
            .values()
            .all(|value| !value.contains("Nora"))
    );
    let problem = browser.fetch("GET", address).await.json();
    assert_eq!(problem["code"], "refused_by_app");
    assert_eq!(problem["detail"], "<b>Ask</b> Nora in room 5.");
}

#[tokio::test]
async fn a_hook_refuses_to_a_place_of_its_own_and_nothing_begins() {
    let elsewhere = || Ok(HookDecision::RefuseTo("/not-invited".into()));
    let world = World::with(move |builder| builder.on_login(move |_| async move { elsewhere() }));
    let world = world.await;
    let mut browser = world.browser();
    let (_, seen) = browser.sign_in(&world, "mia", "/user").await;
    assert_eq!(seen.location(), "/not-invited");
    assert_eq!(browser.who_am_i().await, None);
    assert!(!world.has_grant("mia").await);

    // Another origin is no place of the app.
    let (_world, _browser, page) =
        judged(|| Ok(HookDecision::RefuseTo("https://evil.example/".into()))).await;
    assert_eq!(page.status(), 403);
}

#[tokio::test]
async fn a_hook_that_fails_is_the_apps_outage_and_the_log_has_its_causes() {
    let logs = capture_logs();
    let verdicts: [Verdict; 2] = [broken, || panic!("a bug of the app")];
    for verdict in verdicts {
        let (_world, _browser, page) = judged(verdict).await;

        assert_eq!(page.status(), 503);
        assert_eq!(page.header("retry-after"), "5");
        let text = page.text();
        assert!(
            text.contains("this app could not do its own part"),
            "{text}"
        );
        assert!(!text.contains("disk full"), "the log's, not the page's");
    }
    assert!(logs.text().contains("disk full"));
}

/// The same when an account is connected.
#[tokio::test]
async fn a_connect_hook_refuses_with_words_for_the_apps_user_alone() {
    let logs = capture_logs();
    for (verdict, code, shown) in [
        (
            (|| Ok(HookDecision::RefuseWith("Ask Nora.".into()))) as Verdict,
            "refused_by_app",
            "Ask Nora.",
        ),
        (broken, "app_failed", "its own part"),
    ] {
        let world = World::connecting(move |builder| {
            builder.on_connected(move |_| async move { verdict() })
        });
        let world = world.await;
        let mut edward = world.browser();
        edward.cookies.insert("app-user".into(), "edward".into());

        let (_, seen) = edward.connect(&world, "edward", "").await;

        assert!(
            seen.location().contains(code),
            "{code}: {}",
            seen.location()
        );
        let mut next = world.browser();
        next.cookies = edward.cookies.clone();
        next.cookies.insert("app-user".into(), "nora".into());
        if code == "refused_by_app" {
            let seen = next.open(seen.location()).await;
            assert!(!seen.text().contains(shown), "another user of the app");
        }
        let page = edward.open(seen.location()).await;
        assert!(page.text().contains(shown), "{code}: {}", page.text());
        assert!(!world.has_grant("edward").await);
    }
    assert!(logs.text().contains("on_connected"));
}
