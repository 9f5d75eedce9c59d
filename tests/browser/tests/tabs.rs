//! A browser that restores many tabs at once.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use threelo_browser_tests::{Chrome, QuickStart};

#[tokio::test]
async fn twenty_restored_tabs_that_each_begin_a_login_end_signed_in() {
    for quick_start in ["axum-quickstart", "actix-quickstart"] {
        let app = QuickStart::start(quick_start, |port| format!("http://localhost:{port}")).await;
        let origin = format!("http://localhost:{}", app.port);
        let chrome = Chrome::start().await;
        chrome.open(&format!("{origin}/board?tab=1")).await;
        for tab in 2..=20 {
            chrome.open_tab(&format!("{origin}/board?tab={tab}")).await;
        }

        chrome.press("Edward Byrne").await;
        chrome.press("Accept").await;
        chrome.sees("Edward Byrne works on Borealis Lab").await;
        assert_eq!(chrome.url().await, format!("{origin}/board?tab=20"));
        let cookies = chrome.cookies().await;
        let size: usize = cookies
            .iter()
            .map(|cookie| cookie.name.len() + cookie.value.len())
            .sum();
        assert!(size < 8 * 1024, "{} cookies of {size} bytes", cookies.len());

        // The oldest flow gave way; who comes back by it is signed in all the same.
        chrome.first_tab().await;
        chrome.press("Edward Byrne").await;
        chrome.press("Accept").await;
        chrome.sees("Signed in as Edward Byrne").await;
        chrome.quit().await;
    }
}
