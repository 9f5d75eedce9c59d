//! Secrets appear in no log line, error, Debug output or page: T190, T206, T207, T208
//! (docs/attacks.md).

use threelo::adapter::RequestHead;
use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::capture_logs;

use super::{Browser, World};

/// Everything secret of a world so far.
fn canaries(world: &World, browsers: &[&Browser]) -> Vec<String> {
    let mut secrets = world.sandbox.issued_secrets();
    for browser in browsers {
        secrets.extend(browser.cookies.values().cloned());
    }
    assert!(secrets.len() > 4);
    secrets
}

fn assert_clean(what: &str, text: &str, canaries: &[String]) {
    for canary in canaries {
        assert!(
            !text.contains(canary.as_str()),
            "{what} holds a secret of {} bytes",
            canary.len()
        );
    }
}

#[tokio::test]
async fn no_secret_is_logged_or_shown_in_a_whole_life() {
    let captured = capture_logs();
    let world = World::new().await;
    let mut browser = world.browser();
    let mut pages = String::new();

    let authorize = browser.start_login("/user?token=return-canary").await;
    let state = authorize
        .split("state=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap()
        .to_owned();
    let flow = browser.clone();
    let callback = world.approve(&authorize, "mia").await;
    for seen in [
        browser.arrive(&callback).await,
        browser.arrive(&callback).await,
    ] {
        pages += &format!(
            "{:?}{}",
            seen.response.headers().get("location"),
            seen.text()
        );
    }
    let apps = ["/user", "/board"].map(str::to_owned);
    let ours = world.operations().await.into_iter().map(|one| one.path);
    for path in ours.chain(apps) {
        pages += &browser.open(&path).await.text();
        pages += &browser.fetch("GET", &path).await.text();
    }
    for (endpoint, fault) in [
        (Endpoint::Token, Fault::Status(500)),
        (Endpoint::Token, Fault::Html),
        (Endpoint::Me, Fault::Status(403)),
    ] {
        world.sandbox.fault(endpoint, fault, 1);
        let seen = browser.sign_in(&world, "mia", "/user").await.1;
        pages += seen.location();
        pages += &browser.open(seen.location()).await.text();
    }
    world.sessions.set_down(true);
    pages += &browser.open("/user").await.text();
    world.sessions.set_down(false);
    let signed_in = browser.clone();
    pages += &browser.submit("/auth/logout", "").await.text();

    let mut secrets = canaries(&world, &[&flow, &signed_in]);
    secrets.push(state);
    assert!(
        captured.text().contains("consent stored"),
        "the capture works"
    );
    assert_clean("the log", &captured.text(), &secrets);
    assert_clean(
        "the log",
        &captured.text(),
        &["return-canary".to_owned(), "mia@".to_owned()],
    );
    assert_clean("a page", &pages, &secrets);
}

#[tokio::test]
async fn no_secret_is_logged_or_shown_while_accounts_are_connected_and_disconnected() {
    let captured = capture_logs();
    let world = World::connecting(|builder| builder).await;
    let mut browser = world.browser().with_user("app-user", "edward");
    let mut pages = String::new();
    let authorize = browser.start_connect("return_to=/public").await;
    let flow = browser.clone();
    let callback = world.approve(&authorize, "mia").await;
    for _ in 0..2 {
        let seen = browser.arrive(&callback).await;
        pages += &format!("{}{}", seen.location(), seen.text());
    }
    let form = format!("account={}", world.account("mia"));
    let (_, wrong) = browser.connect(&world, "edward", &form).await;
    let mut mallory = world.browser().with_user("app-user", "mallory");
    let (_, taken) = mallory.connect(&world, "mia", "").await;
    let apps = [
        wrong.location(),
        taken.location(),
        "/connections",
        "/myself",
        "/writers",
    ];
    let ours = world.operations().await.into_iter().map(|one| one.path);
    for path in ours.chain(apps.map(str::to_owned)) {
        pages += &browser.open(&path).await.text();
        pages += &browser.fetch("GET", &path).await.text();
    }
    browser.submit("/auth/disconnect", "").await;
    let broken = World::connecting(|builder| builder).await;
    let mut unsure = broken.browser().with_user("app-user", "broken");
    pages += &unsure.open("/connections").await.text();
    assert!(world.auth.drain(std::time::Duration::from_secs(5)).await);

    let mut secrets = world.sandbox.issued_secrets();
    let ours = |name: &&String| name.starts_with("threelo");
    let kept = flow.cookies.keys().filter(ours);
    secrets.extend(kept.map(|name| flow.cookies[name].clone()));
    assert!(captured.text().contains("consent stored"));
    assert_clean("the log", &captured.text(), &secrets);
    assert_clean(
        "the log",
        &captured.text(),
        &["mia@".to_owned(), "Mia Krystof".to_owned()],
    );
    assert_clean("a page", &pages, &secrets);
}

#[tokio::test]
async fn no_debug_output_shows_a_secret() {
    let world = World::new().await;
    let browser = world.signed_in("mia").await;
    let credentials = threelo::Credentials::new("id", world.sandbox.client_secret());
    let builder = threelo::Auth::builder(credentials.clone(), "http://localhost:3000")
        .keys("k1:bm90LWEta2V5");
    let error = threelo::Auth::builder(credentials.clone(), "ftp://x")
        .keys("k1:bm90LWEta2V5")
        .build()
        .unwrap_err();

    let callback = http::Request::get("/auth/callback?code=code-canary&state=state-canary");
    let callback = callback.header("cookie", browser.cookie_header()).body(());
    let action = RequestHead::lend(&callback.unwrap(), |head| world.auth.handle(head));

    let all = format!(
        "{:?}{:#?}{:?}{:?}{:?}{:?}{error}{error:?}",
        world.auth,
        world.auth.config(),
        world.sessions,
        credentials,
        builder,
        action
    );

    let secrets = canaries(&world, &[&browser]);
    assert_clean("Debug", &all, &secrets);
    assert_clean(
        "Debug",
        &all,
        &["bm90LWEta2V5".to_owned(), "-canary".to_owned()],
    );
}
