//! One Chromium with an empty profile.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use thirtyfour::prelude::{By, WebDriver, WebDriverResult};
use thirtyfour::{CapabilitiesHelper, ChromiumLikeCapabilities, Cookie, DesiredCapabilities};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, MutexGuard};

use crate::free_port;

const FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // The machine may have no route out: names of the tests lead here.
    "--host-resolver-rules=MAP *.example.com 127.0.0.1",
];

/// How a page is displayed.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The window, in pixels.
    pub size: (u32, u32),
    /// Whether the person prefers dark.
    pub dark: bool,
}

/// A driven Chromium; it ends when dropped.
#[derive(Debug)]
pub struct Chrome {
    driver: WebDriver,
    _server: Child,
    port: u16,
    _turn: Option<MutexGuard<'static, ()>>,
}

/// One test's Chromium at a time: on two cores several only slow each other down until clicks time out.
static TURN: Mutex<()> = Mutex::const_new(());

/// How long a page may take to become what a test expects.
const PATIENCE: Duration = Duration::from_secs(10);

impl Chrome {
    /// Starts a driver and a browser; self-made certificates are accepted.
    pub async fn start() -> Self {
        let turn = TURN.lock().await;
        Self::launch(Some(turn), &[]).await
    }

    /// The same with an extension.
    pub async fn start_with_extension(folder: &Path) -> Self {
        let turn = TURN.lock().await;
        let load = format!("--load-extension={}", folder.display());
        Self::launch(Some(turn), &[&load]).await
    }

    /// Starts the browsers of two people, who share nothing.
    pub async fn start_two() -> (Self, Self) {
        let first = Self::start().await;
        let second = Self::launch(None, &[]).await;
        (first, second)
    }

