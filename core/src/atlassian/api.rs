//! The APIs to which calls are made.

use http::Method;

use crate::atlassian::client::ApiClient;
use crate::atlassian::request::ApiRequest;
use crate::ids::CloudId;
use crate::provider::site::Site;

impl ApiClient {
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
