//! Answers of Atlassian's APIs.

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::atlassian::classify;
use crate::atlassian::client::ApiClient;
use crate::atlassian::error::ApiError;
use crate::error::ApiErrorKind;
use crate::http_client::{self, Chunks, HttpClientError};
use crate::message::is_json_type;
use crate::secret::opaque_debug;

/// As much as [`bytes`](ApiResponse::bytes) and [`json`](ApiResponse::json) read: 8 MiB.
const MOST: usize = 8 * 1024 * 1024;

/// An answer of an API, whose body is read as it is wanted: whole, as JSON, or in parts.
pub struct ApiResponse {
    head: Parts,
    body: Box<dyn Chunks>,
    client: ApiClient,
}

opaque_debug!(ApiResponse);

impl ApiResponse {
    pub(crate) fn new(client: ApiClient, head: Parts, body: Box<dyn Chunks>) -> Self {
        Self { head, body, client }
    }

    pub(crate) fn into_parts(self) -> Response<Box<dyn Chunks>> {
        Response::from_parts(self.head, self.body)
    }

    /// The status. Redirects are not followed.
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// The header fields.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Atlassian's `atl-traceid`, to quote in a support request.
    pub fn trace_id(&self) -> Option<String> {
        classify::trace_id(&self.head.headers)
    }

    /// The next part of the body; `None` at its end. Nothing is held back, and nothing is too large.
    ///
    /// # Errors
    ///
    /// [`ApiErrorKind::Unavailable`] if the rest does not come.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ApiError> {
        let chunk = self.body.chunk().await;
        chunk.map_err(|error| self.broken(&error))
    }

    /// The whole body, 8 MiB at most.
    ///
    /// # Errors
    ///
    /// [`ApiErrorKind::Unreadable`] if it is larger, [`ApiErrorKind::Unavailable`] if the rest does not come.
    pub async fn bytes(mut self) -> Result<Bytes, ApiError> {
        let whole = http_client::read(&mut *self.body, MOST).await;
        whole.map_err(|error| self.broken(&error))
    }

    /// The whole body as JSON, 8 MiB at most.
    ///
    /// # Errors
    ///
    /// [`ApiErrorKind::Unreadable`] if it is not JSON of this shape, and those of [`bytes`](Self::bytes).
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, ApiError> {
        let (client, trace_id) = (self.client.clone(), self.trace_id());
        let unreadable = |why| {
            client
                .error(ApiErrorKind::Unreadable(why))
                .traced(trace_id.clone())
        };
        if !is_json_type(&self.head.headers) {
            return Err(unreadable("it is not JSON"));
        }
        let body = self.bytes().await?;
        // serde_json's error quotes the body.
        serde_json::from_slice(&body).map_err(|_quotes| unreadable("it is JSON of another shape"))
    }

    fn broken(&self, error: &HttpClientError) -> ApiError {
        let kind = match error {
            HttpClientError::TooLarge(_) => ApiErrorKind::Unreadable("it is larger than 8 MiB"),
            _ => ApiErrorKind::Unavailable { retry_after: None },
        };
        self.client.error(kind).traced(self.trace_id())
    }
}
