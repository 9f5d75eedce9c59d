//! The port over reqwest.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

use crate::http_client::{Chunks, HttpClient, HttpClientError};
use crate::secret::opaque_debug;

const CONNECT: Duration = Duration::from_secs(3);
/// The head of an answer, and every further part of it, has this long.
const SILENCE: Duration = Duration::from_secs(10);

/// So many connections wait for the next call: each keeps a buffer of up to 400 KB.
const IDLE: usize = 32;

/// The default client: rustls, no redirects, no compression, 3 s to connect, 10 s for the head of an answer and for
/// every further part.
///
/// It honours the usual proxy variables only when the app enables reqwest's `system-proxy` feature.
#[derive(Clone, Debug)]
pub struct ReqwestClient(reqwest::Client);

impl ReqwestClient {
    /// Builds the client.
    ///
    /// # Errors
    ///
    /// [`HttpClientError::Request`] if the TLS set-up of this machine cannot be used.
    pub fn new() -> Result<Self, HttpClientError> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .pool_max_idle_per_host(IDLE)
            .user_agent(concat!("threelo/", env!("CARGO_PKG_VERSION")))
            .build();
        client.map(Self).map_err(|_tls| HttpClientError::Request)
    }
}

#[async_trait]
impl HttpClient for ReqwestClient {
    async fn open(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Box<dyn Chunks>>, HttpClientError> {
        let request =
            reqwest::Request::try_from(request).map_err(|_address| HttpClientError::Request)?;
        let answer = tokio::time::timeout(SILENCE, self.0.execute(request)).await;
        let mut answer = answer
            .map_err(|_elapsed| HttpClientError::Timeout)?
            .map_err(without_url)?;
        let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
        let mut response = Response::new(Box::new(Body(answer)) as Box<dyn Chunks>);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

struct Body(reqwest::Response);

opaque_debug!(Body);

#[async_trait]
impl Chunks for Body {
    async fn chunk(&mut self) -> Result<Option<Bytes>, HttpClientError> {
        self.0.chunk().await.map_err(without_url)
    }
}

/// reqwest's own error names the URL, which must not enter a log; what it was caused by does not.
fn without_url(error: reqwest::Error) -> HttpClientError {
    let error = error.without_url();
    if error.is_connect() {
        HttpClientError::Unreachable(error.into())
    } else if error.is_timeout() {
        HttpClientError::Timeout
    } else {
        HttpClientError::Connection(error.into())
    }
}
