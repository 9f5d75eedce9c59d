use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use threelo::{Action, Answer, Auth, AuthSession};
use tower_layer::Layer;
use tower_service::Service;

use crate::{ResponseBody, convert};

/// Adds Atlassian sign-in to any tower service over HTTP: the routes under the prefix, and an
/// [`AuthSession`] for every other request.
///
/// In axum it goes on the *outermost* router with [`Router::layer`]: under `.nest(..)` or
/// `.route_layer(..)` unmatched paths such as `/auth/login` never reach it; for nested routers
/// there is `auth_routes`.
///
/// [`Router::layer`]: https://docs.rs/axum/latest/axum/struct.Router.html#method.layer
#[derive(Clone, Debug)]
#[must_use]
pub struct AuthLayer {
    auth: Auth,
}

impl AuthLayer {
    /// A layer around `auth`; clone the [`Auth`] to keep it for other uses.
    pub fn new(auth: Auth) -> Self {
        Self { auth }
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AuthService {
            inner,
            auth: self.auth.clone(),
        }
    }
}

/// The service of [`AuthLayer`].
#[derive(Clone, Debug)]
pub struct AuthService<S> {
    inner: S,
    auth: Auth,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for AuthService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    ReqBody: Body + Send + 'static,
    ReqBody::Data: Send,
    ResBody: Body<Data = Bytes>,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let action = convert::with_head(&request, |head| self.auth.handle(head));
        let session = match action {
            Action::Answer(answer) => return ResponseFuture::ours(answer, request.into_body()),
            Action::Forward(session) => session,
        };
        request.extensions_mut().insert(session.clone());
        // Called here and now, so that it is the service that was polled ready.
        ResponseFuture::app(self.inner.call(request), session)
    }
}

type BoxedReply = Pin<Box<dyn Future<Output = threelo::message::Reply> + Send>>;

pin_project! {
    /// The future of [`AuthService`]: the app's, without a box of its own, or a reply of ours.
    pub struct ResponseFuture<F> {
        #[pin]
        kind: Kind<F>,
    }
}

pin_project! {
    #[project = KindProjection]
    enum Kind<F> {
        App { #[pin] future: F, session: AuthSession },
        Ours { reply: BoxedReply },
    }
}

impl<F> ResponseFuture<F> {
    fn app(future: F, session: AuthSession) -> Self {
        Self {
            kind: Kind::App { future, session },
        }
    }

    fn ours<B>(answer: Box<Answer>, body: B) -> Self
    where
        B: Body + Send + 'static,
        B::Data: Send,
    {
        let reply = Box::pin(reply_of(answer, body));
        Self {
            kind: Kind::Ours { reply },
        }
    }
}

async fn reply_of<B: Body>(answer: Box<Answer>, body: B) -> threelo::message::Reply {
    let Some(limit) = answer.body_limit() else {
        return answer.reply(Bytes::new()).await;
    };
    match convert::read_body(body, limit).await {
        Ok(body) => answer.reply(body).await,
        Err(convert::BodyError::TooLarge) => answer.too_large(),
        Err(convert::BodyError::Broken) => answer.broken_body(),
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProjection::Ours { reply } => reply.as_mut().poll(cx).map(convert::own).map(Ok),
            KindProjection::App { future, session } => {
                let mut response = ready!(future.poll(cx))?;
                #[cfg(feature = "axum")]
                if let Some(login) = crate::login::wanted(&mut response) {
                    let mut reply = convert::own(session.start_login(&login));
                    session.finish_headers(reply.headers_mut());
                    return Poll::Ready(Ok(reply));
                }
                session.finish_headers(response.headers_mut());
                Poll::Ready(Ok(response.map(ResponseBody::app)))
            }
        }
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
