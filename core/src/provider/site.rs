//! Sites: the tenants of Atlassian Cloud that a grant reaches (docs/protocol.md section 4).

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::environment::Environment;
use crate::ids::CloudId;
use crate::message::{cleaned, https_only, is_html};
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

/// As JSON: `id`, `name`, `url`, `avatar_url` and `scopes`, so that a handler can answer with `Json(site)`.
impl Serialize for Site {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut site = serializer.serialize_struct("Site", 5)?;
        site.serialize_field("id", self.id.as_str())?;
        site.serialize_field("name", &*self.name)?;
        site.serialize_field("url", &self.url.as_deref())?;
        site.serialize_field("avatar_url", &self.avatar_url.as_deref())?;
        site.serialize_field("scopes", &self.scopes.iter().collect::<Vec<_>>())?;
        site.end()
    }
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

    /// Whether `wish` names this site: by cloud id, by host, or by any address below it as people copy it from a browser, whatever
    /// its scheme, port and case.
    ///
    /// ```
    /// use threelo::{CloudId, Site};
    ///
    /// # fn main() -> Result<(), threelo::InvalidId> {
    /// let mut site = Site::new(CloudId::parse("11223344-a1b2-4b33-8444-def123456789")?, "Aurora");
    /// site.url = Some("https://aurora.atlassian.net".into());
    ///
    /// assert!(site.is_called("https://Aurora.atlassian.net/jira/projects?page=2"));
    /// assert!(site.is_called("11223344-A1B2-4B33-8444-DEF123456789"));
    /// assert!(!site.is_called("aurora"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_called(&self, wish: &str) -> bool {
        let Some(wish) = site_name(wish) else {
            return false;
        };
        let is_host = |url: &Arc<str>| site_name(url).is_some_and(|host| host == wish);
        self.id.as_str().eq_ignore_ascii_case(&wish) || self.url.as_ref().is_some_and(is_host)
    }
}

/// The name of a site in what people write or paste: a cloud id, or the host of an address, in lower case. `None` if the text can
/// name no site: what a stranger writes into an address is never shown as words (docs/attacks.md T015).
pub(crate) fn site_name(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    if CloudId::parse(&text).is_ok() {
        return Some(text);
    }
    let scheme = ["https://", "http://"];
    let address = scheme.iter().find_map(|scheme| text.strip_prefix(scheme));
    let authority = address.unwrap_or(&text).split(['/', '?', '#']).next()?;
    let host = match authority.split_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => host,
        Some(_no_port) => return None,
        None => authority,
    };
    let host = host.strip_suffix('.').unwrap_or(host);
    let is_label = |label: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(is_plain)
    };
    let is_host = host.contains('.') && host.len() <= 253 && host.split('.').all(is_label);
    is_host.then(|| host.to_owned())
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

/// The sites, and what was odd about the response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SitesResponse {
    /// The sites, sorted by name, because the order of the response has no meaning; at most 500.
    pub sites: Vec<Site>,
    /// How many entries could not be read as a site and were left out.
    pub unreadable: usize,
    /// Whether there were more than 500 sites, so that some were left out.
    pub is_cut: bool,
}

/// The most sites of an account: they are part of its grant, which is read whole.
pub(crate) const MOST_SITES: usize = 500;