    async fn launch(turn: Option<MutexGuard<'static, ()>>, more: &[&str]) -> Self {
        let port = free_port();
        let server = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver starts: install Debian's chromium and chromium-driver");
        let mut capabilities = DesiredCapabilities::chrome();
        for flag in FLAGS.iter().chain(more) {
            capabilities.add_arg(flag).expect("a flag");
        }
        capabilities
            .accept_insecure_certs(true)
            .expect("a capability");
        let logs = serde_json::json!({ "browser": "ALL" });
        capabilities
            .set("goog:loggingPrefs", logs)
            .expect("a capability");
        let url = format!("http://127.0.0.1:{port}");
        for _ in 0..100 {
            if let Ok(driver) = WebDriver::new(&url, capabilities.clone()).await {
                return Self {
                    driver,
                    _server: server,
                    port,
                    _turn: turn,
                };
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("Chromium did not start within 10 s");
    }

    fn end(&self) -> io::Result<()> {
        let mut server = TcpStream::connect(("127.0.0.1", self.port))?;
        server.set_read_timeout(Some(PATIENCE))?;
        let session = self.driver.session_id();
        write!(
            server,
            "DELETE /session/{session} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        )?;
        server.read(&mut [0]).map(drop)
    }

    /// What the console says since it was asked last, errors only.
    pub async fn errors(&self) -> Vec<String> {
        let session = self.driver.session_id();
        let url = format!("http://127.0.0.1:{}/session/{session}/se/log", self.port);
        let ask = reqwest::Client::new()
            .post(url)
            .body(r#"{"type": "browser"}"#);
        let answer = ask.send().await.expect("the driver listens");
        let answer = answer.bytes().await.expect("an answer");
        let body: serde_json::Value = serde_json::from_slice(&answer).expect("JSON");
        let entries = body["value"].as_array().expect("entries").iter();
        entries
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| entry["message"].to_string())
            .collect()
    }

    /// Goes to the window that was opened last.
    pub async fn newest_window(&self) {
        self.until("a second window opens", async || {
            self.driver
                .windows()
                .await
                .is_ok_and(|windows| windows.len() > 1)
        })
        .await;
        let windows = self.driver.windows().await.expect("windows");
        let newest = windows.last().cloned().expect("a window");
        self.driver
            .switch_to_window(newest)
            .await
            .expect("the window");
    }

    /// Goes to the first window once it is the only one.
    pub async fn last_window(&self) {
        self.until("the other windows close", async || {
            self.driver
                .windows()
                .await
                .is_ok_and(|windows| windows.len() == 1)
        })
        .await;
        self.first_tab().await;
    }

    /// Runs a script that gives a promise, and waits for what it gives.
    pub async fn promise(&self, script: &str) -> serde_json::Value {
        let script = format!(
            "const done = arguments[arguments.length - 1]; (async () => {{ {script} }})().then(done, (error) => done(String(error)));"
        );
        let ran = self.driver.execute_async(script, Vec::new()).await;
        ran.expect("the script runs").json().clone()
    }

    /// Ends the browser.
    pub async fn quit(self) {
        self.driver.clone().quit().await.expect("the browser ends");
    }

    /// Goes to an address.
    pub async fn open(&self, url: &str) {
        self.driver.goto(url).await.expect("the page opens");
    }

    /// Clicks the first element that a selector finds.
    pub async fn click(&self, css: &str) {
        let found = self.driver.find(By::Css(css)).await;
        let element = found.unwrap_or_else(|_| panic!("no {css} on the page"));
        element.click().await.expect("a click");
    }

    /// Clicks the first link or button with this text.
    pub async fn press(&self, text: &str) {
        let path = format!(
            "//a[normalize-space()='{text}']|//button[contains(normalize-space(), '{text}')]"
        );
        let is_there = async || self.driver.find(By::XPath(&path)).await.is_ok();
        self.until(&format!("something called {text:?} to press"), is_there)
            .await;
        let Ok(element) = self.driver.find(By::XPath(&path)).await else {
            panic!(
                "nothing to press called {text} on {}:\n{}",
                self.url().await,
                self.text().await
            );
        };
        element.click().await.expect("a click");
    }

    /// Waits until the page shows this text.
    pub async fn sees(&self, text: &str) {
        self.until(&format!("{text:?} is shown"), async || {
            self.text().await.contains(text)
        })
        .await;
    }

    /// Waits until the address bar shows exactly this.
    pub async fn is_at(&self, url: &str) {
        self.until(&format!("the address is {url}"), async || {
            self.url().await == url
        })
        .await;
    }

    async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let waited = tokio::time::timeout(PATIENCE, async {
            while !holds().await {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        if waited.await.is_err() {
            panic!(
                "{what}: not within 10 s; at {}:\n{}",
                self.url().await,
                self.text().await
            );
        }
    }

    /// The text of the page.
    pub async fn text(&self) -> String {
        // Between two pages there may be no body, or one that is gone when it is read.
        match self.driver.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// The address in the address bar.
    pub async fn url(&self) -> String {
        self.driver
            .current_url()
            .await
            .expect("an address")
            .to_string()
    }

    /// Waits until the page is loaded and has a headline.
    pub async fn settled(&self) {
        let script =
            "return document.readyState === 'complete' && document.querySelector('h1') !== null";
        self.until("the page has a headline", async || {
            self.script(script).await == true
        })
        .await;
    }

    /// Goes into the first frame of the page.
    pub async fn enter_frame(&self) {
        self.driver.enter_frame(0).await.expect("a frame");
    }

    /// Goes back in the history.
    pub async fn back(&self) {
        self.driver.back().await.expect("a way back");
    }

    /// Runs a script on the page.
    pub async fn script(&self, script: &str) -> serde_json::Value {
        let ran = self
            .driver
            .execute(script, Vec::new())
            .await
            .expect("the script runs");
        ran.json().clone()
    }

    /// The cookies of the page's host.
    pub async fn cookies(&self) -> Vec<Cookie> {
        self.driver.get_all_cookies().await.expect("cookies")
    }

    /// Opens a second tab and goes there.
    pub async fn open_tab(&self, url: &str) {
        let tab = self.driver.new_tab().await.expect("a tab");
        self.driver.switch_to_window(tab).await.expect("the tab");
        self.open(url).await;
    }

    /// Goes to the first tab.
    pub async fn first_tab(&self) {
        let tabs = self.driver.windows().await.expect("tabs");
        let first = tabs.first().cloned().expect("a first tab");
        self.driver.switch_to_window(first).await.expect("the tab");
    }

    /// Takes a picture of the page as a person sees it.
    pub async fn photograph(&self, look: Look, file: &Path) {
        self.look(look).await.expect("a look");
        self.driver.screenshot(file).await.expect("a picture");
    }

    async fn look(&self, look: Look) -> WebDriverResult<()> {
        let tools = self.driver.cdp();
        let scheme = if look.dark { "dark" } else { "light" };
        let media = serde_json::json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        tools.send_raw("Emulation.setEmulatedMedia", media).await?;
        let (width, height) = look.size;
        let screen = serde_json::json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        tools
            .send_raw("Emulation.setDeviceMetricsOverride", screen)
            .await?;
        Ok(())
    }
}

/// A test that fails does not come to the end of its browser. The driver would wait for two minutes there, because the
/// runtime of its connections stands still.
impl Drop for Chrome {
    fn drop(&mut self) {
        let was_running = self.driver.clone().leak().is_ok();
        if was_running && let Err(error) = self.end() {
            eprintln!("a Chromium is still running: {error}");
        }
    }
}
