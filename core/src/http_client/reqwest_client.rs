//! The port over reqwest.

use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{Request, Response};

use super::{HttpClient, HttpClientError};

const CONNECT: Duration = Duration::from_secs(3);
const TOTAL: Duration = Duration::from_secs(10);

/// The default client: rustls, no redirects, no compression, 3 s to connect, 10 s in all.
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
            .timeout(TOTAL)
            .user_agent(concat!("threelo/", env!("CARGO_PKG_VERSION")))
            .build();
        client.map(Self).map_err(|_tls| HttpClientError::Request)
    }
}

#[async_trait]
impl HttpClient for ReqwestClient {
    async fn send(
        &self,
        request: Request<Bytes>,
        max_body: usize,
    ) -> Result<Response<Bytes>, HttpClientError> {
        let request =
            reqwest::Request::try_from(request).map_err(|_address| HttpClientError::Request)?;
        let mut answer = self.0.execute(request).await.map_err(without_address)?;

        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(without_address)? {
            if body.len() + chunk.len() > max_body {
                return Err(HttpClientError::TooLarge(max_body));
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

/// reqwest's own error names the address, which must not enter a log.
#[expect(clippy::needless_pass_by_value, reason = "a map_err function")]
fn without_address(error: reqwest::Error) -> HttpClientError {
    if error.is_timeout() {
        HttpClientError::Timeout
    } else {
        HttpClientError::Connection
    }
}
