//! Calls to Atlassian's APIs: what a call consists of, and when it is repeated.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::{Url, form_urlencoded};

use crate::atlassian::client::ApiClient;
use crate::atlassian::error::ApiError;
use crate::atlassian::messages::ApiMessages;
use crate::atlassian::response::ApiResponse;
use crate::atlassian::retry::RetryProgress;
use crate::atlassian::{classify, path};
use crate::crypto::random;
use crate::error::ApiErrorKind;
use crate::http_client::{Chunks, HttpClientError, ResponseTimeout};
use crate::ids::CloudId;
use crate::scope::Scopes;
use crate::secret::opaque_debug;
use crate::store::GrantRecord;

/// Header fields that an app cannot set, because threelo or the connection does, or because Atlassian must see
/// none (`Cookie`). A call that sets one of them is refused.
const OURS: [&str; 7] = [
    "authorization",
    "cookie",
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade",
];

/// An answer whose body is not read yet.
pub(crate) type ApiAnswer = Response<Box<dyn Chunks>>;

/// A call in the making. Nothing is sent before [`send`](Self::send), [`json`](Self::json) or
/// [`response`](Self::response), and a mistake in the making is reported then, as [`ApiErrorKind::Misused`].
///
/// ```no_run
/// # async fn search(atlassian: threelo::ApiClient, site: threelo::Site) -> Result<(), threelo::ApiError> {
/// #[derive(serde::Deserialize)]
/// struct Found {
///     issues: Vec<serde_json::Value>,
/// }
///
/// let found: Found = atlassian
///     .jira(&site)
///     .get("/rest/api/3/search/jql")
///     .query(&[("jql", "project = AD ORDER BY created"), ("maxResults", "50")])
///     .needs(["read:jira-work"])
///     .json()
///     .await?;
/// println!("{} issues", found.issues.len());
/// # Ok(())
/// # }
/// ```
///
/// A future that is dropped, because the visitor hung up, ends the call; Atlassian may have carried it out all
/// the same. A refresh that it started goes on.
#[must_use]
pub struct ApiRequest {
    /// On whose behalf the call is made.
    pub(crate) client: ApiClient,
    /// The method, which decides whether an outage is a reason to repeat.
    method: Method,
    /// The checked path, or a mistake that was made in putting the call together.
    path: Result<String, &'static str>,
    /// The encoded parameters, without the question mark.
    query: String,
    /// The app's header fields.
    headers: HeaderMap,
    /// The body, which is kept for a repetition.
    body: Bytes,
    /// The scopes without which nothing is sent.
    pub(crate) needs: Scopes,
    /// The site that is called: it decides which grant's token is used.
    pub(crate) site: Option<CloudId>,
    /// How long the API may take; `None` for what the app has set.
    timeout: Option<Duration>,
    /// Whether the call changes nothing although its method could.
    only_reads: bool,
}

opaque_debug!(ApiRequest);

impl ApiRequest {
    /// A call without parameters, header fields and body.
    pub(crate) fn new(client: ApiClient, method: Method, base: &str, path: &str) -> Self {
        Self {
            client,
            method,
            path: path::join(base, path),
            query: String::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            needs: Scopes::new(),
            site: None,
            timeout: None,
            only_reads: false,
        }
    }

    /// Sets the site that is called.
    pub(crate) fn at(mut self, site: Option<&CloudId>) -> Self {
        self.site = site.cloned();
        self
    }

    /// Adds parameters, encoded; may be called again. A name that is added twice is sent twice.
    pub fn query<N: AsRef<str>, V: ToString>(mut self, parameters: &[(N, V)]) -> Self {
        let mut query = form_urlencoded::Serializer::new(std::mem::take(&mut self.query));
        for (name, value) in parameters {
            query.append_pair(name.as_ref(), &value.to_string());
        }
        self.query = query.finish();
        self
    }

    /// Takes the parameters as another program wrote them, for forwarded calls.
    pub(crate) fn written_query(mut self, query: Option<String>) -> Self {
        self.query = query.unwrap_or_default();
        self
    }

    /// Sets the body alone; a header field tells its type.
    pub(crate) fn carrying(mut self, body: Bytes) -> Self {
        self.body = body;
        self
    }

    /// The call cannot be made, for this reason.
    pub(crate) fn misused(mut self, why: &'static str) -> Self {
        self.path = Err(why);
        self
    }

