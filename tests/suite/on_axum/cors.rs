//! tower-http's CORS layer beside ours.

use axum::Router;
use axum::routing::get;
use http::{HeaderName, HeaderValue, Method};
use threelo_tests::AxumApp;
use threelo_tower::AuthLayer;
use tower_http::cors::CorsLayer;

use crate::own_cors::{SPA, each_field_comes_once, world};

fn own() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(HeaderValue::from_static(SPA))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([HeaderName::from_static("x-threelo")])
}

fn routes() -> Router {
    Router::new().route("/public", get(|| async { "public" }))
}

#[tokio::test]
async fn an_own_layer_outside_of_ours_doubles_nothing() {
    let world = world::<AxumApp>().await;
    let auth = AuthLayer::new(world.auth.clone());
    each_field_comes_once(&AxumApp(routes().layer(auth).layer(own())), &world).await;
}

#[tokio::test]
async fn an_own_layer_inside_of_ours_doubles_nothing() {
    let world = world::<AxumApp>().await;
    let auth = AuthLayer::new(world.auth.clone());
    each_field_comes_once(&AxumApp(routes().layer(own()).layer(auth)), &world).await;
}
