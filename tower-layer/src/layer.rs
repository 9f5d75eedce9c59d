//! The layer around an app.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

#[cfg(feature = "axum")]
use axum::extract::OriginalUri;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use threelo::adapter::{Action, Reply, RequestHead};
use threelo::{Auth, AuthSession, BoxError, LoginRequest};
use tower_layer::Layer;
use tower_service::Service;

use crate::resolver::Resolver;
use crate::{ResponseBody, convert};

/// Adds Atlassian sign-in to any tower service over HTTP: the routes under the prefix, and an
/// [`AuthSession`] for every other request.
///
/// In axum it goes on the *outermost* router with [`Router::layer`]: under `.nest(..)` or
/// `.route_layer(..)` unmatched paths such as `/auth/login` never reach it; for nested routers
/// there is `auth_routes`. Inside a nested router it knows the original path; if the auth routes are there, too,
/// [`mounted_at`](threelo::AuthBuilder::mounted_at) must say where. A service without axum starts a login by a [`threelo::LoginRequest`] among its response's
/// extensions.
///
/// Layers run from the last that was added to the first: a layer that is added after this one sees requests earlier and
/// replies later, the auth routes included.
///
/// ```
/// use axum::{Router, routing::get};
/// use threelo_tower::{Auth, AuthLayer, CurrentUser};
///
/// async fn board(user: CurrentUser) -> String {
///     format!("The board of {}", user.name())
/// }
///
/// fn app(auth: Auth) -> Router {
///     Router::new()
///         .route("/board", get(board))
///         .layer(AuthLayer::new(auth))
/// }
/// ```
///
/// [`Router::layer`]: https://docs.rs/axum/latest/axum/struct.Router.html#method.layer
#[derive(Clone, Debug)]
#[must_use]
pub struct AuthLayer(Auth);

impl AuthLayer {
    /// A layer around `auth`; clone the [`Auth`] to keep it for other uses.
    pub fn new(auth: Auth) -> Self {
        Self(auth)
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let auth = self.0.clone();
        AuthService {
            inner,
            auth,
            resolver: None,
        }
    }
}

/// The service of [`AuthLayer`] and of [`ConnectLayer`](crate::ConnectLayer).
#[derive(Clone, Debug)]
pub struct AuthService<S> {
    pub(crate) inner: S,
    pub(crate) auth: Auth,
    /// Who the app's user is, in connect mode.
    pub(crate) resolver: Option<Resolver>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for AuthService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ReqBody: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    ResBody: Body<Data = Bytes>,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let kind = match decide(&self.auth, &request) {
            Action::Respond(responder) => {
                let (parts, body) = request.into_parts();
                let resolver = self.resolver.as_ref().filter(|_| responder.wants_subject());
                let subject = resolver.map(|resolver| resolver.ask(&parts));
                let reply = Box::pin(convert::reply_of(responder, subject, body));
                Kind::Ours { reply }
            }
            Action::Forward(session) => {
                if let Some(resolver) = &self.resolver {
                    request.extensions_mut().insert(resolver.clone());
                }
                let outer = request.extensions_mut().insert(session.clone());
                session.warn_of_outer(outer.as_ref());
                // Called here and now, so that it is the service that was polled ready.
                let future = self.inner.call(request);
                Kind::App { future, session }
            }
        };
        ResponseFuture { kind }
    }
}

/// What happens with a request, by the path that the browser sent: axum's nested routers take theirs off.
fn decide<B>(auth: &Auth, request: &Request<B>) -> Action {
    #[cfg(feature = "axum")]
    if let Some(OriginalUri(original)) = request.extensions().get() {
        return RequestHead::lend_nested(request, original, |head| auth.handle(head));
    }
    RequestHead::lend(request, |head| auth.handle(head))
}

type BoxedReply = Pin<Box<dyn Future<Output = Reply> + Send>>;

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

impl<F: Future<Output = Result<Response<B>, E>>, B, E> Future for ResponseFuture<F> {
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProjection::Ours { reply } => {
                let reply = ready!(reply.as_mut().poll(cx));
                Poll::Ready(Ok(reply.into_response()))
            }
            KindProjection::App { future, session } => {
                let mut response = ready!(future.poll(cx))?.map(ResponseBody::app);
                if let Some(login) = response.extensions_mut().remove::<LoginRequest>() {
                    response = session.start_login(&login).into_response();
                }
                session.finish_headers(response.headers_mut());
                Poll::Ready(Ok(response))
            }
        }
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
