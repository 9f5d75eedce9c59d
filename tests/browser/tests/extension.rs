//! The extension of the examples, in Chromium.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use threelo_browser_tests::{Chrome, QuickStart};
use threelo_sandbox::Sandbox;

/// What the manifest's `key` makes it.
const ID: &str = "peapfnfhoblabhiojpfmcgdaiimchhgl";

/// A copy of the extension that knows where the app is; it is gone at the end.
struct Copy(PathBuf);

impl Copy {
    fn of_example(port: u16) -> Self {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/extension");
        let folder = std::env::temp_dir().join(format!("threelo-extension-{port}"));
        fs::create_dir_all(&folder).unwrap();
        for entry in fs::read_dir(example).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
        let config = format!("export const auth = \"http://localhost:{port}/auth\";\n");
        fs::write(folder.join("config.js"), config).unwrap();
        Self(folder)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn an_extension_signs_in_lists_issues_and_signs_out() {
    for on_actix in [false, true] {
        let sandbox = Sandbox::builder().start().await.unwrap();
        let (app, _page) = QuickStart::spa(&sandbox, on_actix).await;
        let extension = Copy::of_example(app.port);
        let chrome = Chrome::start_with_extension(&extension.0).await;
        chrome
            .open(&format!("chrome-extension://{ID}/page.html"))
            .await;
        chrome.sees("You are not signed in").await;

        chrome.press("Sign in with Atlassian").await;
        chrome.newest_window().await;
        chrome.sees("Log in as one of these people").await;
        chrome.press("Edward Byrne").await;
        chrome.press("Accept").await;
        chrome.last_window().await;
        chrome.sees("Signed in as Edward Byrne").await;
        chrome.press("List my issues").await;
        let listed = "return document.querySelectorAll('#list li').length > 0";
        for _ in 0..100 {
            if chrome.script(listed).await == true {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(chrome.script(listed).await, true, "{}", chrome.text().await);
        assert_eq!(chrome.errors().await, Vec::<String>::new());

        // The session is the extension's: pages have none, and the token is in no page's reach.
        let kept = chrome
            .promise("return Object.keys(localStorage).length;")
            .await;
        assert_eq!(kept, 0);
        chrome.press("Sign out").await;
        chrome.sees("You are not signed in").await;
        assert_eq!(chrome.errors().await, Vec::<String>::new());
        chrome.quit().await;
    }
}
