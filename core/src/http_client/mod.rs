//! The port to Atlassian.

#[cfg(feature = "reqwest")]
mod reqwest_client;

use std::error::Error;
use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{Request, Response};

#[cfg(feature = "reqwest")]
pub use self::reqwest_client::ReqwestClient;

/// A whole answer has this long.
const TOTAL: Duration = Duration::from_secs(10);

/// Sends requests to Atlassian.
///
/// An implementation follows no redirect (a 307 would carry the client secret to another host), decompresses nothing,
/// and gives up when the head of the answer, or the next part of its body, does not come within about 10 seconds.
#[async_trait]
pub trait HttpClient: Debug + Send + Sync + 'static {
    /// Sends one request and reads the head of the answer, whatever its status.
    ///
    /// # Errors
    ///
    /// [`HttpClientError`] if no answer arrived.
    async fn open(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Box<dyn Chunks>>, HttpClientError>;
}

/// The body of an answer, in parts.
#[async_trait]
pub trait Chunks: Debug + Send {
    /// The next part; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`HttpClientError`] if the rest does not come.
    async fn chunk(&mut self) -> Result<Option<Bytes>, HttpClientError>;
}

/// Sends a request and reads the whole answer, within 10 seconds and `most` bytes of body.
///
/// # Errors
///
/// [`HttpClientError`] if no whole answer arrived.
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

/// Reads a body to its end, `most` bytes at most.
///
/// # Errors
///
/// [`HttpClientError::TooLarge`], and those of [`Chunks::chunk`].
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

/// Why there is no answer. It holds no URL and no body, and neither may its cause: both are logged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpClientError {
    /// There was no connection, so nothing was sent.
    #[error("Atlassian could not be reached")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// The connection broke; the request may have been heard.
    #[error("the connection to Atlassian broke")]
    Connection(#[source] Box<dyn Error + Send + Sync>),
    /// The deadline passed; the request may have been heard.
    #[error("Atlassian did not answer in time")]
    Timeout,
    /// More bytes than the caller takes.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The request could not be written, so nothing was sent.
    #[error("the request cannot be sent")]
    Request,
}

impl HttpClientError {
    /// Whether the request may have had its effect although there is no answer.
    pub fn may_have_been_heard(&self) -> bool {
        !matches!(self, Self::Unreachable(_) | Self::Request)
    }
}