/// Reads the list of sites. An empty list is not an error (docs/protocol.md section 4.2).
///
/// Entries with the same id are one site with the scopes of all of them: a site with two products may be listed twice
/// (docs/protocol.md section 4.1). One entry costs the others nothing: without a valid id, or with an address that is not https, it
/// is left out; any other member of another type than the documentation says counts as missing.
///
/// # Errors
///
/// [`SitesError`], by status and shape. If nothing but entries without the text `id` is left, the list is malformed, and not empty: an
/// empty one would mean that the sites are gone.
pub fn from_response(response: &Response<Bytes>) -> Result<SitesResponse, SitesError> {
    match response.status() {
        StatusCode::OK => {}
        // A page is that of a proxy or a firewall on the way.
        status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) if !is_html(response) => {
            return Err(SitesError::Refused(status));
        }
        other => return Err(SitesError::Status(other)),
    }
    let entries: Vec<Value> =
        serde_json::from_slice(response.body()).map_err(SitesError::Malformed)?;
    let count = entries.len();
    let mut unread = None;
    let read = |entry| {
        Wire::deserialize(entry)
            .map_err(|error| unread = Some(error))
            .ok()
    };
    let wires: Vec<Wire> = entries.into_iter().filter_map(read).collect();
    let sites: Vec<Site> = wires.into_iter().filter_map(Wire::into_site).collect();
    if let (Some(error), true) = (unread, sites.is_empty()) {
        return Err(SitesError::Malformed(error));
    }
    let unreadable = count - sites.len();
    let (sites, is_cut) = merged_of(sites);
    Ok(SitesResponse {
        sites,
        unreadable,
        is_cut,
    })
}

/// Each site once, with the scopes of all its entries, sorted by name and id. After 500 different sites, further ones
/// are dropped. Name and address are those of the first entry.
pub(crate) fn merged(entries: impl IntoIterator<Item = Site>) -> Vec<Site> {
    merged_of(entries).0
}

/// The same, and whether any was dropped.
fn merged_of(entries: impl IntoIterator<Item = Site>) -> (Vec<Site>, bool) {
    let mut places: HashMap<CloudId, usize> = HashMap::new();
    let (mut sites, mut is_cut) = (Vec::<Site>::new(), false);
    for site in entries {
        if let Some(known) = places.get(&site.id).and_then(|place| sites.get_mut(*place)) {
            known.scopes = known.scopes.union(&site.scopes);
        } else if sites.len() < MOST_SITES {
            places.insert(site.id.clone(), sites.len());
            sites.push(site);
        } else {
            is_cut = true;
        }
    }
    sites.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    (sites, is_cut)
}

/// An entry of the response. Unknown members are ignored.
#[derive(Deserialize)]
struct Wire {
    id: String,
    #[serde(default)]
    name: Value,
    #[serde(default)]
    url: Value,
    #[serde(default, rename = "avatarUrl")]
    avatar_url: Value,
    #[serde(default)]
    scopes: Value,
}

impl Wire {
    /// The entry as a site, with checked texts; `None` if the id is not a UUID, or if the address is not an https one: a
    /// site of Atlassian's has no other, and visitors are sent there.
    fn into_site(self) -> Option<Site> {
        let id = CloudId::parse(&self.id).ok()?;
        let has_url = !self.url.is_null();
        let url = https_only(text(self.url));
        if has_url && url.is_none() {
            return None;
        }
        let url = url.map(|url| url.trim_end_matches('/').into());
        Some(Site {
            name: cleaned(text(self.name), 256).unwrap_or_else(|| id.as_str().into()),
            avatar_url: https_only(text(self.avatar_url)),
            scopes: scopes(self.scopes),
            url,
            id,
        })
    }
}

