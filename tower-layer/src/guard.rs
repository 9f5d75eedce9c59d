//! Guards: requirements for all requests to a part of the app.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use threelo::AuthSession;
use threelo::adapter::Guard;
use tower_layer::Layer;
use tower_service::Service;

use crate::{ResponseBody, resolver};

pub(crate) const MISSING: &str = "add `.layer(AuthLayer::new(auth))`, in connect mode `.layer(ConnectLayer::new(connect, resolver))`, to the outermost router, \
     after all its routes and guards";

/// Lets only requests of a signed-in user through: signed in here, or in connect mode to the app.
///
/// Others get what [`CurrentUser`](crate::CurrentUser) answers: 401, and navigations go to the login and come back.
///
/// ```
/// use axum::{Router, routing::get};
/// use threelo_tower::require_login;
///
/// let admin: Router = Router::new()
///     .route("/admin", get(async || "for users only"))
///     .layer(require_login());
/// ```
pub fn require_login() -> GuardLayer {
    GuardLayer(Guard::Login)
}

/// Lets only requests through whose grant has all these scopes.
///
/// Others get 403 (`missing_scope`); a navigation gets a page that asks for exactly these scopes and comes back. Where
/// Atlassian did not grant them, or the app never asks for them, the page has no button (`scope_not_granted`).
///
/// ```
/// use axum::{Router, routing::post};
/// use threelo_tower::require_scopes;
///
/// let issues: Router = Router::new()
///     .route("/issues", post(async || "filed"))
///     .layer(require_scopes(["write:jira-work"]));
/// ```
pub fn require_scopes<S: Into<String>>(scopes: impl IntoIterator<Item = S>) -> GuardLayer {
    GuardLayer(Guard::Scopes(scopes.into_iter().collect()))
}

/// Lets only requests through that have a site. Others get what [`CurrentSite`](crate::CurrentSite) answers: visitors with
/// several sites choose one first and come back.
///
/// ```
/// use axum::{Router, routing::get};
/// use threelo_tower::require_site;
///
/// let board: Router = Router::new()
///     .route("/board", get(async || "of the chosen site"))
///     .layer(require_site());
/// ```
pub fn require_site() -> GuardLayer {
    GuardLayer(Guard::Site)
}

/// Lets changes (any method but GET, HEAD, OPTIONS and TRACE, and every WebSocket handshake) through only from pages of this
/// app; from those of listed origins with the field `X-Threelo`; and from a client that shows a bearer session of ours. Others get 403 (`cross_site`).
///
/// The proof is `Sec-Fetch-Site: same-origin` where browsers send it, else an `Origin` equal to the public URL.
///
/// ```
/// use axum::{Router, routing::post};
/// use threelo_tower::same_origin;
///
/// let app: Router = Router::new()
///     .route("/settings", post(async || "saved"))
///     .layer(same_origin());
/// ```
pub fn same_origin() -> GuardLayer {
    GuardLayer(Guard::SameOrigin)
}

/// The layer of a guard, made by [`require_login`], [`require_scopes`], [`require_site`] and [`same_origin`]. It goes on any
/// router inside [`AuthLayer`](crate::AuthLayer).
#[derive(Clone, Debug)]
#[must_use]
pub struct GuardLayer(Guard);

impl<S> Layer<S> for GuardLayer {
    type Service = GuardService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let guard = self.0.clone();
        GuardService { inner, guard }
    }
}

/// The service that a [`GuardLayer`] makes: it asks the guard, and calls the inner service only if the request may go on.
#[derive(Clone, Debug)]
pub struct GuardService<S> {
    inner: S,
    guard: Guard,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for GuardService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>, Future: Send>,
    S: Clone + Send + 'static,
    ReqBody: Send + 'static,
    ResBody: Body<Data = Bytes>,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let next = self.inner.clone();
        let mut ready = mem::replace(&mut self.inner, next);
        let guard = self.guard.clone();
        let (parts, body) = request.into_parts();
        let session = parts.extensions.get::<AuthSession>().cloned();
        let asked = session.as_ref().filter(|_| guard.wants_subject());
        let subject = asked.and_then(|session| resolver::ask(session, &parts));
        let request = Request::from_parts(parts, body);
        Box::pin(async move {
            if let (Some(session), Some(subject)) = (&session, subject) {
                session.know_subject(subject.await);
            }
            match guard.check(session.as_ref(), MISSING).await {
                Ok(()) => Ok(ready.call(request).await?.map(ResponseBody::app)),
                Err(response) => Ok(response.into_reply().into_response()),
            }
        })
    }
}
