use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use threelo::Guard;
use tower_layer::Layer;
use tower_service::Service;

use crate::{ResponseBody, convert};

pub(crate) const MISSING: &str =
    "add `.layer(AuthLayer::new(auth))` to the outermost router, after all its routes";

/// Lets only signed-in requests through: `.route_layer(require_login())` guards the routes above it.
pub fn require_login() -> GuardLayer {
    GuardLayer(Guard::Login)
}

/// Lets only requests through whose grant has all these scopes.
pub fn require_scopes<S: Into<String>>(scopes: impl IntoIterator<Item = S>) -> GuardLayer {
    GuardLayer(Guard::Scopes(scopes.into_iter().collect()))
}

/// Lets only requests through that have a site; visitors with several choose one first.
pub fn require_site() -> GuardLayer {
    GuardLayer(Guard::Site)
}

/// Lets changes (any method but GET, HEAD, OPTIONS) through only from pages of this app.
pub fn same_origin() -> GuardLayer {
    GuardLayer(Guard::SameOrigin)
}

/// The layer of a guard.
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

/// The service of a guard.
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
        let session = request.extensions().get().cloned();
        Box::pin(async move {
            match guard.check(session.as_ref(), MISSING).await {
                Ok(()) => Ok(ready.call(request).await?.map(ResponseBody::app)),
                Err(refusal) => Ok(convert::response(refusal.into_reply())),
            }
        })
    }
}
