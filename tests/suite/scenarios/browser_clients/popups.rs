//! Logins in a window of their own.

use threelo_tests::Seen;

use super::{Browser, EVIL, EXTENSION, OTHER, SPA, World, world};

/// Mia signs in in a window; gives the answers of login and callback.
async fn login(world: &World, window: &mut Browser, query: &str) -> [Seen; 2] {
    let start = window.arrive(&format!("/auth/login?{query}")).await;
    let landed = window.consent(world, start.location(), "mia").await;
    [start, landed]
}

/// The page at the end of a login in a window that a page of `origin` opened.
async fn last_page(world: &World, query: &str) -> Seen {
    let mut window = world.browser();
    let [_, landed] = login(world, &mut window, query).await;
    assert_eq!(landed.location(), "/auth/done", "{query}");
    let page = window.arrive("/auth/done").await;
    let again = window.arrive("/auth/done").await;
    assert!(!again.text().contains("<script"), "it tells once");
    page
}

#[tokio::test]
async fn the_last_page_tells_exactly_the_listed_origin_and_closes() {
    let world = world().await;

    let page = last_page(&world, &format!("display=popup&origin={SPA}")).await;

    assert_eq!(page.status(), 200);
    let text = page.text();
    assert!(text.contains("<script src=\"/auth/popup.js\""), "{text}");
    assert!(text.contains(&format!("data-origin=\"{SPA}\"")), "{text}");
    assert!(
        text.contains("threelo:done") && !text.contains("ticket"),
        "{text}"
    );
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("script-src 'self'") && policy.contains("default-src 'none'"),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'none'"));
    assert_eq!(page.header("cross-origin-opener-policy"), "");
    let mut browser = world.browser();
    let script = browser.fetch("GET", "/auth/popup.js").await;
    assert_eq!(
        script.header("content-type"),
        "text/javascript; charset=utf-8"
    );
    assert!(
        script
            .text()
            .contains("postMessage(JSON.parse(message), origin)")
    );
}

#[tokio::test]
async fn a_page_of_another_site_is_told_a_ticket_and_where_to_go_without_an_opener() {
    let world = world().await;
    let challenge = "x".repeat(43);
    let query = format!("display=popup&origin={OTHER}&challenge={challenge}&return_to={OTHER}%2F");

    let text = last_page(&world, &query).await.text();

    assert!(text.contains("&quot;ticket&quot;"), "{text}");
    assert!(
        text.contains(&format!("data-fallback=\"{OTHER}/#threelo_ticket=")),
        "{text}"
    );
    let query = format!("display=popup&origin={EXTENSION}&challenge={challenge}");
    let text = last_page(&world, &query).await.text();
    assert!(
        text.contains("&quot;ticket&quot;") && !text.contains("data-fallback"),
        "{text}"
    );
}

#[tokio::test]
async fn no_other_page_is_told_anything() {
    let world = world().await;
    for origin in [
        EVIL,
        "null",
        "*",
        "http://localhost:5173/",
        "http://localhost:3000",
    ] {
        let mut window = world.browser();
        let challenge = "x".repeat(43);
        let query = format!("display=popup&origin={origin}&challenge={challenge}");
        let [_, landed] = login(&world, &mut window, &query).await;
        assert_eq!(landed.location(), "/", "{origin}: an ordinary login");
    }
    // Without a login in this browser the page sends no message, and reads nothing.
    let mut stranger = world.browser();
    let before = world.sessions.calls();
    let page = stranger.arrive("/auth/done").await;
    assert_eq!(page.status(), 200);
    assert!(!page.text().contains("<script"));
    assert!(
        !page
            .header("content-security-policy")
            .contains("script-src")
    );
    assert_eq!(world.sessions.calls(), before);
}

#[tokio::test]
async fn every_answer_on_the_way_leaves_the_opener_alone() {
    let world = world().await;
    let mut window = world.browser();
    let query = format!("display=popup&origin={SPA}");
    let [start, landed] = login(&world, &mut window, &query).await;
    let page = window.arrive("/auth/done").await;
    for seen in [start, landed, page] {
        assert_eq!(seen.header("cross-origin-opener-policy"), "");
    }
}

/// A browser that ignores the hint is turned away, and not redirected in a loop.
#[tokio::test]
async fn a_navigation_from_elsewhere_comes_again_once() {
    let world = world().await;
    let mut browser = world.browser();
    let first = browser.arrive("/auth/sites?return_to=%2Fboard").await;
    assert!(
        first.text().contains("?return_to=%2Fboard&amp;bounced=1"),
        "{}",
        first.text()
    );
    let second = browser
        .arrive("/auth/sites?return_to=%2Fboard&bounced=1")
        .await;
    assert_eq!(second.status(), 403);
    let own = browser
        .open("/auth/sites?return_to=%2Fboard&bounced=1")
        .await;
    assert_eq!(own.status(), 303);
}

/// "Try again" goes on in the same window for the same page.
#[tokio::test]
async fn a_visitor_who_cancels_in_a_window_can_try_again_there() {
    let world = world().await;
    let mut window = world.browser();
    let start = window
        .arrive(&format!("/auth/login?display=popup&origin={SPA}"))
        .await;
    let callback = world.sandbox.cancel(start.location(), "mia").await.unwrap();
    let landed = window.arrive(&callback).await;
    let page = window.arrive(landed.location()).await;
    assert!(page.text().contains("display=popup"), "{}", page.text());
}

#[tokio::test]
async fn visitors_may_return_to_a_listed_page() {
    let world = world().await;
    let mut browser = world.browser();
    let (_, landed) = browser
        .sign_in(&world, "mia", &format!("{SPA}/board"))
        .await;
    assert_eq!(landed.location(), format!("{SPA}/board"));
    let (_, landed) = browser
        .sign_in(&world, "mia", "https://evil.example/")
        .await;
    assert_eq!(landed.location(), "/");
}
