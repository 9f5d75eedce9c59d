//! The auth routes alone.

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::{HttpResponse, web};
use threelo::Auth;

use crate::AuthMiddleware;

/// The auth routes as a service, for apps whose middleware is around a [`Scope`](actix_web::Scope) only: register it at the
/// app. Any other path under the prefix is 404.
///
/// ```
/// use actix_web::{App, web};
/// use threelo_actix::{Auth, AuthMiddleware, CurrentUser, auth_routes};
///
/// async fn board(user: CurrentUser) -> String {
///     format!("The board of {}", user.name())
/// }
///
/// fn configure(auth: &Auth) {
///     let inner = web::scope("/app")
///         .wrap(AuthMiddleware::new(auth.clone()))
///         .route("/board", web::get().to(board));
///     let app = App::new().service(auth_routes(auth)).service(inner);
///     # let _ = app;
/// }
/// ```
pub fn auth_routes(auth: &Auth) -> impl HttpServiceFactory + 'static {
    AuthRoutes(auth.clone())
}

/// The routes at the public path, and where they arrive behind a proxy that takes the mount path off.
struct AuthRoutes(Auth);

impl HttpServiceFactory for AuthRoutes {
    fn register(self, app: &mut AppService) {
        let config = self.0.config();
        let mounted = format!("{}{}", config.mount, config.prefix);
        let mut paths = vec![mounted, config.prefix.clone()];
        paths.dedup();
        for path in paths {
            let nowhere = || async { HttpResponse::NotFound().finish() };
            let routes = web::scope(&path).wrap(AuthMiddleware::new(self.0.clone()));
            routes.default_service(web::to(nowhere)).register(app);
        }
    }
}
