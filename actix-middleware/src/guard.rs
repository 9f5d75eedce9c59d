use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::{Error, HttpMessage};
use threelo::{AuthSession, Guard};

use crate::{connect, convert};

pub(crate) const MISSING: &str =
    "add `.wrap(AuthMiddleware::new(auth.clone()))` to the app, after all its other middleware";

threelo::__guards!(GuardMiddleware);

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
        let asked = session.as_ref().filter(|_| guard.wants_subject());
        let subject = asked.and_then(|session| connect::ask(session, request.request()));
        Box::pin(async move {
            if let (Some(session), Some(subject)) = (&session, subject) {
                session.know_subject(subject.await);
            }
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
