//! The auth routes as a service of their own.

use std::convert::Infallible;

use axum_core::body::Body;
use http::{Request, Response, StatusCode};
use threelo::Auth;
use tower::util::{BoxCloneSyncService, service_fn};
use tower_layer::Layer;

use crate::{AuthLayer, AuthService};

/// The auth routes as a service, for apps whose layer cannot sit on the outermost router: nest it with
/// `.fallback_service(auth_routes(&auth))` or `.route_service("/auth/{*route}", auth_routes(&auth))`.
/// Any other path is 404.
///
/// ```
/// use axum::Router;
/// use threelo_tower::{Auth, auth_routes};
///
/// fn app(auth: &Auth) -> Router {
///     Router::new().route_service("/auth/{*route}", auth_routes(auth))
/// }
/// ```
pub fn auth_routes(
    auth: &Auth,
) -> AuthService<BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>> {
    let not_found = service_fn(async |_| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_FOUND;
        Ok(response)
    });
    AuthLayer::new(auth.clone()).layer(BoxCloneSyncService::new(not_found))
}
