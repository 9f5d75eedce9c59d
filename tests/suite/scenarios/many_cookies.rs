//! More cookies than anybody needs: T101 (docs/attacks.md). A sibling host can set them.

use threelo_tests::capture_logs;

use super::World;

/// Foreign cookies that stand before ours.
fn foreign(bytes: usize) -> (String, String) {
    ("0".to_owned(), "x".repeat(bytes))
}

/// As many foreign cookies as are never read.
fn too_many() -> (String, String) {
    ("0".to_owned(), "; x=y".repeat(9000))
}

#[tokio::test]
async fn cookies_of_ours_are_found_behind_many_kilobytes_of_others() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.cookies.extend([foreign(60_000)]);

    browser.sign_in(&world, "mia", "/user").await;

    let mia = world.account("mia");
    assert_eq!(browser.who_am_i().await.as_deref(), Some(mia.as_str()));
}

#[tokio::test]
async fn a_visitor_with_more_cookies_than_are_read_is_told_so_and_keeps_the_session() {
    let captured = capture_logs();
    let world = World::new().await;
    let mut browser = world.signed_in("mia").await;
    let mut flooded = browser.clone();
    flooded.cookies.extend([too_many()]);

    for path in [
        "/user",
        "/login-only",
        "/auth/login",
        "/auth/callback?code=x&state=y",
        "/auth/me",
    ] {
        let page = flooded.open(path).await;
        assert_eq!(page.status(), 431, "{path}");
        assert!(page.text().contains("too many cookies"), "{path}");
        let problem = flooded.fetch("GET", path).await;
        assert_eq!(problem.status(), 431, "{path}");
        assert_eq!(problem.json()["code"], "too_many_cookies", "{path}");
    }
    let optional = flooded.open("/").await;
    assert_eq!(optional.text(), "stranger");

    assert!(captured.text().contains("more cookies than are read"));
    let mia = world.account("mia");
    assert_eq!(browser.who_am_i().await.as_deref(), Some(mia.as_str()));
}
