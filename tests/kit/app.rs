//! The app under test, whatever its framework is.

use std::future::Future;

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::ServiceExt;

/// An app that answers requests in process.
pub trait App: Clone + Send + Sync + 'static {
    /// Answers one request.
    fn call(&self, request: Request<Bytes>) -> impl Future<Output = Response<Bytes>> + Send;
}

/// An axum router.
#[derive(Clone, Debug)]
pub struct AxumApp(pub axum::Router);

impl App for AxumApp {
    async fn call(&self, request: Request<Bytes>) -> Response<Bytes> {
        let response = self.0.clone().oneshot(request.map(Body::from)).await;
        let (parts, body) = response.unwrap_or_else(|never| match never {}).into_parts();
        let body = body
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes);
        Response::from_parts(parts, body.unwrap_or_default())
    }
}
