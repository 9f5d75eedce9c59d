//! The APIs to which calls are made.

use std::sync::Arc;

use http::Method;

use crate::atlassian::client::ApiClient;
use crate::atlassian::link;
use crate::atlassian::request::ApiRequest;
use crate::ids::CloudId;
use crate::provider::site::Site;

impl ApiClient {
    /// Jira at a site: paths such as `/rest/api/3/myself`, `/rest/agile/1.0/board` and
    /// `/rest/servicedeskapi/request` (`docs/protocol.md`, section 6.1).
    pub fn jira(&self, site: &Site) -> Api<'_> {
        self.product("jira", site)
    }

    /// Confluence at a site: paths such as `/wiki/api/v2/pages`, which need granular scopes.
    pub fn confluence(&self, site: &Site) -> Api<'_> {
        self.product("confluence", site)
    }

    /// A product at a site. The grant is chosen by the site.
    pub(crate) fn product(&self, name: &str, site: &Site) -> Api<'_> {
        Api {
            client: self,
            base: format!("/ex/{name}/{}", site.id),
            site: Some(site.id.clone()),
            site_url: site.url.clone(),
        }
    }

    /// Any other API of the gateway, under a base path such as `/jsm/ops/api`; `/` is the gateway itself.
    /// Without a site, the newest grant of the account that gives tokens is used.
    pub fn api(&self, base: impl Into<String>) -> Api<'_> {
        let base = base.into();
        Api {
            client: self,
            base: base.trim_end_matches('/').to_owned(),
            site: None,
            site_url: None,
        }
    }
}

/// One API: a base path, to which calls are made. Nothing is sent before a request is.
///
/// ```no_run
/// # async fn rename(atlassian: threelo::ApiClient, site: threelo::Site, key: &str) -> Result<(), threelo::ApiError> {
/// use threelo::atlassian::segment;
///
/// let jira = atlassian.jira(&site);
/// let path = format!("/rest/api/3/issue/{}", segment(key));
/// let change = serde_json::json!({ "fields": { "summary": "A better name" } });
/// jira.put(&path).needs(["write:jira-work"]).body_json(&change).send().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Api<'a> {
    /// The client that makes the calls.
    client: &'a ApiClient,
    /// The path of the API below the gateway, without a slash at its end.
    base: String,
    /// The site, which decides whose token is used.
    site: Option<CloudId>,
    /// The address of the site, in which links of its answers are written.
    site_url: Option<Arc<str>>,
}

impl Api<'_> {
    /// A call with any method. The path begins with a slash and stays below the base: `..`, `//host`, whole
    /// addresses and their encoded forms are refused when the call is sent. Texts of users go through
    /// [`segment`](crate::atlassian::segment), parameters through [`query`](ApiRequest::query).
    pub fn request(&self, method: Method, path: impl AsRef<str>) -> ApiRequest {
        ApiRequest::new(self.client.clone(), method, &self.base, path.as_ref())
            .at(self.site.as_ref())
    }

    /// A `GET` call; see [`request`](Self::request). It may be repeated after an outage if the client has a
    /// [`RetryPolicy`](crate::atlassian::RetryPolicy).
    pub fn get(&self, path: impl AsRef<str>) -> ApiRequest {
        self.request(Method::GET, path)
    }

    /// A `GET` call to an address that an answer of this API gave, such as `nextPage`, `self` and `_links.next`: a path, or an
    /// address of the site or of the gateway. One that leads to another host, or on the gateway to another site or API, is refused when the call is
    /// sent.
    ///
    /// ```no_run
    /// # async fn all(atlassian: threelo::ApiClient, site: threelo::Site) -> Result<usize, threelo::ApiError> {
    /// let confluence = atlassian.confluence(&site);
    /// let mut page: serde_json::Value = confluence.get("/wiki/api/v2/pages").json().await?;
    /// let mut count = 0;
    /// loop {
    ///     count += page["results"].as_array().map_or(0, Vec::len);
    ///     let Some(next) = page["_links"]["next"].as_str() else {
    ///         return Ok(count);
    ///     };
    ///     page = confluence.follow(next).json().await?;
    /// }
    /// # }
    /// ```
    pub fn follow(&self, link: impl AsRef<str>) -> ApiRequest {
        let gateway = self.client.ports.config.environment.api_origin();
        let site = self.site_url.as_deref();
        match link::within(&self.base, gateway, site, link.as_ref()) {
            Ok((path, query)) => self.get(path).written_query(query.map(str::to_owned)),
            Err(why) => self.get("/").misused(why),
        }
    }

    /// A `POST` call; see [`request`](Self::request).
    pub fn post(&self, path: impl AsRef<str>) -> ApiRequest {
        self.request(Method::POST, path)
    }

    /// A `PUT` call; see [`request`](Self::request).
    pub fn put(&self, path: impl AsRef<str>) -> ApiRequest {
        self.request(Method::PUT, path)
    }

    /// A `DELETE` call; see [`request`](Self::request).
    pub fn delete(&self, path: impl AsRef<str>) -> ApiRequest {
        self.request(Method::DELETE, path)
    }
}
