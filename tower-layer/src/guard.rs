use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use threelo::{AuthSession, Guard};
use tower_layer::Layer;
use tower_service::Service;

use crate::{ResponseBody, connect};

pub(crate) const MISSING: &str =
    "add `.layer(AuthLayer::new(auth))` to the outermost router, after all its routes";

threelo::__guards!(GuardLayer);

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
        let (parts, body) = request.into_parts();
        let session = parts.extensions.get::<AuthSession>().cloned();
        let asked = session.as_ref().filter(|_| guard.wants_subject());
        let subject = asked.and_then(|session| connect::ask(session, &parts));
        let request = Request::from_parts(parts, body);
        Box::pin(async move {
            if let (Some(session), Some(subject)) = (&session, subject) {
                session.know_subject(subject.await);
            }
            match guard.check(session.as_ref(), MISSING).await {
                Ok(()) => Ok(ready.call(request).await?.map(ResponseBody::app)),
                Err(refusal) => Ok(refusal.into_reply().into_response()),
            }
        })
    }
}
