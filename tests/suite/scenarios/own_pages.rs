//! Pages of the app's own instead of the built-in ones.

use threelo::pages::{Color, Page, PageContext, Pages, PlainPages};

use super::World;

struct OwnLook;

impl Pages for OwnLook {
    fn render(&self, page: &Page<'_>, context: &PageContext<'_>) -> String {
        let language = context.preferred(&["en", "de"]).unwrap_or("none");
        match page {
            Page::Failed { .. } => format!("<h1>{language} at {}</h1>", context.place),
            Page::Picker { sites, .. } => format!("<h1>{} sites</h1>", sites.len()),
            _ => "<h1>mine</h1>".to_owned(),
        }
    }

    fn style_sources(&self) -> String {
        "'self'".to_owned()
    }
}

#[tokio::test]
async fn pages_of_the_app_replace_the_built_in_ones() {
    let world = World::with(|builder| builder.pages(OwnLook)).await;
    let mut browser = world.signed_in("mia").await;

    assert_eq!(browser.open("/auth/sites").await.text(), "<h1>3 sites</h1>");
    let page = browser.open("/auth/error?reason=setup").await;
    assert_eq!(page.text(), "<h1>none at /auth/error</h1>");
    let german = [("accept", "text/html"), ("accept-language", "de-CH")];
    let page = browser
        .request("GET", "/auth/error?reason=refused", &german)
        .await;
    assert_eq!(page.text(), "<h1>de at /auth/error</h1>");
    assert_eq!(browser.open("/auth/nothing").await.text(), "<h1>mine</h1>");
    assert!(
        page.header("content-security-policy")
            .contains("style-src 'self'")
    );
}

const GERMAN: [(&str, &str); 3] = [
    ("accept", "text/html"),
    ("sec-fetch-mode", "navigate"),
    ("accept-language", "de-DE,de;q=0.9,en;q=0.8"),
];

/// On routes of threelo, and where a handler is turned away.
#[tokio::test]
async fn pages_speak_the_language_of_the_visitor() {
    let world = World::new().await;
    let mut browser = world.signed_in("edward").await;
    for (address, german, english) in [
        (
            "/auth/error?reason=cancelled",
            "Sie haben bei Atlassian abgebrochen",
            "You cancelled",
        ),
        (
            "/auth/logout",
            "Sie sind angemeldet als",
            "You are signed in as",
        ),
        (
            "/auth/nothing",
            "Diese Seite gibt es nicht",
            "There is no such page",
        ),
        (
            "/writers",
            "Eine weitere Berechtigung ist nötig",
            "One more permission is needed",
        ),
    ] {
        let seen = browser.request("GET", address, &GERMAN).await;
        let text = seen.text();
        assert!(
            text.contains("<html lang=\"de\">") && text.contains(german),
            "{address}: {text}"
        );
        let seen = browser.open(address).await;
        let text = seen.text();
        assert!(
            text.contains("<html lang=\"en\">") && text.contains(english),
            "{address}: {text}"
        );
    }
    // The app's choice is for everybody.
    let world = World::with(|builder| builder.pages(PlainPages::new().language("de"))).await;
    let seen = world.browser().open("/auth/error?reason=cancelled").await;
    assert!(seen.text().contains("abgebrochen"), "{}", seen.text());
}

#[tokio::test]
async fn the_built_in_pages_take_the_logo_and_the_color_of_the_app() {
    let blue = [Color::rgb(0x0c, 0x66, 0xe4), Color::rgb(0x57, 0x9d, 0xff)];
    let pages = PlainPages::new().logo("/logo.svg").accent(blue[0], blue[1]);
    let world = World::with(|builder| builder.pages(pages)).await;
    let seen = world.browser().open("/auth/error?reason=cancelled").await;
    let text = seen.text();
    assert!(
        text.contains("src=\"/logo.svg\"") && text.contains("--act:#0c66e4"),
        "{text}"
    );
    let policy = seen.header("content-security-policy");
    assert!(policy.contains("; img-src 'self';"), "{policy}");
    let plain = World::new().await;
    let seen = plain.browser().open("/auth/error?reason=cancelled").await;
    assert!(!seen.header("content-security-policy").contains("img-src"));
}

/// Connect mode has no login of its own.
#[tokio::test]
async fn the_login_address_of_connect_mode_is_a_page_that_explains() {
    let world = World::connecting(|builder| builder).await;
    let mut browser = world.browser();
    let page = browser.open("/auth/login").await;
    assert_eq!(page.status(), 404);
    assert!(
        page.text().contains("href=\"/auth/connections\""),
        "{}",
        page.text()
    );
    let json = browser.fetch("GET", "/auth/login").await.json();
    assert_eq!(json["code"], "connect_instead");
    assert_eq!(json["connections_url"], "/auth/connections");
}
