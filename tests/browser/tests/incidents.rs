//! The attack that Atlassian's FAQ describes, step by step (docs/attacks.md, T001 and T002): the `Incidents_Application`,
//! Edward, and Mallory who wants his incidents.

#![allow(clippy::unwrap_used, reason = "a test")]

use threelo_browser_tests::{Album, Chrome, QuickStart};
use threelo_sandbox::Sandbox;

/// The same happens in both.
const APPS: [&str; 2] = ["axum-connect", "actix-connect"];

/// The app, Atlassian, and one browser for each of the two.
struct Scene {
    sandbox: Sandbox,
    app: QuickStart,
    edward: Chrome,
    mallory: Chrome,
}

impl Scene {
    /// Both are signed in to the app; neither has connected an account.
    async fn open(app: &str) -> Self {
        let sandbox = Sandbox::builder().start().await.unwrap();
        let app = QuickStart::start_at(&sandbox, app).await;
        let (edward, mallory) = Chrome::start_two().await;
        let scene = Self {
            sandbox,
            app,
            edward,
            mallory,
        };
        for (browser, user) in [(&scene.edward, "Edward"), (&scene.mallory, "Mallory")] {
            browser.open(&scene.at("/")).await;
            browser.is_at(&scene.at("/login?return_to=%2F")).await;
            browser.press(user).await;
            browser.is_at(&scene.at("/")).await;
            browser.sees(&format!("Signed in as {user}.")).await;
        }
        scene
    }

    fn at(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.app.port)
    }

    /// Mallory initiates an authorization flow for herself; gives the address at which Atlassian asks her.
    async fn mallory_starts(&self) -> String {
        self.mallory.open(&self.at("/")).await;
        self.mallory.press("Connect Jira").await;
        self.mallory.sees("Log in as one of these people").await;
        self.mallory.url().await
    }

    /// Mallory consents to a flow of hers, blocks the request to the callback, and records its address.
    async fn mallory_records_her_callback(&self) -> String {
        let authorize = self.mallory_starts().await;
        let consented = self.sandbox.approve(&authorize, "mia", None).await;
        consented.unwrap()
    }

    /// Edward connects his own account, from the app's home page and back to it.
    async fn edward_connects(&self) {
        self.edward.open(&self.at("/")).await;
        self.edward.press("Connect Jira").await;
        consent(&self.edward, "Edward Byrne").await;
        self.edward.sees("Account connected").await;
        self.edward.press("Go on").await;
        self.edward.is_at(&self.at("/")).await;
        self.edward.sees("filed in the Jira of Edward Byrne").await;
    }

    /// Mallory tricks Edward into following a link on a page of another site.
    async fn edward_is_tricked_into(&self, url: &str) {
        self.edward
            .open("data:text/html,<a id=trap>Kittens</a>")
            .await;
        let set = format!("document.querySelector('#trap').href = '{url}'");
        self.edward.script(&set).await;
        self.edward.press("Kittens").await;
    }

    /// Edward meets the page that says so.
    async fn edward_is_refused(&self) {
        self.edward
            .is_at(&self.at("/auth/error?reason=refused"))
            .await;
        self.edward.sees("Nothing was changed").await;
    }

    async fn has_nothing_connected(&self, browser: &Chrome) {
        browser.open(&self.at("/auth/connections")).await;
        browser.sees("Connect your Atlassian account").await;
        assert_eq!(count(browser, ".accounts li").await, 0);
    }

    /// How many issues were filed, in any Jira.
    fn filed(&self) -> usize {
        let journal = self.sandbox.journal();
        let filed = journal
            .iter()
            .filter(|seen| seen.method == "POST" && seen.path.ends_with("/rest/api/3/issue"));
        filed.count()
    }

    /// How many codes and refresh tokens were exchanged.
    fn exchanges(&self) -> usize {
        self.sandbox.count("POST", "/oauth/token")
    }

    async fn close(self) {
        self.edward.quit().await;
        self.mallory.quit().await;
    }
}

async fn consent(browser: &Chrome, person: &str) {
    browser.press(person).await;
    browser.press("Accept").await;
}

async fn count(browser: &Chrome, css: &str) -> u64 {
    let script = format!("return document.querySelectorAll('{css}').length");
    browser.script(&script).await.as_u64().unwrap()
}

#[tokio::test]
async fn edward_connects_his_jira_and_files_a_confidential_incident() {
    for app in APPS {
        let scene = Scene::open(app).await;

        scene.edward_connects().await;
        scene.edward.press("File in Jira").await;

        scene.edward.sees("Filed as LAB-5 at Borealis Lab").await;
        scene.edward.is_at(&scene.at("/")).await;
        assert_eq!(scene.filed(), 1);
        scene.has_nothing_connected(&scene.mallory).await;
        scene.close().await;
    }
}

/// A `Strict` cookie does not come along from Atlassian: the callback asks the browser to come again by itself.
#[tokio::test]
async fn an_app_whose_cookie_is_strict_can_connect() {
    let scene = Scene::open("axum-connect").await;
    let cookies = scene.edward.cookies().await;
    let policies: Vec<String> = cookies
        .iter()
        .map(|cookie| format!("{}: {:?}", cookie.name, cookie.same_site))
        .collect();
    assert_eq!(policies, ["id: Some(Strict)"]);

    scene.edward.press("Connect Jira").await;
    consent(&scene.edward, "Edward Byrne").await;

    scene.edward.sees("Account connected").await;
    // Neither the callback nor the page that came again is a place to go back to.
    scene.edward.back().await;
    let before = scene.edward.url().await;
    assert!(before.starts_with(scene.sandbox.url()), "{before}");
    scene.close().await;
}

