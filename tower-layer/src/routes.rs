use std::convert::Infallible;
use std::future::Ready;
use std::task::{Context, Poll};

use axum_core::body::Body;
use http::{Request, Response, StatusCode};
use threelo::Auth;
use tower_layer::Layer;
use tower_service::Service;

use crate::{AuthLayer, AuthService};

/// The auth routes as a service, for apps whose layer cannot sit on the outermost router: nest it with
/// `.fallback_service(auth_routes(&auth))` or `.route_service("/auth/{*route}", auth_routes(&auth))`.
pub fn auth_routes(auth: &Auth) -> AuthService<NoApp> {
    AuthLayer::new(auth.clone()).layer(NoApp)
}

/// What stands behind [`auth_routes`]: nothing, 404.
#[derive(Clone, Copy, Debug)]
pub struct NoApp;

impl Service<Request<Body>> for NoApp {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_FOUND;
        std::future::ready(Ok(response))
    }
}
