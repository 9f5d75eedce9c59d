//! The port to Atlassian.

#[cfg(feature = "reqwest")]
mod reqwest_client;

use std::fmt::Debug;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

#[cfg(feature = "reqwest")]
pub use self::reqwest_client::ReqwestClient;

/// Sends requests to Atlassian.
///
/// An implementation follows no redirect (a 307 would carry the client secret to another host), decompresses nothing,
/// ends within a deadline of its own, and stops reading at `max_body` bytes.
#[async_trait]
pub trait HttpClient: Debug + Send + Sync + 'static {
    /// Sends one request and reads the whole answer, whatever its status.
    ///
    /// # Errors
    ///
    /// [`HttpClientError`] if no whole answer arrived.
    async fn send(
        &self,
        request: Request<Bytes>,
        max_body: usize,
    ) -> Result<Response<Bytes>, HttpClientError>;
}

/// Why there is no answer. Holds no address and no body.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpClientError {
    /// No connection, or it broke.
    #[error("Atlassian could not be reached")]
    Connection,
    /// The deadline passed.
    #[error("Atlassian did not answer in time")]
    Timeout,
    /// More bytes than the caller takes.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The request could not be written.
    #[error("the request cannot be sent")]
    Request,
}
