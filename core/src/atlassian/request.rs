//! Calls to Atlassian's APIs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::{Url, form_urlencoded};

use super::read::{self, TokenSays};
use super::{ApiError, ApiResponse, Atlassian, path};
use crate::error::{ApiErrorKind, MissingScope};
use crate::flow::{self, Need};
use crate::http_client::{self, Chunks};
use crate::ids::CloudId;
use crate::random::random;
use crate::scope::Scopes;
use crate::store::{GrantKey, GrantRecord};

/// As much of a 401 as is read to tell a missing scope from a token that ended.
const REFUSAL_BODY: usize = 64 * 1024;

/// Header fields that are ours, or the connection's.
const OURS: [&str; 7] = [
    "authorization",
    "cookie",
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade",
];

type Answer = Response<Box<dyn Chunks>>;

/// A call in the making. Nothing happens before [`send`](Self::send), [`json`](Self::json) or
/// [`response`](Self::response).
#[must_use]
pub struct ApiRequest {
    client: Atlassian,
    method: Method,
    path: Result<String, &'static str>,
    query: String,
    headers: HeaderMap,
    body: Bytes,
    needs: Scopes,
    /// The site that is called: it decides which grant's token is used.
    site: Option<CloudId>,
}

impl fmt::Debug for ApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiRequest")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl ApiRequest {
    pub(super) fn new(client: Atlassian, method: Method, (base, path): (&str, &str)) -> Self {
        Self {
            client,
            method,
            path: path::join(base, path),
            query: String::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            needs: Scopes::new(),
            site: None,
        }
    }

    pub(super) fn at(mut self, site: Option<&CloudId>) -> Self {
        self.site = site.cloned();
        self
    }

    /// Adds parameters, encoded; may be called again.
    pub fn query<N: AsRef<str>, V: ToString>(mut self, parameters: &[(N, V)]) -> Self {
        let mut query = form_urlencoded::Serializer::new(std::mem::take(&mut self.query));
        for (name, value) in parameters {
            query.append_pair(name.as_ref(), &value.to_string());
        }
        self.query = query.finish();
        self
    }

    /// Sets a header field. `Authorization` and the connection's own fields are ours.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let field = (
            HeaderName::try_from(name.to_ascii_lowercase()),
            HeaderValue::try_from(value),
        );
        match field {
            (Ok(name), Ok(value)) if !OURS.contains(&name.as_str()) => {
                self.headers.insert(name, value);
            }
            _ => self.path = Err("a header field is not allowed, or cannot be written"),
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

    /// Sends these bytes.
    pub fn body(self, content_type: &str, body: impl Into<Bytes>) -> Self {
        let mut request = self.header(CONTENT_TYPE.as_str(), content_type);
        request.body = body.into();
        request
    }

    /// Names the scopes that the operation needs. If the grant lacks one, the call fails before it is sent, and the
    /// error can ask the visitor for exactly that; Atlassian itself does not tell what is missing.
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

    /// Makes the call. Every status of 400 and above is an error, and its body is dropped.
    ///
    /// # Errors
    ///
    /// [`ApiError`].
    pub async fn send(self) -> Result<ApiResponse, ApiError> {
        let (client, method) = (self.client.clone(), self.method.clone());
        let (mut tries, mut waited) = (0, Duration::ZERO);
        loop {
            let error = match self.checked().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let chance = random::<1>().map_or(0, |[byte]| byte);
            let state = (tries, waited, chance);
            let Some(pause) = client.waiting.pause(error.kind(), &method, state) else {
                return Err(error);
            };
            tokio::time::sleep(pause).await;
            tries += 1;
            waited += pause;
        }
    }

    async fn checked(&self) -> Result<ApiResponse, ApiError> {
        let answer = self.exchange().await?;
        let status = answer.status();
        if status.is_client_error() || status.is_server_error() {
            let now = self.client.ports.now();
            let mut kind = read::error_of(status, answer.headers(), now);
            if matches!(kind, ApiErrorKind::Forbidden | ApiErrorKind::NotFound)
                && self.is_site_gone().await
            {
                kind = ApiErrorKind::SiteGone;
            }
            return Err(self.error(kind, answer.headers()));
        }
        Ok(answer)
    }

    /// Makes the call and gives the answer whatever its status, for who wants to read the body of a refusal.
    ///
    /// # Errors
    ///
    /// [`ApiError`] if there is no token or no answer, or a scope is missing.
    pub async fn response(self) -> Result<ApiResponse, ApiError> {
        self.exchange().await
    }

    /// Whether what was refused was a site that the account reaches no more.
    async fn is_site_gone(&self) -> bool {
        let (client, site) = (&self.client, self.site.as_ref());
        match site {
            Some(site) => flow::is_gone(&client.ports, &client.holder, site).await,
            None => false,
        }
    }

    async fn exchange(&self) -> Result<ApiResponse, ApiError> {
        let key = self.key().await?;
        let grant = self.grant(&key, Need::Working).await?;
        let mut grant = self.with_scopes(grant).await?;
        let mut judged = self.tried(&grant).await?;
        if matches!(judged, Judged::LacksScope(_) | Judged::OutOfReach(_))
            && let Some(newer) = self.newer_than(&grant).await?
        {
            judged = self.tried(&newer).await?;
            grant = newer;
        }
        let unaccepted = match judged {
            Judged::Good(answer) | Judged::OutOfReach(answer) => {
                return Ok(self.response_of(*answer));
            }
            Judged::LacksScope(head) => return Err(self.lacks_scope(&head)),
            Judged::NotAccepted(head, body) => (head, body),
        };
        // Once with a newer token, never again: a token that nobody accepts must not become a storm of refreshes.
        let newer = self.grant(&key, Need::NewerThan(grant.generation)).await?;
        if newer.generation == grant.generation {
            return self.give_up(unaccepted);
        }
        match self.tried(&newer).await? {
            Judged::Good(answer) | Judged::OutOfReach(answer) => Ok(self.response_of(*answer)),
            Judged::LacksScope(head) => Err(self.lacks_scope(&head)),
            Judged::NotAccepted(head, body) => self.give_up((head, body)),
        }
    }

    async fn tried(&self, grant: &GrantRecord) -> Result<Judged, ApiError> {
        Ok(self.judged(self.once(grant).await?, grant).await)
    }

    /// The grant after a consent of which this process does not know yet: it may reach what was out of reach.
    async fn newer_than(&self, grant: &GrantRecord) -> Result<Option<Arc<GrantRecord>>, ApiError> {
        let client = &self.client;
        let stored = flow::load(&client.ports, &grant.key).await;
        let stored = stored.map_err(|error| client.error(error))?;
        if stored.generation == grant.generation {
            return Ok(None);
        }
        self.grant(&grant.key, Need::Working).await.map(Some)
    }

    fn response_of(&self, answer: Answer) -> ApiResponse {
        let (head, body) = answer.into_parts();
        ApiResponse::new(self.client.clone(), head, body)
    }

    /// The answer to a token that is as new as can be: a 403 or 404 is what it is; the rest was not for this account.
    fn give_up(&self, (head, body): Unaccepted) -> Result<ApiResponse, ApiError> {
        match body {
            Some(body) => Ok(ApiResponse::new(self.client.clone(), head, body)),
            None => {
                let status = http::StatusCode::UNAUTHORIZED;
                Err(self.error(ApiErrorKind::Refused { status }, &head.headers))
            }
        }
    }

    /// The grant whose token reaches the site; where there is none, nothing is sent.
    async fn key(&self) -> Result<GrantKey, ApiError> {
        let client = &self.client;
        let found = flow::key_for(&client.ports, &client.holder, self.site.as_ref()).await;
        let found = found.map_err(|error| client.error(error))?;
        found.ok_or_else(|| client.error(ApiErrorKind::NotFound))
    }

    async fn grant(&self, key: &GrantKey, need: Need) -> Result<Arc<GrantRecord>, ApiError> {
        let client = &self.client;
        let fresh = flow::fresh(&client.ports, key, need).await;
        fresh.map_err(|error| client.error(error))
    }

    /// The grant, if it has the scopes that the call needs; a newer consent on another instance counts.
    async fn with_scopes(&self, grant: Arc<GrantRecord>) -> Result<Arc<GrantRecord>, ApiError> {
        if grant.tokens.scopes.covers(&self.needs) {
            return Ok(grant);
        }
        let client = &self.client;
        let stored = flow::load(&client.ports, &grant.key).await;
        let stored = stored.map_err(|error| client.error(error))?;
        match self.missing(&stored) {
            None => self.grant(&grant.key, Need::Working).await,
            Some(missing) => Err(client.error(missing)),
        }
    }

    fn missing(&self, grant: &GrantRecord) -> Option<MissingScope> {
        let known = (&grant.asked, &grant.wanted);
        MissingScope::of(&self.needs, &grant.tokens.scopes, known)
    }

    async fn once(&self, grant: &GrantRecord) -> Result<Answer, ApiError> {
        let request = self.written(grant);
        let request = request.map_err(|why| self.client.error(ApiErrorKind::Misused(why)))?;
        let answer = self.client.ports.http.open(request).await;
        answer.map_err(|error| {
            tracing::warn!(target: "threelo", %error, "no answer to a call");
            let kind = ApiErrorKind::Unavailable { retry_after: None };
            self.client.error(kind)
        })
    }

    fn written(&self, grant: &GrantRecord) -> Result<Request<Bytes>, &'static str> {
        const UNWRITABLE: &str = "the call cannot be written";
        let path = self.path.as_deref().map_err(|why| *why)?;
        let origin = self.client.ports.config.environment.api_origin();
        let mut url = Url::parse(&format!("{origin}{path}")).map_err(|_why| UNWRITABLE)?;
        // What the address became must be what was checked.
        if url.path() != path {
            return Err("the path is not in its plain form");
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
        *request.uri_mut() = url.as_str().parse().map_err(|_why| UNWRITABLE)?;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.extend(self.headers.clone());
        headers.insert(AUTHORIZATION, bearer);
        Ok(request)
    }

    async fn judged(&self, answer: Answer, grant: &GrantRecord) -> Judged {
        let says = read::about_token(answer.status(), answer.headers());
        let (head, mut body) = answer.into_parts();
        let lacks_scope = match says {
            TokenSays::Fine => return Judged::Good(whole((head, body))),
            // Some endpoints say so to a token that has ended: the clock decides.
            TokenSays::Perhaps if !grant.tokens.is_due(self.client.ports.now(), 0) => {
                return Judged::OutOfReach(whole((head, body)));
            }
            TokenSays::Perhaps => return Judged::NotAccepted(head, Some(body)),
            TokenSays::NotAccepted => false,
            TokenSays::LacksScope => true,
            TokenSays::AskBody => {
                let text = http_client::read(&mut *body, REFUSAL_BODY).await;
                text.is_ok_and(|text| read::tells_of_scope(&text))
            }
        };
        if lacks_scope {
            Judged::LacksScope(head)
        } else {
            Judged::NotAccepted(head, None)
        }
    }

    fn lacks_scope(&self, head: &http::response::Parts) -> ApiError {
        let missing = MissingScope {
            scopes: self.needs.clone(),
            ..MissingScope::unnamed()
        };
        self.error(missing.into(), &head.headers)
    }

    fn error(&self, kind: ApiErrorKind, headers: &HeaderMap) -> ApiError {
        self.client.error(kind).traced(read::trace_id(headers))
    }
}

type Unaccepted = (http::response::Parts, Option<Box<dyn Chunks>>);

/// What an answer says about the token that it was given.
enum Judged {
    Good(Box<Answer>),
    /// With its body where the answer may be meant as it is.
    NotAccepted(http::response::Parts, Option<Box<dyn Chunks>>),
    LacksScope(http::response::Parts),
    /// 403 or 404 to a token that is good.
    OutOfReach(Box<Answer>),
}

fn whole((head, body): (http::response::Parts, Box<dyn Chunks>)) -> Box<Answer> {
    Box::new(Response::from_parts(head, body))
}