#[tokio::test]
async fn a_callback_that_mallory_recorded_links_nothing_to_edward() {
    for app in APPS {
        let scene = Scene::open(app).await;
        let recorded = scene.mallory_records_her_callback().await;

        scene.edward_is_tricked_into(&recorded).await;

        scene.edward_is_refused().await;
        assert_eq!(scene.exchanges(), 0);
        scene.has_nothing_connected(&scene.edward).await;
        // His confidential incident stays here: there is no Jira for it.
        scene.edward.press("Back to the app").await;
        scene.edward.press("File in Jira").await;
        scene.edward.sees("An Atlassian account is needed").await;
        assert_eq!(scene.filed(), 0);
        // It is a callback that works: in the browser that started it, for the user who did.
        scene.mallory.open(&recorded).await;
        scene.mallory.sees("Account connected").await;
        scene.has_nothing_connected(&scene.edward).await;
        scene.close().await;
    }
}

#[tokio::test]
async fn an_authorize_address_that_mallory_made_links_no_account() {
    for app in APPS {
        let scene = Scene::open(app).await;
        let authorize = scene.mallory_starts().await;

        scene.edward_is_tricked_into(&authorize).await;
        consent(&scene.edward, "Edward Byrne").await;

        scene.edward_is_refused().await;
        assert_eq!(scene.exchanges(), 0);
        scene.has_nothing_connected(&scene.edward).await;
        scene.has_nothing_connected(&scene.mallory).await;
        scene.close().await;
    }
}

#[tokio::test]
async fn edward_keeps_the_account_that_he_connected_and_his_incidents_go_there() {
    for app in APPS {
        let scene = Scene::open(app).await;
        let recorded = scene.mallory_records_her_callback().await;
        scene.edward_connects().await;

        scene.edward.open(&recorded).await;

        scene.edward_is_refused().await;
        scene.edward.open(&scene.at("/auth/connections")).await;
        assert_eq!(count(&scene.edward, ".accounts li").await, 1);
        scene.edward.open(&scene.at("/")).await;
        scene.edward.sees("filed in the Jira of Edward Byrne").await;
        scene.edward.press("File in Jira").await;
        scene.edward.sees("Filed as LAB-5 at Borealis Lab").await;
        // His code is the only one that was ever exchanged, so this went to his Jira.
        assert_eq!((scene.exchanges(), scene.filed()), (1, 1));
        scene.close().await;
    }
}

#[tokio::test]
async fn accounts_come_and_go_on_the_page_of_the_connected_accounts() {
    for app in APPS {
        let scene = Scene::open(app).await;
        let browser = &scene.edward;

        browser.open(&scene.at("/auth/connections")).await;
        browser.press("Connect with Atlassian").await;
        consent(browser, "Edward Byrne").await;
        browser.sees("Account connected").await;
        browser.press("Add a site").await;
        consent(browser, "Edward Byrne").await;
        browser.sees("Account connected").await;
        browser.press("Disconnect").await;
        browser
            .sees("Disconnect the Atlassian account of Edward Byrne?")
            .await;
        browser.press("Disconnect").await;
        browser
            .sees("is not connected with this app any more")
            .await;
        browser.press("Back to the app").await;

        browser.sees("No Jira is connected").await;
        scene.close().await;
    }
}

#[tokio::test]
async fn the_back_button_shows_no_incident_after_edward_signed_out() {
    for app in APPS {
        let scene = Scene::open(app).await;
        scene.edward.press("Sign out").await;
        scene.edward.sees("Sign in to Incidents").await;

        scene.edward.back().await;

        scene.edward.sees("Sign in to Incidents").await;
        scene.close().await;
    }
}

/// Photographs every page of connect mode when `THREELO_SCREENS` names a folder.
#[tokio::test]
async fn every_page_of_connect_mode_renders_in_light_and_dark_narrow_and_wide() {
    let scene = Scene::open(APPS[0]).await;
    let browser = &scene.edward;
    let album = Album::new(browser);

    album.shoot("connect-home").await;
    let accounts = scene.at("/auth/connections");
    album.add("connections-none", &accounts).await;
    browser.press("Back to the app").await;
    browser.press("File in Jira").await;
    browser.sees("An Atlassian account is needed").await;
    album.shoot("connect-first").await;
    browser.open(&scene.at("/")).await;
    browser.press("Connect Jira").await;
    album.shoot("connect-sandbox-login").await;
    browser.press("Edward Byrne").await;
    album.shoot("connect-sandbox-consent").await;
    browser.press("Accept").await;
    browser.sees("Account connected").await;
    album.shoot("account-connected").await;
    browser.press("Go on").await;
    browser.press("File in Jira").await;
    browser.sees("Filed as").await;
    album.shoot("connect-home-filed").await;
    album.add("connections-one", &accounts).await;
    browser.press("Disconnect").await;
    browser.sees("Disconnect the Atlassian account").await;
    album.shoot("disconnect").await;
    browser.press("Disconnect").await;
    browser
        .sees("is not connected with this app any more")
        .await;
    album.shoot("disconnected").await;
    let recorded = scene.mallory_records_her_callback().await;
    album.add("connect-refused", &recorded).await;
    browser.open(&scene.at("/")).await;
    browser.press("Sign out").await;
    browser.sees("Sign in to Incidents").await;
    album.shoot("connect-app-login").await;

    scene.close().await;
}
