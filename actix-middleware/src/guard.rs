use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::{Error, HttpMessage};
use threelo::{AuthSession, Guard};

use crate::convert;

pub(crate) const MISSING: &str =
    "add `.wrap(AuthMiddleware::new(auth.clone()))` to the app, after all its other middleware";

/// Lets only signed-in requests through: `.wrap(require_login())` guards a resource or a scope.
pub fn require_login() -> GuardMiddleware {
    GuardMiddleware(Guard::Login)
}

/// Lets only requests through whose grant has all these scopes.
pub fn require_scopes<S: Into<String>>(scopes: impl IntoIterator<Item = S>) -> GuardMiddleware {
    GuardMiddleware(Guard::Scopes(scopes.into_iter().collect()))
}

/// Lets only requests through that have a site; visitors with several choose one first.
pub fn require_site() -> GuardMiddleware {
    GuardMiddleware(Guard::Site)
}

/// Lets changes (any method but GET, HEAD, OPTIONS) through only from pages of this app.
pub fn same_origin() -> GuardMiddleware {
    GuardMiddleware(Guard::SameOrigin)
}

/// The middleware of a guard.
#[derive(Clone, Debug)]
#[must_use]
pub struct GuardMiddleware(Guard);

impl<S, B> Transform<S, ServiceRequest> for GuardMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = GuardService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        let (inner, guard) = (Rc::new(inner), self.0.clone());
        ready(Ok(GuardService { inner, guard }))
    }
}

/// The service of a guard.
#[derive(Debug)]
pub struct GuardService<S> {
    inner: Rc<S>,
    guard: Guard,
}

impl<S, B> Service<ServiceRequest> for GuardService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>>>>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (inner, guard) = (Rc::clone(&self.inner), self.guard.clone());
        let session = request.extensions().get::<AuthSession>().cloned();
        Box::pin(async move {
            match guard.check(session.as_ref(), MISSING).await {
                Ok(()) => Ok(inner.call(request).await?.map_into_left_body()),
                Err(refusal) => {
                    let response = request.into_response(convert::response(refusal.reply()));
                    Ok(response.map_into_right_body())
                }
            }
        })
    }
}
