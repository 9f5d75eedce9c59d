//! Pages of the app's own instead of the built-in ones.

use threelo::pages::{Page, Pages};

use super::World;

struct OwnLook;

impl Pages for OwnLook {
    fn render(&self, page: &Page<'_>) -> String {
        match page {
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
    assert_eq!(page.text(), "<h1>mine</h1>");
    assert!(
        page.header("content-security-policy")
            .contains("style-src 'self'")
    );
}
