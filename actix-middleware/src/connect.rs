//! Connect mode: the app says who its user is.

use std::future::{Future, Ready, ready};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::{Error, HttpRequest};
use threelo::{BoxError, Connect, Subject};

use crate::middleware::AuthService;
use crate::resolver::Resolver;

/// Adds "connect my Atlassian account" to an app that has users of its own: the routes under the prefix, and the
/// extractors [`Connections`](crate::Connections), [`Atlassian`](crate::Atlassian) and
/// [`CurrentSite`](crate::CurrentSite).
///
/// Middleware that is registered after it runs before it: the app's own sessions come after,
/// `.wrap(ConnectMiddleware::new(connect, resolver)).wrap(sessions)`.
///
/// ```
/// use actix_web::{App, HttpRequest, web};
/// use threelo_actix::{BoxError, Connect, ConnectMiddleware, Connections, Subject};
///
/// async fn accounts(connections: Connections) -> String {
///     format!("{} accounts", connections.len())
/// }
///
/// fn configure(connect: Connect) {
///     // A real app asks its session here; this one believes a header of its proxy.
///     let resolver = |request: &HttpRequest| {
///         let user = request.headers().get("x-user").and_then(|user| user.to_str().ok());
///         let subject = user.map(Subject::parse).transpose();
///         async move { subject.map_err(BoxError::from) }
///     };
///     let app = App::new()
///         .wrap(ConnectMiddleware::new(connect, resolver))
///         .route("/accounts", web::get().to(accounts));
///     # let _ = app;
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ConnectMiddleware {
    connect: Connect,
    resolver: Resolver,
}

impl ConnectMiddleware {
    /// Middleware around `connect`. The resolver tells who the app's user is: the id by which the app knows them, or
    /// `None` if no user is signed in; an error is a 503. It is called only when the response depends on the user. It reads what it needs
    /// from the request before it awaits, and keeps no clone of it.
    pub fn new<F, Fut>(connect: Connect, resolver: F) -> Self
    where
        F: Fn(&HttpRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Option<Subject>, BoxError>> + 'static,
    {
        let resolver = Resolver::new(move |request| Box::pin(resolver(request)));
        Self { connect, resolver }
    }
}

impl<S, B> Transform<S, ServiceRequest> for ConnectMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = AuthService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(AuthService {
            inner,
            auth: self.connect.as_auth().clone(),
            resolver: Some(self.resolver.clone()),
        }))
    }
}
