//! The HTTP port: how requests reach Atlassian.
//!
//! The default is [`ReqwestClient`] (feature `reqwest`). An app that needs another TLS library, a proxy or metrics
//! implements [`HttpClient`], whose one method streams, and gives it to
//! [`AuthBuilder::http_client`](crate::AuthBuilder::http_client). Deadlines and size limits of whole responses are
//! [`fetch`]'s, so that no implementation can forget them (docs/decisions/0012).

#[cfg(feature = "reqwest")]
mod reqwest_client;
#[cfg(feature = "reqwest")]
mod upload;

use std::error::Error;
use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{Request, Response};

#[cfg(feature = "reqwest")]
pub use self::reqwest_client::ReqwestClient;

/// The time for a whole response, head and body (docs/attacks.md T155).
const TOTAL: Duration = Duration::from_secs(10);

/// Sends requests to Atlassian.
///
/// An implementation must
///
/// - follow no redirect: a 307 would send the client secret to another host (docs/attacks.md T145, T146);
/// - verify certificates (docs/attacks.md T148);
/// - decompress nothing, because a small body could become a large one;
/// - give up if the head of the response does not arrive within the [`ResponseTimeout`] of the request, or the next part of
///   its body within about 10 seconds;
/// - send each request once: whether a request may be repeated is decided above it;
/// - keep URLs, header fields and bodies out of its `Debug` output and its logs, because they contain secrets.
///
/// An implementation for tests, which answers every request with an empty JSON object:
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use threelo::http_client::{Chunks, HttpClient, HttpClientError, fetch};
///
/// #[derive(Debug)]
/// struct Canned;
///
/// #[derive(Debug)]
/// struct Body(Option<Bytes>);
///
/// #[async_trait::async_trait]
/// impl HttpClient for Canned {
///     async fn open(&self, _: Request<Bytes>) -> Result<Response<Box<dyn Chunks>>, HttpClientError> {
///         Ok(Response::new(Box::new(Body(Some(Bytes::from_static(b"{}"))))))
///     }
/// }
///
/// #[async_trait::async_trait]
/// impl Chunks for Body {
///     async fn chunk(&mut self) -> Result<Option<Bytes>, HttpClientError> {
///         Ok(self.0.take())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), HttpClientError> {
/// let response = fetch(&Canned, Request::default(), 1024).await?;
/// assert_eq!(response.body().as_ref(), b"{}");
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait HttpClient: Debug + Send + Sync + 'static {
    /// Sends one request and reads the head of the response, whatever its status: a status of 400 or above is no error
    /// here.
    ///
    /// # Errors
    ///
    /// [`HttpClientError`] if no head arrived. It must say correctly whether Atlassian may have received the request.
    async fn open(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Box<dyn Chunks>>, HttpClientError>;
}

/// How long to wait for the head of a response, from the last byte of the request on: an upload takes as long as it moves. It
/// is an extension of the requests for calls to APIs; those without it are given 10 seconds.
///
/// ```
/// use std::time::Duration;
///
/// use threelo::http_client::ResponseTimeout;
///
/// fn limit<B>(request: &http::Request<B>) -> Duration {
///     let asked = request.extensions().get::<ResponseTimeout>();
///     asked.map_or(Duration::from_secs(10), |limit| limit.0)
/// }
///
/// assert_eq!(limit(&http::Request::new(())).as_secs(), 10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a duration with a name")]
pub struct ResponseTimeout(pub Duration);

/// The body of a response, which is read part by part. Dropping it ends the transfer.
///
/// ```
/// use threelo::http_client::{Chunks, HttpClientError};
///
/// async fn length(body: &mut dyn Chunks) -> Result<usize, HttpClientError> {
///     let mut length = 0;
///     while let Some(part) = body.chunk().await? {
///         length += part.len();
///     }
///     Ok(length)
/// }
/// ```
#[async_trait]
pub trait Chunks: Debug + Send {
    /// The next part of the body, or `None` at its end. Parts may have any length.
    ///
    /// # Errors
    ///
    /// [`HttpClientError`] if the body ends early, or the next part does not arrive in time.
    async fn chunk(&mut self) -> Result<Option<Bytes>, HttpClientError>;
}

/// Sends a request and reads the whole response, within 10 seconds and with at most `most` bytes of body.
///
/// The deadline covers head and body together, so that a server that sends a byte every few seconds is given up
/// (docs/attacks.md T154, T155).
///
/// # Errors
///
/// [`HttpClientError`] if no complete response arrived.
pub async fn fetch(
    client: &dyn HttpClient,
    request: Request<Bytes>,
    most: usize,
) -> Result<Response<Bytes>, HttpClientError> {
    let whole = async {
        let (head, mut body) = client.open(request).await?.into_parts();
        Ok(Response::from_parts(head, read(&mut *body, most).await?))
    };
    tokio::time::timeout(TOTAL, whole)
        .await
        .unwrap_or(Err(HttpClientError::Timeout))
}

/// Reads a body to its end, and gives up when it exceeds `most` bytes. Memory grows with what arrives, never with what
/// a header field announces.
///
/// # Errors
///
/// [`HttpClientError::TooLarge`], and the errors of [`Chunks::chunk`].
pub async fn read(body: &mut dyn Chunks, most: usize) -> Result<Bytes, HttpClientError> {
    let mut whole = BytesMut::new();
    while let Some(chunk) = body.chunk().await? {
        if whole.len() + chunk.len() > most {
            return Err(HttpClientError::TooLarge(most));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// Why there is no response. Errors are logged with their causes, so neither may contain a URL or a body.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpClientError {
    /// There was no connection, so nothing was sent.
    #[error("Atlassian could not be reached")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// The connection failed after the request was begun; Atlassian may have received it.
    #[error("the connection to Atlassian failed")]
    Connection(#[source] Box<dyn Error + Send + Sync>),
    /// The deadline passed; Atlassian may have received the request.
    #[error("Atlassian did not respond in time")]
    Timeout,
    /// The response is larger than the caller accepts.
    #[error("the response is larger than {0} bytes")]
    TooLarge(usize),
    /// The request could not be written, so nothing was sent.
    #[error("the request cannot be sent")]
    Request,
}

impl HttpClientError {
    /// Whether the request may have had its effect although there is no response. A refresh depends on it: a refresh
    /// token that was perhaps used is sent again while that is possible (docs/decisions/0047).
    pub fn may_have_been_heard(&self) -> bool {
        !matches!(self, Self::Unreachable(_) | Self::Request)
    }
}
