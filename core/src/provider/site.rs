//! Sites: the tenants that a grant reaches.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::Deserialize;

use crate::environment::Environment;
use crate::ids::CloudId;
use crate::message::{cleaned, https_only};
use crate::scope::Scopes;
use crate::secret::AccessToken;

/// One site of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Site {
    /// The id under which the gateway knows the site.
    pub id: CloudId,
    /// The name to show; at most 256 bytes.
    pub name: Arc<str>,
    /// The address that people know, e.g. `https://example.atlassian.net`; https only.
    pub url: Option<Arc<str>>,
    /// The address of the site's picture; https only.
    pub avatar_url: Option<Arc<str>>,
    /// The product scopes granted there.
    pub scopes: Scopes,
}

impl Site {
    /// A site without address, picture and scopes, for tests of an app: its handlers take a site.
    ///
    /// ```
    /// use threelo::{CloudId, Site};
    ///
    /// # fn main() -> Result<(), threelo::InvalidId> {
    /// let site = Site::new(CloudId::parse("11223344-a1b2-4b33-8444-def123456789")?, "Aurora");
    /// assert_eq!(&*site.name, "Aurora");
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(id: CloudId, name: impl Into<Arc<str>>) -> Self {
        Self {
            id,
            name: name.into(),
            url: None,
            avatar_url: None,
            scopes: Scopes::new(),
        }
    }

    /// Whether `wish` names this site: by cloud id, by url or by host, ASCII case aside.
    pub fn is_called(&self, wish: &str) -> bool {
        if self.id.as_str().eq_ignore_ascii_case(wish) {
            return true;
        }
        let Some(url) = &self.url else { return false };
        let host = |text: &str| {
            text.trim_start_matches("https://")
                .trim_end_matches('/')
                .to_ascii_lowercase()
        };
        host(url) == host(wish)
    }
}

/// Why the sites could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SitesError {
    /// 401 or 403: the token was refused.
    #[error("the token was refused with status {0}")]
    Refused(StatusCode),
    /// Another status.
    #[error("the sites were answered with status {0}")]
    Status(StatusCode),
    /// Not a list of sites.
    #[error("the sites answer is malformed")]
    Malformed(#[source] serde_json::Error),
}

/// `GET /oauth/token/accessible-resources`.
///
/// # Errors
///
/// [`http::Error`] when the token cannot stand in a header.
pub fn request(
    environment: &Environment,
    token: &AccessToken,
) -> Result<Request<Bytes>, http::Error> {
    crate::message::bearer(environment, "/oauth/token/accessible-resources", token)
}

/// Reads the list: entries of one id are one site with all their scopes; entries without a valid id are left out;
/// at most 500 are kept. Sorted by name, because the order of the answer means nothing.
///
/// # Errors
///
/// [`SitesError`], by status and shape.
pub fn from_response(response: &Response<Bytes>) -> Result<Vec<Site>, SitesError> {
    match response.status() {
        StatusCode::OK => {}
        status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
            return Err(SitesError::Refused(status));
        }
        other => return Err(SitesError::Status(other)),
    }
    let entries: Vec<Wire> =
        serde_json::from_slice(response.body()).map_err(SitesError::Malformed)?;
    Ok(merged(entries.into_iter().filter_map(Wire::into_site)))
}

/// Each site once, with the scopes of all its entries; 500 at most, sorted by name.
pub(crate) fn merged(entries: impl IntoIterator<Item = Site>) -> Vec<Site> {
    let mut sites: Vec<Site> = Vec::new();
    for site in entries {
        if let Some(known) = sites.iter_mut().find(|known| known.id == site.id) {
            known.scopes = known.scopes.union(&site.scopes);
        } else if sites.len() < 500 {
            sites.push(site);
        }
    }
    sites.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    sites
}

#[derive(Deserialize)]
struct Wire {
    id: String,
    name: Option<String>,
    url: Option<String>,
    #[serde(rename = "avatarUrl")]
    avatar_url: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
}

impl Wire {
    fn into_site(self) -> Option<Site> {
        let id = CloudId::parse(&self.id).ok()?;
        let url = https_only(self.url).map(|url| url.trim_end_matches('/').into());
        Some(Site {
            name: cleaned(self.name, 256).unwrap_or_else(|| id.as_str().into()),
            avatar_url: https_only(self.avatar_url),
            scopes: self.scopes.into_iter().collect(),
            url,
            id,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"[
        {"id":"11111111-1111-1111-1111-111111111111","name":"Zeta","url":"https://zeta.atlassian.net","scopes":["read:jira-work"]},
        {"id":"22222222-2222-2222-2222-222222222222","name":"Alpha","url":"http://169.254.169.254/"},
        {"id":"../../me","name":"Evil"},
        {"id":"11111111-1111-1111-1111-111111111111","name":"Zeta","scopes":["read:page:confluence"]}]"#;

    #[test]
    fn entries_of_one_id_are_one_site_with_all_scopes() {
        let sites = from_response(&Response::new(Bytes::from_static(LIST.as_bytes()))).unwrap();

        assert_eq!(
            sites.iter().map(|site| &*site.name).collect::<Vec<_>>(),
            ["Alpha", "Zeta"]
        );
        assert_eq!(
            sites[1].scopes.to_string(),
            "read:jira-work read:page:confluence"
        );
        assert_eq!(sites[0].url, None);
    }

    #[test]
    fn a_site_is_known_by_id_url_and_host() {
        let sites = from_response(&Response::new(Bytes::from_static(LIST.as_bytes()))).unwrap();

        for wish in [
            "https://zeta.atlassian.net/",
            "Zeta.atlassian.net",
            "11111111-1111-1111-1111-111111111111",
        ] {
            assert!(sites[1].is_called(wish), "{wish}");
        }
        assert!(!sites[0].is_called(""));
    }
}
