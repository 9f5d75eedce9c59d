//! actix-cors beside ours.

use actix_cors::Cors;
use actix_web::test::init_service;
use actix_web::{App as Server, HttpResponse, web};
use threelo_actix::{AuthMiddleware, MaybeUser};
use threelo_tests::{ActixApp, Browser};

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

/// A handler that says itself what its answer varies by, and who is signed in, too.
#[tokio::test]
async fn own_middleware_takes_no_field_of_vary_away() {
    let world = world::<ActixApp>().await;
    let auth = AuthMiddleware::new(world.auth.clone());
    let app = ActixApp::serve(move || {
        let own_page = async |_: MaybeUser| {
            HttpResponse::Ok()
                .insert_header(("vary", "accept-encoding"))
                .finish()
        };
        let app = Server::new().route("/public", web::get().to(own_page));
        init_service(app.wrap(auth).wrap(own()))
    });
    let fields = [("origin", SPA), ("sec-fetch-site", "same-site")];

    let seen = Browser::new(&app).request("GET", "/public", &fields).await;

    let vary = seen.response.headers().get_all("vary").iter();
    let vary: Vec<_> = vary
        .map(|value| value.to_str().unwrap().to_lowercase())
        .collect();
    for name in ["accept-encoding", "cookie", "origin", "authorization"] {
        assert!(vary.join(", ").contains(name), "{vary:?}");
    }
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
