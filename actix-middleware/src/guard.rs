//! Guards: requirements for all requests to a part of the app.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::{Error, HttpMessage};
use threelo::AuthSession;
use threelo::adapter::Guard;

use crate::{convert, resolver};

pub(crate) const MISSING: &str = "add `.wrap(AuthMiddleware::new(auth.clone()))`, in connect mode `.wrap(ConnectMiddleware::new(connect, resolver))`, to the \
     app, after all its guards";

/// Lets only requests of a signed-in user through: signed in here, or in connect mode to the app.
///
/// Others get what [`CurrentUser`](crate::CurrentUser) answers: 401, and navigations go to the login and come back.
///
/// ```
/// use actix_web::web;
/// use threelo_actix::require_login;
///
/// let admin = web::resource("/admin")
///     .wrap(require_login())
///     .route(web::get().to(async || "for users only"));
/// ```
pub fn require_login() -> GuardMiddleware {
    GuardMiddleware(Guard::Login)
}

/// Lets only requests through whose grant has all these scopes.
///
/// Others get 403 (`missing_scope`); a navigation gets a page that asks for exactly these scopes and comes back. Where
/// Atlassian did not grant them, or the app never asks for them, the page has no button (`scope_not_granted`).
///
/// ```
/// use actix_web::web;
/// use threelo_actix::require_scopes;
///
/// let issues = web::resource("/issues")
///     .wrap(require_scopes(["write:jira-work"]))
///     .route(web::post().to(async || "filed"));
/// ```
pub fn require_scopes<S: Into<String>>(scopes: impl IntoIterator<Item = S>) -> GuardMiddleware {
    GuardMiddleware(Guard::Scopes(scopes.into_iter().collect()))
}

/// Lets only requests through that have a site. Others get what [`CurrentSite`](crate::CurrentSite) answers: visitors with
/// several sites choose one first and come back.
///
/// ```
/// use actix_web::web;
/// use threelo_actix::require_site;
///
/// let board = web::resource("/board")
///     .wrap(require_site())
///     .route(web::get().to(async || "of the chosen site"));
/// ```
pub fn require_site() -> GuardMiddleware {
    GuardMiddleware(Guard::Site)
}

/// Lets changes (any method but GET, HEAD, OPTIONS and TRACE, and every WebSocket handshake) through only from pages of this
/// app; from those of listed origins with the field `X-Threelo`; and from a client that shows a bearer session of ours. Others get 403 (`cross_site`).
///
/// The proof is `Sec-Fetch-Site: same-origin` where browsers send it, else an `Origin` equal to the public URL.
///
/// ```
/// use actix_web::web;
/// use threelo_actix::same_origin;
///
/// let app = web::resource("/settings")
///     .wrap(same_origin())
///     .route(web::post().to(async || "saved"));
/// ```
pub fn same_origin() -> GuardMiddleware {
    GuardMiddleware(Guard::SameOrigin)
}

/// The middleware of a guard, made by [`require_login`], [`require_scopes`], [`require_site`] and [`same_origin`]. It wraps a
/// resource or a scope inside [`AuthMiddleware`](crate::AuthMiddleware).
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

/// The service that a [`GuardMiddleware`] makes: it asks the guard, and calls the inner service only if the request may go
/// on.
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
        let subject = asked.and_then(|session| resolver::ask(session, request.request()));
        Box::pin(async move {
            if let (Some(session), Some(subject)) = (&session, subject) {
                session.know_subject(subject.await);
            }
            match guard.check(session.as_ref(), MISSING).await {
                Ok(()) => Ok(inner.call(request).await?.map_into_left_body()),
                Err(rejected) => {
                    let response = request.into_response(convert::response(rejected.into_reply()));
                    Ok(response.map_into_right_body())
                }
            }
        })
    }
}
