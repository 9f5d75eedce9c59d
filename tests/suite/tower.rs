//! The layer around a plain tower service, and pages of one's own.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use threelo::pages::{Page, Pages};
use threelo_tests::World;
use threelo_tower::{AuthLayer, AuthSession};
use tower::{Layer, ServiceExt, service_fn};

#[tokio::test]
async fn the_layer_serves_any_tower_service_over_http() {
    let world = World::new().await;
    let app = service_fn(async |request: Request<Full<Bytes>>| {
        let session = request
            .extensions()
            .get::<AuthSession>()
            .expect("the layer's session")
            .clone();
        let user = session.user().await.expect("the store answers");
        let name = user.map_or("nobody".to_owned(), |user| user.name().to_owned());
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(name))))
    });
    let service = AuthLayer::new(world.auth.clone()).layer(app);
    let mut browser = world.browser();
    browser.sign_in(&world, "mia", "/").await;

    let ask = async |path: &str, cookie: &str| {
        let request = Request::get(path)
            .header("cookie", cookie)
            .body(Full::default())
            .unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        (
            status,
            response.into_body().collect().await.unwrap().to_bytes(),
        )
    };

    assert_eq!(
        ask("/", &browser.cookie_header()).await,
        (200, Bytes::from("Mia Krystof"))
    );
    assert_eq!(ask("/", "a=b").await, (200, Bytes::from("nobody")));
    assert_eq!(ask("/auth/me", "a=b").await.0, 401);
}

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
async fn pages_of_ones_own_replace_the_built_in_ones() {
    let world = World::with(|builder| builder.pages(OwnLook)).await;
    let mut browser = world.browser();
    browser.sign_in(&world, "mia", "/").await;

    assert_eq!(browser.open("/auth/sites").await.text(), "<h1>3 sites</h1>");
    let page = browser.open("/auth/error?reason=setup").await;
    assert_eq!(page.text(), "<h1>mine</h1>");
    assert!(
        page.header("content-security-policy")
            .contains("style-src 'self'")
    );
}