/// A text; anything else counts as missing.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The texts of a list, or the words of a text, as the token endpoint writes scopes. Anything else is no scope.
fn scopes(value: Value) -> Scopes {
    match value {
        Value::Array(entries) => entries.into_iter().filter_map(text).collect(),
        Value::String(words) => Scopes::parse(&words),
        _ => Scopes::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &'static str) -> SitesResponse {
        from_response(&Response::new(Bytes::from_static(body.as_bytes()))).unwrap()
    }

    #[test]
    fn a_site_is_json_for_a_handler() {
        let mut site =
            read(r#"[{"id":"11111111-aaaa-4aaa-8aaa-111111111111","name":"A","scopes":["x"]}]"#)
                .sites;
        let json = serde_json::to_value(site.remove(0)).unwrap();
        let expected = serde_json::json!({
            "id": "11111111-aaaa-4aaa-8aaa-111111111111",
            "name": "A",
            "url": null,
            "avatar_url": null,
            "scopes": ["x"],
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn an_odd_entry_costs_the_others_nothing() {
        let read = read(
            r#"[null, 7, {"id": 5}, {"name": "No id"},
                {"id":"11111111-1111-1111-1111-111111111111","name":["x"],"url":"https://a.atlassian.net","scopes":null,"avatarUrl":{}},
                {"id":"22222222-2222-2222-2222-222222222222","name":"Beta","url":7},
                {"id":"33333333-3333-3333-3333-333333333333","name":"Gamma","scopes":["read:jira-work", 7, null]},
                {"id":"44444444-4444-4444-4444-444444444444","name":"Zeta","scopes":"read:jira-work write:jira-work"}]"#,
        );

        let names: Vec<&str> = read.sites.iter().map(|site| &*site.name).collect();
        let scopes: Vec<String> = read
            .sites
            .iter()
            .map(|site| site.scopes.to_string())
            .collect();
        assert_eq!(
            names,
            ["11111111-1111-1111-1111-111111111111", "Gamma", "Zeta"]
        );
        assert_eq!(
            scopes,
            ["", "read:jira-work", "read:jira-work write:jira-work"]
        );
        assert_eq!(read.unreadable, 5);
    }

    #[test]
    fn a_list_of_nothing_that_can_be_read_is_not_an_empty_one() {
        let of =
            |body: &'static str| from_response(&Response::new(Bytes::from_static(body.as_bytes())));
        for unreadable in [
            "[null]",
            r#"[{"id": 7}]"#,
            r#"[{"name": "x"}, {"id": "../me"}]"#,
        ] {
            let read = of(unreadable);
            assert!(matches!(read, Err(SitesError::Malformed(_))), "{read:?}");
        }
        assert!(of("[]").unwrap().sites.is_empty());
    }

    const LIST: &str = r#"[
        {"id":"11111111-1111-1111-1111-111111111111","name":"Zeta","url":"https://zeta.atlassian.net","scopes":["read:jira-work"]},
        {"id":"22222222-2222-2222-2222-222222222222","name":"Alpha","url":"http://169.254.169.254/"},
        {"id":"33333333-3333-3333-3333-333333333333","name":"Beta"},
        {"id":"../../me","name":"Evil"},
        {"id":"11111111-1111-1111-1111-111111111111","name":"Zeta","scopes":["read:page:confluence"]}]"#;

    #[test]
    fn entries_of_one_id_are_one_site_with_all_scopes() {
        let sites = read(LIST).sites;

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
        let sites = read(LIST).sites;

        for wish in [
            "https://zeta.atlassian.net/",
            "Zeta.atlassian.net",
            "11111111-1111-1111-1111-111111111111",
            "http://zeta.atlassian.net",
            "HTTPS://ZETA.ATLASSIAN.NET:443/jira/software/projects/OPS/boards/7?filter=a b#top",
            "zeta.atlassian.net/wiki/home",
            "zeta.atlassian.net.",
            " zeta.atlassian.net ",
        ] {
            assert!(sites[1].is_called(wish), "{wish}");
        }
        for wish in [
            "",
            "zeta",
            "https://zeta.atlassian.net@evil.example/",
            "https://zeta.atlassian.net.evil.example/",
            "https://evil.example/zeta.atlassian.net",
            "ftp://zeta.atlassian.net",
            "zeta.atlassian.net:x",
        ] {
            assert!(
                !sites[1].is_called(wish) && !sites[0].is_called(wish),
                "{wish}"
            );
        }
    }

    #[test]
    fn a_page_with_401_or_403_does_not_say_that_the_token_was_refused() {
        for status in [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN] {
            let answer = |kind: &'static str| {
                let answer = Response::builder()
                    .status(status)
                    .header("content-type", kind);
                from_response(&answer.body(Bytes::new()).unwrap())
            };
            assert!(matches!(answer("text/html"), Err(SitesError::Status(_))));
            assert!(matches!(
                answer("application/json"),
                Err(SitesError::Refused(_))
            ));
        }
    }
}
