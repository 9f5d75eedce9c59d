//! The addresses of an Atlassian environment, which belong together (docs/protocol.md section 13.1).

use url::Url;

/// The hosts and the audience of one Atlassian environment.
///
/// All requests with secrets go to these two origins and to no other. The origin of the authorization server is also a
/// part of the keys of stored sessions and grants, so that environments never share them.
///
/// ```
/// use threelo::{Auth, Credentials, Environment};
///
/// # fn main() -> Result<(), threelo::BuildError> {
/// let sandbox = Environment::custom("http://127.0.0.1:9400", "http://127.0.0.1:9400");
/// let auth = Auth::builder(Credentials::new("my-client-id", "my-secret"), "http://localhost:3000")
///     .environment(sandbox)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    pub(crate) name: &'static str,
    pub(crate) auth: String,
    pub(crate) api: String,
    pub(crate) audience: String,
}

impl Environment {
    /// Atlassian Cloud: `auth.atlassian.com` and `api.atlassian.com`. The default of the builders.
    pub fn cloud() -> Self {
        Self::fixed("cloud", "auth.atlassian.com", "api.atlassian.com")
    }

    /// Atlassian Government Cloud (FedRAMP Moderate). The app must be registered in the developer console of that
    /// environment: credentials of Atlassian Cloud do not work there.
    pub fn us_gov() -> Self {
        Self::fixed(
            "us-gov",
            "auth.atlassian-us-gov-mod.com",
            "api.atlassian-us-gov-mod.com",
        )
    }

    /// Addresses of your own, for the sandbox or a proxy: origins such as `http://127.0.0.1:9400`, with or without a
    /// slash at the end. The audience remains `api.atlassian.com`.
    ///
    /// Nothing is checked here: [`build`](crate::AuthBuilder::build) refuses anything but an origin, and plain http for
    /// hosts other than loopback (docs/attacks.md T147, T149).
    pub fn custom(auth: impl Into<String>, api: impl Into<String>) -> Self {
        Self {
            name: "custom",
            auth: auth.into().trim_end_matches('/').to_owned(),
            api: api.into().trim_end_matches('/').to_owned(),
            audience: "api.atlassian.com".to_owned(),
        }
    }

    /// An environment of Atlassian's, whose audience is the name of its API host.
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

    /// The name of the environment in stored keys: the origin of the authorization server. Moving an app to another
    /// address of that server therefore starts without sessions and grants.
    pub fn key(&self) -> &str {
        &self.auth
    }
}

/// Reads an origin: scheme (`http` or `https`), host, optional port, and at most a slash at the end.
///
/// Refuses user names, paths, queries, fragments, wildcards, backslashes and hosts with a dot at the end. Some of these
/// are checked on the text, because the parser hides them: it drops an empty user name, and reads `\` as `/`.
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

/// Whether the host is this machine, for which plain http is accepted: `localhost` and names below it (RFC 6761 section
/// 6.3), `127.0.0.0/8` and `::1`. Names are not resolved.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// `scheme://host[:port]` as browsers write it in `Origin` (RFC 6454 section 6.2): without a default port, in lower
/// case.
pub(crate) fn origin_text(url: &Url) -> String {
    url.origin().ascii_serialization()
}
