//! The middleware around an app.

use std::future::{Future, Ready, ready};
use std::pin::Pin;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::error::InternalError;
use actix_web::{Error, HttpMessage};
use threelo::adapter::Action;
use threelo::{Auth, AuthSession};

use crate::convert;
use crate::resolver::Resolver;

/// Adds Atlassian sign-in to an app: the routes under the prefix, and an [`AuthSession`] for every other request.
///
/// It goes around the whole app, `App::new().wrap(AuthMiddleware::new(auth.clone()))`, or around a
/// [`Scope`](actix_web::Scope) of which [`AuthBuilder::mounted_at`](threelo::AuthBuilder::mounted_at) tells the path.
/// Middleware that is registered after it runs before it. All workers share what `auth` holds.
///
/// ```
/// use actix_web::{App, web};
/// use threelo_actix::{Auth, AuthMiddleware, CurrentUser};
///
/// async fn board(user: CurrentUser) -> String {
///     format!("The board of {}", user.name())
/// }
///
/// fn configure(auth: Auth) {
///     let app = App::new()
///         .wrap(AuthMiddleware::new(auth))
///         .route("/board", web::get().to(board));
///     # let _ = app;
/// }
/// ```
#[derive(Clone, Debug)]
pub struct AuthMiddleware(Auth);

impl AuthMiddleware {
    /// Middleware around `auth`; clone the [`Auth`] into the app's factory, so that all workers have the same.
    pub fn new(auth: Auth) -> Self {
        Self(auth)
    }
}

impl<S, B> Transform<S, ServiceRequest> for AuthMiddleware
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
        let auth = self.0.clone();
        ready(Ok(AuthService {
            inner,
            auth,
            resolver: None,
        }))
    }
}

/// The service of [`AuthMiddleware`] and of [`ConnectMiddleware`](crate::ConnectMiddleware).
#[derive(Debug)]
pub struct AuthService<S> {
    pub(crate) inner: S,
    pub(crate) auth: Auth,
    /// Who the app's user is, in connect mode.
    pub(crate) resolver: Option<Resolver>,
}

impl<S, B> Service<ServiceRequest> for AuthService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>>>>;

    forward_ready!(inner);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        match convert::with_head(&request, |head| self.auth.handle(head)) {
            Action::Respond(responder) => {
                let resolver = self.resolver.as_ref().filter(|_| responder.wants_subject());
                let subject = resolver.map(|resolver| resolver.ask(request.request()));
                Box::pin(async move {
                    let reply = convert::reply_of(responder, subject, request.take_payload()).await;
                    let response = request.into_response(convert::response(reply));
                    Ok(response.map_into_right_body())
                })
            }
            Action::Forward(session) => {
                if let Some(resolver) = &self.resolver {
                    request.extensions_mut().insert(resolver.clone());
                }
                let outer = request.extensions_mut().insert(session.clone());
                session.warn_of_outer(outer.as_ref());
                let response = self.inner.call(request);
                Box::pin(async move { finished(response.await, &session) })
            }
        }
    }
}

/// The app's response with our header fields; also where it is an error of another middleware.
fn finished<B>(
    result: Result<ServiceResponse<B>, Error>,
    session: &AuthSession,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    match result {
        Ok(mut response) => {
            convert::finish(session, response.headers_mut());
            Ok(response.map_into_left_body())
        }
        Err(error) => {
            let mut response = error.error_response();
            if !convert::finish(session, response.headers_mut()) {
                return Err(error);
            }
            Err(InternalError::from_response(error, response).into())
        }
    }
}
