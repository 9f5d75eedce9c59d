//! actix-cors beside ours.

use actix_cors::Cors;
use actix_web::test::init_service;
use actix_web::{App as Server, web};
use threelo_actix::AuthMiddleware;
use threelo_tests::ActixApp;

use crate::own_cors::{SPA, each_field_comes_once, world};

fn own() -> Cors {
    Cors::default()
        .allowed_origin(SPA)
        .supports_credentials()
        .allowed_methods(["GET", "POST"])
        .allowed_header("x-threelo")
}

#[tokio::test]
async fn own_middleware_outside_of_ours_doubles_nothing() {
    let world = world::<ActixApp>().await;
    let auth = AuthMiddleware::new(world.auth.clone());
    let app = ActixApp::serve(move || {
        let app = Server::new().route("/public", web::get().to(async || "public"));
        init_service(app.wrap(auth).wrap(own()))
    });
    each_field_comes_once(&app, &world).await;
}

#[tokio::test]
async fn own_middleware_inside_of_ours_doubles_nothing() {
    let world = world::<ActixApp>().await;
    let auth = AuthMiddleware::new(world.auth.clone());
    let app = ActixApp::serve(move || {
        let app = Server::new().route("/public", web::get().to(async || "public"));
        init_service(app.wrap(own()).wrap(auth))
    });
    each_field_comes_once(&app, &world).await;
}
