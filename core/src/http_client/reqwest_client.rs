//! The HTTP port, implemented with reqwest.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

use crate::environment::is_loopback;
use crate::http_client::upload::{Progress, upload};
use crate::http_client::{Chunks, HttpClient, HttpClientError, ResponseTimeout};
use crate::secret::opaque_debug;

/// The time to connect, TLS included.
const CONNECT: Duration = Duration::from_secs(3);
/// The time for the head of a response, unless the request says otherwise, and for every further part of its body.
const SILENCE: Duration = Duration::from_secs(10);

/// The most idle connections to a host. Each of them keeps a buffer of up to 400 KB (docs/decisions/0069).
const IDLE: usize = 32;

/// The default HTTP client: rustls, no redirects, no decompression, 3 seconds to connect, 10 seconds for every part of a
/// response's body, and for its head as long as the request says ([`ResponseTimeout`]).
///
/// It goes through the proxy that `HTTPS_PROXY`, `HTTP_PROXY` or `ALL_PROXY` names, except for the hosts in `NO_PROXY`, and for
/// loopback addresses, such as a local sandbox's: a proxy cannot reach those. A company's own certificates are those of the
/// machine, or the file that `SSL_CERT_FILE` names. For anything else, pass a client of your own to
/// [`from_client`](Self::from_client).
///
/// The builders make one by themselves; share one among several apps in a process like this:
///
/// ```
/// use std::sync::Arc;
/// use threelo::http_client::ReqwestClient;
/// use threelo::{Auth, Credentials};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Arc::new(ReqwestClient::new()?);
/// let auth = Auth::builder(Credentials::new("my-client-id", "my-secret"), "http://localhost:3000")
///     .http_client(client.clone())
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ReqwestClient {
    /// For all hosts, perhaps through a proxy.
    client: reqwest::Client,
    /// For loopback, without a proxy; made when it is needed. `None` inside if it cannot be made.
    direct: Arc<OnceLock<Option<reqwest::Client>>>,
}

impl ReqwestClient {
    /// Builds the client, with the User-Agent `threelo/` and the version of this crate.
    ///
    /// # Errors
    ///
    /// [`HttpClientError::Request`] if TLS cannot be set up on this machine.
    pub fn new() -> Result<Self, HttpClientError> {
        let client = settings().build();
        let client = client.map_err(|_tls| HttpClientError::Request)?;
        Ok(Self {
            client,
            direct: Arc::default(),
        })
    }

    /// Uses a client of the app's own: with a proxy that needs a password, with other certificates, with metrics. It is used
    /// for every host.
    ///
    /// The client must follow no redirects (`Policy::none()`), because the token request holds the client secret, must not
    /// decompress, and should have a connect timeout and no timeout for whole requests.
    ///
    /// ```
    /// use threelo::http_client::ReqwestClient;
    ///
    /// # fn client() -> reqwest::Result<ReqwestClient> {
    /// let client = reqwest::Client::builder()
    ///     .redirect(reqwest::redirect::Policy::none())
    ///     .connect_timeout(std::time::Duration::from_secs(3))
    ///     .proxy(reqwest::Proxy::https("http://proxy.example.com:3128")?.basic_auth("app", "secret"))
    ///     .build()?;
    /// Ok(ReqwestClient::from_client(client))
    /// # }
    /// ```
    pub fn from_client(client: reqwest::Client) -> Self {
        Self {
            direct: Arc::new(OnceLock::from(Some(client.clone()))),
            client,
        }
    }

    /// The client for a host.
    ///
    /// # Errors
    ///
    /// [`HttpClientError::Request`] if it cannot be made on this machine.
    fn for_url(&self, url: &url::Url) -> Result<&reqwest::Client, HttpClientError> {
        if !is_loopback(url) {
            return Ok(&self.client);
        }
        let make = || settings().no_proxy().build().ok();
        self.direct
            .get_or_init(make)
            .as_ref()
            .ok_or(HttpClientError::Request)
    }
}

/// What every client has.
fn settings() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .pool_max_idle_per_host(IDLE)
        .user_agent(concat!("threelo/", env!("CARGO_PKG_VERSION")))
}

#[async_trait]
impl HttpClient for ReqwestClient {
    async fn open(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Box<dyn Chunks>>, HttpClientError> {
        let limit = request.extensions().get::<ResponseTimeout>();
        let limit = limit.map_or(SILENCE, |limit| limit.0);
        let progress = Progress::begin();
        let request = request.map(|body| upload(body, &progress));
        let request =
            reqwest::Request::try_from(request).map_err(|_address| HttpClientError::Request)?;
        let client = self.for_url(request.url())?;
        let answer = progress.within(limit, client.execute(request)).await;
        let mut answer = answer
            .ok_or(HttpClientError::Timeout)?
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
        let chunk = tokio::time::timeout(SILENCE, self.0.chunk()).await;
        chunk
            .map_err(|_elapsed| HttpClientError::Timeout)?
            .map_err(without_url)
    }
}

/// reqwest's own error names the URL, which must not enter a log; its causes do not.
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
