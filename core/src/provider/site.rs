//! Sites: the tenants of Atlassian Cloud that a grant reaches (docs/protocol.md section 4).

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::Deserialize;

use crate::environment::Environment;
use crate::ids::CloudId;
use crate::message::{cleaned, https_only};
use crate::scope::Scopes;
use crate::secret::AccessToken;

/// One site that a grant reaches.
///
/// That a site is listed says nothing about what the user may do there: a call can still be answered with 403.
///
/// ```
/// use threelo::Site;
///
/// fn heading(site: &Site) -> String {
///     match &site.url {
///         Some(url) => format!("{} ({url})", site.name),
///         None => site.name.to_string(),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Site {
    /// The id by which the API gateway addresses the site.
    pub id: CloudId,
    /// The name to show: at most 256 bytes without control characters. Escape it in HTML. A site without a name has its
    /// id here.
    pub name: Arc<str>,
    /// The address that people know, e.g. `https://example.atlassian.net`: https, without a slash at the end. API calls
    /// do not go there, because it refuses tokens of 3LO apps (docs/protocol.md section 6.1).
    pub url: Option<Arc<str>>,
    /// The address of the site's picture, always https.
    pub avatar_url: Option<Arc<str>>,
    /// The product scopes that were granted for the site. `read:me` and `offline_access` are never among them.
    pub scopes: Scopes,
}

impl Site {
    /// A site without address, picture and scopes, for tests of handlers that take a site.
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

    /// Whether `wish` names this site, by cloud id, address or host. Case and a slash at the end do not matter.
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

/// Why the list of sites could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SitesError {
    /// 401 or 403: the token was refused. Both occur after a user removed the app (docs/protocol.md section 4.3).
    #[error("the token was refused with status {0}")]
    Refused(StatusCode),
    /// Another status than 200.
    #[error("the request for the sites was answered with status {0}")]
    Status(StatusCode),
    /// The body is not a JSON array of sites.
    #[error("the list of sites is malformed")]
    Malformed(#[source] serde_json::Error),
}

/// `GET /oauth/token/accessible-resources` with a bearer token.
///
/// # Errors
///
/// [`http::Error`] if the token contains characters that a header field must not contain.
pub fn request(
    environment: &Environment,
    token: &AccessToken,
) -> Result<Request<Bytes>, http::Error> {
    crate::message::bearer(environment, "/oauth/token/accessible-resources", token)
}

/// Reads the list of sites. An empty list is not an error (docs/protocol.md section 4.2).
///
/// Entries with the same id are one site with the scopes of all of them: a site with two products may be listed twice
/// (docs/protocol.md section 4.1). Entries without a valid id, and entries with an address that is not https, are left out. The result is sorted by name, because the
/// order of the response has no meaning, and has at most 500 sites.
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

/// Each site once, with the scopes of all its entries, sorted by name and id. After 500 different sites, further ones
/// are dropped. Name and address are those of the first entry.
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

/// An entry of the response. Unknown members are ignored.
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
    /// The entry as a site, with checked texts; `None` if the id is not a UUID, or if the address is not an https one: a
    /// site of Atlassian's has no other, and visitors are sent there.
    fn into_site(self) -> Option<Site> {
        let id = CloudId::parse(&self.id).ok()?;
        let has_url = self.url.is_some();
        let url = https_only(self.url);
        if has_url && url.is_none() {
            return None;
        }
        let url = url.map(|url| url.trim_end_matches('/').into());
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
        {"id":"33333333-3333-3333-3333-333333333333","name":"Beta"},
        {"id":"../../me","name":"Evil"},
        {"id":"11111111-1111-1111-1111-111111111111","name":"Zeta","scopes":["read:page:confluence"]}]"#;

    #[test]
    fn entries_of_one_id_are_one_site_with_all_scopes() {
        let sites = from_response(&Response::new(Bytes::from_static(LIST.as_bytes()))).unwrap();

        assert_eq!(
            sites.iter().map(|site| &*site.name).collect::<Vec<_>>(),
            ["Beta", "Zeta"],
            "no site whose address is not https"
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
