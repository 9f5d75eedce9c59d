//! The client for Atlassian's APIs, with a token that works.
//!
//! ```no_run
//! # async fn board(atlassian: threelo::ApiClient, site: threelo::Site) -> Result<(), threelo::ApiError> {
//! let found: serde_json::Value = atlassian
//!     .jira(&site)
//!     .get("/rest/api/3/search/jql")
//!     .query(&[("jql", "assignee = currentUser()")])
//!     .json()
//!     .await?;
//! # Ok(())
//! # }
//! ```

mod classify;
mod error;
mod path;
mod rate_limit;
mod request;
mod response;
mod retry;
mod send;

pub use self::error::ApiError;
pub use self::path::segment;
pub use self::request::ApiRequest;
pub use self::response::ApiResponse;
pub use self::retry::RetryPolicy;

use std::fmt;
use std::sync::Arc;

use http::Method;

use crate::error::{ApiErrorKind, Render};
use crate::grant::Holder;
use crate::ids::AccountId;
use crate::ids::CloudId;
use crate::ports::Ports;
use crate::provider::site::Site;

/// Atlassian's APIs on behalf of one account. Cheap to clone.
///
/// Every call uses a token that works: it is refreshed before its end, once for all who wait, and once more if Atlassian
/// does not accept it. The token goes to the API gateway of the configured environment and nowhere else.
#[derive(Clone)]
pub struct ApiClient {
    ports: Arc<Ports>,
    holder: Holder,
    visitor: Option<Arc<dyn Render>>,
    retry: RetryPolicy,
}

impl fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiClient").finish_non_exhaustive()
    }
}

impl ApiClient {
    pub(crate) fn new(ports: Arc<Ports>, holder: Holder, visitor: Option<Arc<dyn Render>>) -> Self {
        Self {
            ports,
            holder,
            visitor,
            retry: RetryPolicy::none(),
        }
    }

    /// The account on whose behalf calls are made.
    pub fn account_id(&self) -> &AccountId {
        &self.holder.account
    }

    /// Waits when Atlassian asks for fewer calls, instead of failing at once. For jobs; visitors should not wait.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Jira at a site: paths such as `/rest/api/3/myself` and `/rest/agile/1.0/board`.
    pub fn jira(&self, site: &Site) -> Api<'_> {
        self.product("jira", site)
    }

    /// Confluence at a site: paths such as `/wiki/api/v2/pages`.
    pub fn confluence(&self, site: &Site) -> Api<'_> {
        self.product("confluence", site)
    }

    pub(crate) fn product(&self, name: &str, site: &Site) -> Api<'_> {
        Api {
            client: self,
            base: format!("/ex/{name}/{}", site.id),
            site: Some(site.id.clone()),
        }
    }

    /// Any other API of the gateway, under a base path such as `/jsm/ops/api`; `/` is the gateway itself.
    pub fn api(&self, base: impl Into<String>) -> Api<'_> {
        let base = base.into();
        Api {
            client: self,
            base: base.trim_end_matches('/').to_owned(),
            site: None,
        }
    }

    fn error(&self, kind: impl Into<ApiErrorKind>) -> ApiError {
        ApiError::new(kind.into(), self.visitor.clone())
    }
}

/// One API: a base path, to which calls are made.
#[derive(Clone, Debug)]
pub struct Api<'a> {
    client: &'a ApiClient,
    base: String,
    site: Option<CloudId>,
}

impl Api<'_> {
    /// A call. The path begins with a slash and stays below the base: `..`, `//host`, whole addresses and their encoded
    /// forms are refused when the call is sent. Texts of users go through [`segment`]; parameters through
    /// [`query`](ApiRequest::query).
    pub fn request(&self, method: Method, path: impl AsRef<str>) -> ApiRequest {
        ApiRequest::new(self.client.clone(), method, &self.base, path.as_ref())
            .at(self.site.as_ref())
    }

    /// A `GET`.
    pub fn get(&self, path: impl AsRef<str>) -> ApiRequest {
        self.request(Method::GET, path)
    }

    /// A `POST`.
    pub fn post(&self, path: impl AsRef<str>) -> ApiRequest {
        self.request(Method::POST, path)
    }

    /// A `PUT`.
    pub fn put(&self, path: impl AsRef<str>) -> ApiRequest {
        self.request(Method::PUT, path)
    }

    /// A `DELETE`.
    pub fn delete(&self, path: impl AsRef<str>) -> ApiRequest {
        self.request(Method::DELETE, path)
    }
}
