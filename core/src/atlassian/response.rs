//! Answers of Atlassian's APIs.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::response::Parts;
use http::{HeaderMap, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::atlassian::classify;
use crate::atlassian::client::ApiClient;
use crate::atlassian::error::ApiError;
use crate::error::ApiErrorKind;
use crate::http_client::{self, Chunks, HttpClientError};
use crate::message::is_json_type;
use crate::secret::opaque_debug;

/// How much of a body [`bytes`](ApiResponse::bytes) and [`json`](ApiResponse::json) read: 8 MiB.
const MOST: usize = 8 * 1024 * 1024;

/// An answer of an API. Its body is read when it is asked for: whole, as JSON, or in parts. Dropping it gives
/// the connection up.
///
/// ```no_run
/// # async fn attachment(atlassian: threelo::ApiClient, site: threelo::Site) -> Result<u64, threelo::ApiError> {
/// let mut answer = atlassian.jira(&site).get("/rest/api/3/attachment/content/10001").send().await?;
/// let mut size = 0;
/// while let Some(part) = answer.chunk().await? {
///     size += part.len() as u64;
/// }
/// # Ok(size)
/// # }
/// ```
pub struct ApiResponse {
    /// Status and header fields.
    head: Parts,
    /// The body, as far as it was not read.
    body: Box<dyn Chunks>,
    /// Makes the errors, which know the visitor.
    client: ApiClient,
    /// Whether it answers a change, which may have been carried out whatever becomes of the body.
    pub(crate) is_of_change: bool,
}

opaque_debug!(ApiResponse);

impl ApiResponse {
    /// The answer to a call of `client`.
    pub(crate) fn new(
        client: ApiClient,
        answer: Response<Box<dyn Chunks>>,
        is_of_change: bool,
    ) -> Self {
        let (head, body) = answer.into_parts();
        Self {
            head,
            body,
            client,
            is_of_change,
        }
    }

    /// The answer as it came, to be passed on.
    pub(crate) fn into_parts(self) -> Response<Box<dyn Chunks>> {
        Response::from_parts(self.head, self.body)
    }

    /// The status. Redirects are not followed, so it may be one of 300 and above; from
    /// [`response`](crate::atlassian::ApiRequest::response) it may be an error.
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// The header fields, as Atlassian sent them.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Atlassian's `atl-traceid`, or its `atl-request-id`, to quote in a support request.
    pub fn trace_id(&self) -> Option<String> {
        classify::trace_id(&self.head.headers)
    }

    /// The next part of the body; `None` at its end. The size of the body is not limited; a part that does not
    /// come within about 10 seconds is an error.
    ///
    /// # Errors
    ///
    /// [`ApiErrorKind::Unavailable`] if the rest does not come, [`ApiErrorKind::OutcomeUnknown`] if it answers a change.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ApiError> {
        let chunk = self.body.chunk().await;
        chunk.map_err(|error| self.broken(&error))
    }

    /// The whole body, at most 8 MiB.
    ///
    /// # Errors
    ///
    /// [`ApiErrorKind::Unreadable`] if it is larger, and those of [`chunk`](Self::chunk).
    pub async fn bytes(mut self) -> Result<Bytes, ApiError> {
        let whole = http_client::read(&mut *self.body, MOST).await;
        whole.map_err(|error| self.broken(&error))
    }

    /// The whole body as JSON, at most 8 MiB. An answer without a JSON content type is refused before its body
    /// is read: it is an HTML page of a proxy.
    ///
    /// An empty answer, such as 204 to a `PUT`, is read as `null`: `()`, `Option` and `serde_json::Value` accept it.
    ///
    /// # Errors
    ///
    /// [`ApiErrorKind::Unreadable`] if it is not JSON of this shape, and those of [`bytes`](Self::bytes). The
    /// error does not quote the body.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, ApiError> {
        let (client, trace_id) = (self.client.clone(), self.trace_id());
        let unreadable = |why| {
            client
                .error(ApiErrorKind::Unreadable(why))
                .traced(trace_id.clone())
        };
        if !is_json_type(&self.head.headers) && !self.is_said_empty() {
            return Err(unreadable("it is not JSON"));
        }
        let body = self.bytes().await?;
        if body.is_empty() {
            return T::deserialize(Value::Null).map_err(|_needs_more| unreadable("it is empty"));
        }
        // The error of serde_json would quote the body.
        serde_json::from_slice(&body)
            .map_err(|_quotes| unreadable("it is JSON, but not of the expected shape"))
    }

    /// What a refusal says; as much as came, of 64 KiB at most, if it is JSON.
    pub(crate) async fn refusal(mut self) -> Bytes {
        const REFUSAL: usize = 64 * 1024;
        const READING: Duration = Duration::from_secs(10);
        match is_json_type(&self.head.headers) {
            true => {
                let whole = http_client::read(&mut *self.body, REFUSAL);
                let whole = tokio::time::timeout(READING, whole).await;
                whole.ok().and_then(Result::ok).unwrap_or_default()
            }
            false => Bytes::new(),
        }
    }

    /// Whether the head says that there is no body (RFC 9110 sections 8.6 and 15.3.5).
    fn is_said_empty(&self) -> bool {
        let length = self.head.headers.get(CONTENT_LENGTH);
        self.head.status == StatusCode::NO_CONTENT || length.is_some_and(|length| length == "0")
    }

    /// The error for a body that ended early or is too large.
    fn broken(&self, error: &HttpClientError) -> ApiError {
        let kind = match error {
            HttpClientError::TooLarge(_) => ApiErrorKind::Unreadable("it is larger than 8 MiB"),
            _ if self.is_of_change => ApiErrorKind::OutcomeUnknown,
            _ => ApiErrorKind::Unavailable { retry_after: None },
        };
        self.client.error(kind).traced(self.trace_id())
    }
}
