//! Connect mode: the app says who its user is.

use std::future::Future;

use http::request::Parts;
use threelo::{BoxError, Connect, Subject};
use tower_layer::Layer;

use crate::layer::AuthService;
use crate::resolver::Resolver;

/// Adds "connect my Atlassian account" to an app that has users of its own: the routes under the prefix, and the
/// extractors [`Connections`](crate::Connections), [`Atlassian`](crate::Atlassian) and
/// [`CurrentSite`](crate::CurrentSite).
///
/// It goes on the outermost router, but inside the layer of the app's own sessions, which must run first:
/// `.layer(ConnectLayer::new(connect, resolver)).layer(sessions)`.
///
/// ```
/// use axum::{Router, routing::get};
/// use http::request::Parts;
/// use threelo_tower::{BoxError, Connect, ConnectLayer, Connections, Subject};
///
/// async fn accounts(connections: Connections) -> String {
///     format!("{} accounts", connections.len())
/// }
///
/// fn app(connect: Connect) -> Router {
///     // A real app asks its session here; this one believes a header of its proxy.
///     let resolver = |parts: &Parts| {
///         let user = parts.headers.get("x-user").and_then(|user| user.to_str().ok());
///         let subject = user.map(Subject::parse).transpose();
///         async move { subject.map_err(BoxError::from) }
///     };
///     Router::new()
///         .route("/accounts", get(accounts))
///         .layer(ConnectLayer::new(connect, resolver))
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ConnectLayer {
    connect: Connect,
    resolver: Resolver,
}

impl ConnectLayer {
    /// A layer around `connect`. The resolver tells who the app's user is: the id by which the app knows them, or `None`
    /// if no user is signed in; an error is a 503. It is called only when the response depends on the user: read what is needed from the
    /// request's head, then await.
    pub fn new<F, Fut>(connect: Connect, resolver: F) -> Self
    where
        F: Fn(&Parts) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Option<Subject>, BoxError>> + Send + 'static,
    {
        let resolver = Resolver::new(move |parts| Box::pin(resolver(parts)));
        Self { connect, resolver }
    }
}

impl<S> Layer<S> for ConnectLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AuthService {
            inner,
            auth: self.connect.as_auth().clone(),
            resolver: Some(self.resolver.clone()),
        }
    }
}
