//! Which Atlassian: the addresses that belong together.

use url::Url;

/// The hosts and the audience of one Atlassian environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    pub(crate) name: &'static str,
    pub(crate) auth: String,
    pub(crate) api: String,
    pub(crate) audience: String,
}

impl Environment {
    /// Atlassian Cloud: `auth.atlassian.com` and `api.atlassian.com`.
    pub fn cloud() -> Self {
        Self::fixed("cloud", "auth.atlassian.com", "api.atlassian.com")
    }

    /// Atlassian Government Cloud (FedRAMP Moderate); the app is registered in its own console.
    pub fn us_gov() -> Self {
        Self::fixed(
            "us-gov",
            "auth.atlassian-us-gov-mod.com",
            "api.atlassian-us-gov-mod.com",
        )
    }

    /// Addresses of your own, for the sandbox or a proxy: origins such as `http://127.0.0.1:9400`.
    ///
    /// Plain http is accepted for loopback only; [`build`](crate::AuthBuilder::build) says so otherwise.
    pub fn custom(auth: impl Into<String>, api: impl Into<String>) -> Self {
        Self {
            name: "custom",
            auth: auth.into().trim_end_matches('/').to_owned(),
            api: api.into().trim_end_matches('/').to_owned(),
            audience: "api.atlassian.com".to_owned(),
        }
    }

    fn fixed(name: &'static str, auth: &str, api: &str) -> Self {
        Self {
            name,
            auth: format!("https://{auth}"),
            api: format!("https://{api}"),
            audience: api.to_owned(),
        }
    }

    /// The origin of the authorization server, e.g. `https://auth.atlassian.com`.
    pub fn auth_origin(&self) -> &str {
        &self.auth
    }

    /// The origin of the API gateway, e.g. `https://api.atlassian.com`.
    pub fn api_origin(&self) -> &str {
        &self.api
    }

    /// What stands as the environment in stored keys: the issuer's origin.
    pub fn key(&self) -> &str {
        &self.auth
    }
}

/// Reads an origin: http(s) scheme, host, optional port, and nothing else.
pub(crate) fn parse_origin(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && !text.contains(['@', '?', '#', '\\', '*'])
        && matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some_and(|host| !host.ends_with('.'));
    bare.then_some(url)
}

/// Whether the host is this machine, for which plain http is accepted.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// `scheme://host[:port]` as browsers write it in `Origin`.
pub(crate) fn origin_text(url: &Url) -> String {
    url.origin().ascii_serialization()
}