    /// The mistake because of which the call cannot be made, if there is one.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        self.path.as_ref().err().copied()
    }

    /// Sets a header field, in place of one with the same name. `Authorization`, `Cookie`, `Host` and the
    /// fields of the connection are not the app's to set: naming one of them, or a value that cannot be
    /// written, makes the call fail as [`ApiErrorKind::Misused`].
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let field = (
            HeaderName::try_from(name.to_ascii_lowercase()),
            HeaderValue::try_from(value),
        );
        match field {
            (Ok(name), Ok(value)) if !OURS.contains(&name.as_str()) => {
                self.headers.insert(name, value);
            }
            _ => self.path = Err("a header field is not allowed, or not valid"),
        }
        self
    }

    /// Sends this value as JSON.
    pub fn body_json(mut self, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.body("application/json", body),
            Err(_) => {
                self.path = Err("the body cannot be written as JSON");
                self
            }
        }
    }

    /// Sends these bytes with this content type. The body stays in memory until the call has ended, so that it
    /// can be sent again with a newer token.
    pub fn body(self, content_type: &str, body: impl Into<Bytes>) -> Self {
        let mut request = self.header(CONTENT_TYPE.as_str(), content_type);
        request.body = body.into();
        request
    }

    /// Waits for the answer of this call longer, or less long, than
    /// [`api_timeout`](crate::AuthBuilder::api_timeout) says, from the last byte of the request on. An upload takes as long
    /// as it moves, and every further part of the answer has about 10 seconds.
    pub fn timeout(mut self, longest: Duration) -> Self {
        self.timeout = Some(longest);
        self
    }

    /// Says that the call changes nothing although its method could, as a search by `POST` does. Then it may be sent again:
    /// without an answer it is [`ApiErrorKind::Unavailable`], with the time to come back, and not
    /// [`ApiErrorKind::OutcomeUnknown`].
    pub fn only_reads(mut self) -> Self {
        self.only_reads = true;
        self
    }

    /// Names the scopes that the operation needs. If the grant lacks one, the call fails before it is sent, and
    /// the error can ask the visitor for exactly that scope; Atlassian itself does not tell what is missing
    /// (`docs/protocol.md`, section 6.3).
    ///
    /// The stored grant is looked at before the call fails, because another instance may have received a newer
    /// consent (`docs/decisions/0043-look-again-before-refusing.md`).
    pub fn needs<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.needs = scopes.into_iter().collect();
        self
    }

    /// Makes the call and reads the answer as JSON.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send) and of [`ApiResponse::json`].
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, ApiError> {
        self.send().await?.json().await
    }

    /// Makes the call. Every status of 400 and above is an error, and its body is dropped. With a
    /// [`RetryPolicy`](crate::atlassian::RetryPolicy) it may wait and be made again.
    ///
    /// A 403 or 404 looks at the list of sites too: if the site is gone from it, the error is
    /// [`ApiErrorKind::SiteGone`].
    ///
    /// # Errors
    ///
    /// [`ApiError`] if there is no token or no answer, if a scope is missing, if the call was put together
    /// wrongly, or for a status of 400 and above.
    pub async fn send(self) -> Result<ApiResponse, ApiError> {
        let client = self.client.clone();
        let (mut tries, mut waited) = (0, Duration::ZERO);
        loop {
            let error = match self.checked().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let chance = random::<1>().map_or(0, |[byte]| byte);
            let progress = RetryProgress {
                tries,
                waited,
                chance,
            };
            let Some(pause) = client.retry.pause(error.kind(), progress) else {
                return Err(error);
            };
            tokio::time::sleep(pause).await;
            tries += 1;
            waited += pause;
        }
    }

    /// Makes the call once, and turns a status of 400 and above into an error.
    async fn checked(&self) -> Result<ApiResponse, ApiError> {
        let answer = self.exchange().await?;
        let status = answer.status();
        if status.is_client_error() || status.is_server_error() {
            let now = self.client.ports.now();
            let mut kind = classify::error_of(self.is_change(), status, answer.headers(), now);
            if matches!(kind, ApiErrorKind::Forbidden | ApiErrorKind::NotFound)
                && self.is_site_gone().await
            {
                kind = ApiErrorKind::SiteGone;
            }
            let error = self.error(kind, answer.headers());
            if !matches!(error.kind(), ApiErrorKind::Refused { .. }) {
                return Err(error);
            }
            let body = answer.refusal().await;
            return Err(error.with_messages(ApiMessages::read(&body)));
        }
        Ok(answer)
    }

    /// Makes the call and returns the answer whatever its status, for callers who read the body of a refusal.
    /// It does not wait and repeat, whatever the client's [`RetryPolicy`](crate::atlassian::RetryPolicy) is.
    ///
    /// # Errors
    ///
    /// [`ApiError`] if there is no token or no answer, if a scope is missing, or if Atlassian does not accept
    /// the token.
    pub async fn response(self) -> Result<ApiResponse, ApiError> {
        self.exchange().await
    }

    /// Sends the call with the token of `grant`. A connection that breaks under a call which only reads costs nothing: it is
    /// sent once more. `PUT` and `DELETE` are idempotent by RFC 9110 section 9.2.2 and not repeated all the same: a `PUT` of
    /// Jira can add a comment, and a second `DELETE` would be answered with 404.
    ///
    /// # Errors
    ///
    /// Without an answer, [`ApiErrorKind::Unavailable`], or [`ApiErrorKind::OutcomeUnknown`] for a change that Atlassian may
    /// have received.
    pub(crate) async fn once(&self, grant: &GrantRecord) -> Result<ApiAnswer, ApiError> {
        let mut answer = self.open(grant).await?;
        if matches!(answer, Err(HttpClientError::Connection(_))) && !self.is_change() {
            answer = self.open(grant).await?;
        }
        answer.map_err(|error| {
            let is_unknown = self.is_change() && error.may_have_been_heard();
            let kind = match is_unknown {
                true => ApiErrorKind::OutcomeUnknown,
                false => ApiErrorKind::Unavailable { retry_after: None },
            };
            self.failed(kind).caused_by(error)
        })
    }

    /// Sends the call once.
    ///
    /// # Errors
    ///
    /// [`ApiErrorKind::Misused`] if it cannot be written.
    async fn open(
        &self,
        grant: &GrantRecord,
    ) -> Result<Result<ApiAnswer, HttpClientError>, ApiError> {
        let request = self.written(grant);
        let request = request.map_err(|why| self.failed(ApiErrorKind::Misused(why)))?;
        Ok(self.client.ports.http.open(request).await)
    }

    /// How long the API may take.
    pub(crate) fn response_timeout(&self) -> Duration {
        self.timeout.unwrap_or(self.client.ports.config.api_timeout)
    }

    /// Whether the call can change something.
    pub(crate) fn is_change(&self) -> bool {
        !self.only_reads && classify::is_change(&self.method)
    }

    /// The request as it is sent. The address is parsed again and compared with the checked path, so that no
    /// difference between the two parsers leads elsewhere.
    fn written(&self, grant: &GrantRecord) -> Result<Request<Bytes>, &'static str> {
        const UNWRITABLE: &str = "the call cannot be written";
        let path = self.path.as_deref().map_err(|why| *why)?;
        let origin = self.client.ports.config.environment.api_origin();
        let mut url = Url::parse(&format!("{origin}{path}")).map_err(|_why| UNWRITABLE)?;
        // The parsed address must contain exactly the path that was checked.
        if url.path() != path {
            return Err("the path is not in normalized form");
        }
        if !self.query.is_empty() {
            url.set_query(Some(&self.query));
        }
        let token = grant.tokens.access_token.expose();
        let mut bearer =
            HeaderValue::try_from(format!("Bearer {token}")).map_err(|_why| UNWRITABLE)?;
        bearer.set_sensitive(true);
        let mut request = Request::new(self.body.clone());
        *request.method_mut() = self.method.clone();
        request
            .extensions_mut()
            .insert(ResponseTimeout(self.response_timeout()));
        *request.uri_mut() = url.as_str().parse().map_err(|_why| UNWRITABLE)?;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.extend(self.headers.clone());
        headers.insert(AUTHORIZATION, bearer);
        Ok(request)
    }

    /// An error about an answer with these header fields.
    pub(crate) fn error(&self, kind: ApiErrorKind, headers: &HeaderMap) -> ApiError {
        self.failed(kind).traced(classify::trace_id(headers))
    }

    /// An error about this call.
    pub(crate) fn failed(&self, kind: impl Into<ApiErrorKind>) -> ApiError {
        let path = self.path.as_deref().unwrap_or("(no path)");
        let call = format!("{} {}", self.method, path::template(path));
        self.client.error(kind).of_call(call)
    }
}
