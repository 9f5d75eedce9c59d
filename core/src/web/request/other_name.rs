//! The name by which a visitor came to the app.
//!
//! Cookies belong to a host. Whoever begins a login at `www.example.com` and comes back to `example.com` has the flow's cookie
//! at the first, and is refused at the second after having consented. So a login goes to the public URL before Atlassian is
//! asked (docs/decisions/0091).

use url::Url;

use crate::config::Config;
use crate::environment::is_loopback;
use crate::message::RequestHead;

/// The parameter that marks a request which was sent to the public URL, so that there is no second time.
pub(crate) const NAMED: &str = "named";

/// Returns the name by which the visitor came, if it is another one of the app's names than that of the public URL: what a
/// login must not begin at.
///
/// `Host` tells it where no proxy may have changed it: among loopback names with the same port, and for `www.` before the
/// public name or before neither. For any other name the app must say how many proxies there are: with none `Host` tells,
/// and behind some `X-Forwarded-Host`, if they send it.
pub(crate) fn other_name(config: &Config, head: &RequestHead<'_>) -> Option<String> {
    let public = &config.public_url;
    let host = head
        .first("host")
        .and_then(|host| str::from_utf8(host).ok())?;
    if is_same(public, host) {
        return None;
    }
    let proxies = config.trusted_proxies;
    let name = match proxies.and_then(|proxies| proxies.checked_sub(1)) {
        Some(from_end) => forwarded(head, from_end),
        None => Some(host.to_owned()),
    };
    if let Some(name) = name
        && proxies.is_some()
    {
        return (!is_same(public, &name)).then_some(name);
    }
    is_twin(public, host).then(|| host.to_owned())
}

/// The host that so many proxies from the end name.
fn forwarded(head: &RequestHead<'_>, from_end: usize) -> Option<String> {
    let fields = head.all("x-forwarded-host");
    let entries = fields.iter().rev();
    let mut entries = entries.flat_map(|field| field.rsplit(|byte| *byte == b','));
    // Many proxies only pass on what the first one wrote.
    let entry = match fields.len() {
        0 => return None,
        1 if !fields[0].contains(&b',') => entries.next(),
        _ => entries.nth(from_end),
    };
    str::from_utf8(entry?)
        .ok()
        .map(|entry| entry.trim().to_owned())
}

/// Whether a text is the host of the public URL, with its port.
fn is_same(public: &Url, host: &str) -> bool {
    let Some(name) = public.host_str() else {
        return false;
    };
    // The usual form, without a parser.
    let rest = host
        .get(..name.len())
        .filter(|start| start.eq_ignore_ascii_case(name));
    match (rest.map(|_| &host[name.len()..]), public.port()) {
        (Some(""), None) => true,
        (Some(port), None) => port.strip_prefix(':').is_some_and(|port| {
            port.parse() == Ok(public.port_or_known_default().unwrap_or_default())
        }),
        (Some(port), Some(own)) => port
            .strip_prefix(':')
            .is_some_and(|port| port.parse() == Ok(own)),
        (None, _) => false,
    }
}

/// Whether a host is surely another name of the app: both are loopback names, or they differ by `www.` only.
fn is_twin(public: &Url, host: &str) -> bool {
    let Ok(visited) = Url::parse(&format!("{}://{host}", public.scheme())) else {
        return false;
    };
    let (Some(own), Some(name)) = (public.host_str(), visited.host_str()) else {
        return false;
    };
    let bare = |name: &'_ str| name.strip_prefix("www.").unwrap_or(name).to_owned();
    let is_named_alike = bare(own) == bare(name) || (is_loopback(public) && is_loopback(&visited));
    visited.port() == public.port() && own != name && is_named_alike
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Auth;
    use crate::config::Credentials;

    fn name(public: &str, proxies: Option<usize>, fields: &[(&str, &str)]) -> Option<String> {
        let mut builder = Auth::builder(Credentials::new("id", "secret"), public);
        if let Some(proxies) = proxies {
            builder = builder.trusted_proxies(proxies);
        }
        let auth = builder.build().unwrap();
        let request = fields
            .iter()
            .fold(http::Request::get("/"), |request, (name, value)| {
                request.header(*name, *value)
            });
        RequestHead::lend(&request.body(()).unwrap(), |head| {
            other_name(auth.config(), head)
        })
    }

    #[expect(clippy::too_many_lines, reason = "one row per name")]
    #[tokio::test]
    async fn another_name_is_one_that_no_proxy_can_have_made() {
        const APP: &str = "https://app.example.com";
        let host = |host| [("host", host)];
        for (public, proxies, field, expected) in [
            (APP, None, "app.example.com", None),
            (APP, None, "App.Example.com:443", None),
            (
                APP,
                None,
                "www.app.example.com",
                Some("www.app.example.com"),
            ),
            (
                "https://www.example.com",
                None,
                "example.com",
                Some("example.com"),
            ),
            // Internal names of proxies, and nonsense.
            (APP, None, "backend:8080", None),
            (APP, None, "www.app.example.com:8080", None),
            (APP, None, "@", None),
            (APP, None, "", None),
            (
                "http://localhost:3000",
                None,
                "127.0.0.1:3000",
                Some("127.0.0.1:3000"),
            ),
            ("http://localhost:3000", None, "127.0.0.1:4000", None),
            // No proxy: whatever it says is what the visitor wrote.
            (APP, Some(0), "other.example.net", Some("other.example.net")),
            (APP, Some(0), "app.example.com", None),
            (APP, Some(1), "other.example.net", None),
            (
                APP,
                Some(1),
                "www.app.example.com",
                Some("www.app.example.com"),
            ),
        ] {
            assert_eq!(
                name(public, proxies, &host(field)).as_deref(),
                expected,
                "{public} {proxies:?} {field}"
            );
        }
        for (proxies, forwarded, expected) in [
            (None, "other.example.net", None),
            (Some(1), "other.example.net", Some("other.example.net")),
            (Some(2), "other.example.net", Some("other.example.net")),
            (Some(1), "app.example.com", None),
            (Some(1), "evil.example, app.example.com", None),
            (
                Some(2),
                "other.example.net, app.example.com",
                Some("other.example.net"),
            ),
        ] {
            let fields = [("host", "backend:8080"), ("x-forwarded-host", forwarded)];
            assert_eq!(
                name(APP, proxies, &fields).as_deref(),
                expected,
                "{proxies:?} {forwarded}"
            );
        }
    }
}
