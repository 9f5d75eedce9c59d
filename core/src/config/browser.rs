//! Code of the app in browsers, on other origins than the app's own.
//!
//! Every origin is listed exactly as browsers write it in the field `Origin`. There are no wildcards, no suffixes and
//! no `null`, because the owner of a matching origin could act for the user (docs/attacks.md T076, T114, T120).

use std::sync::Arc;

use http::Method;
use url::Url;

use crate::config::forward::Forward;
use crate::config::handoff_pages::{handoff_pages, is_of, is_page};
use crate::config::problem::Problem;
use crate::config::settings::Settings;
use crate::environment::{is_loopback, origin_text, parse_origin};

/// The most origins of both kinds together. The list is searched for every request that has an `Origin`.
const MOST_ORIGINS: usize = 256;

/// How a listed origin relates to the app's own: whether browsers consider them one site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SiteRelation {
    /// The same site: browsers send the session cookie with requests of its scripts.
    SameSite,
    /// Another site, an extension or a desktop app: browsers do not send it the session cookie, so it gets a session of
    /// its own.
    CrossSite,
}

/// A listed origin.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BrowserOrigin {
    /// Exactly as browsers write it in `Origin`.
    pub(crate) text: Arc<str>,
    /// Which of the two lists it stands in.
    pub(crate) relation: SiteRelation,
}

impl BrowserOrigin {
    /// Whether it is a web site, which gets no bearer session: an injected script could read the token and carry it
    /// away. Extensions have schemes of their own, and desktop apps listen on loopback with plain http.
    pub(crate) fn is_web_site(&self) -> bool {
        self.text.starts_with("https://")
    }
}

/// The listed origins, and what code in browsers may do. By default there is none and it may do nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Browsers {
    /// Each origin once, those of the same site first.
    pub(crate) origins: Vec<BrowserOrigin>,
    /// The pages to which a handoff ticket may come, each a whole address.
    pub(crate) handoff_pages: Vec<Arc<str>>,
    /// Whether a handoff ticket may be redeemed for a bearer session instead of a cookie.
    pub bearer_sessions: bool,
    /// Whether `POST token` hands out access tokens.
    pub access_tokens: bool,
    /// The calls that are forwarded to Atlassian; all others are refused.
    pub forwards: Vec<Forward>,
}

impl Browsers {
    /// The listed origin that equals the value of an `Origin` field, compared byte by byte.
    pub fn origin(&self, value: &[u8]) -> Option<&BrowserOrigin> {
        let mut origins = self.origins.iter();
        origins.find(|origin| origin.text.as_bytes() == value)
    }

    /// Whether a return target is a registered page of the listed origin `origin`, so that a ticket may come to it.
    pub(crate) fn is_handoff_page(&self, origin: &str, target: &str) -> bool {
        Url::parse(target).is_ok_and(|target| {
            is_of(&origin_text(&target), origin) && is_page(&self.handoff_pages, &target)
        })
    }

    /// Whether any origin of another site is listed. Without one, no ticket is ever made.
    pub(crate) fn has_cross_site(&self) -> bool {
        let mut origins = self.origins.iter();
        origins.any(|origin| origin.relation == SiteRelation::CrossSite)
    }
}

/// Checks the settings for code in browsers. Each wrong origin, an origin that stands in the lists twice, and each
/// wrong [`Forward`] is added to `problems`.
pub(crate) fn browsers(
    settings: &Settings,
    public_url: &Url,
    problems: &mut Vec<Problem>,
) -> Browsers {
    let origins = listed(settings, public_url, problems);
    if origins.len() > MOST_ORIGINS {
        let remedy = format!("list at most {MOST_ORIGINS}");
        let count = origins.len().to_string();
        problems.push(problem("same_site_origins", &count, remedy));
    }
    problems.extend(settings.forwards.iter().filter_map(of_forward));
    let cross_site = origins
        .iter()
        .filter(|origin| origin.relation == SiteRelation::CrossSite);
    let cross_site: Vec<&str> = cross_site.map(|origin| &*origin.text).collect();
    let handoff_pages = handoff_pages(&settings.handoff_pages, &cross_site, problems);
    Browsers {
        origins,
        handoff_pages,
        bearer_sessions: settings.bearer_sessions,
        access_tokens: settings.access_tokens,
        forwards: settings.forwards.clone(),
    }
}

/// The origins of both lists that are right.
fn listed(
    settings: &Settings,
    public_url: &Url,
    problems: &mut Vec<Problem>,
) -> Vec<BrowserOrigin> {
    let mut origins: Vec<BrowserOrigin> = Vec::new();
    for (setting, relation, listed) in [
        (
            "same_site_origins",
            SiteRelation::SameSite,
            &settings.same_site_origins,
        ),
        (
            "cross_site_origins",
            SiteRelation::CrossSite,
            &settings.cross_site_origins,
        ),
    ] {
        for text in listed {
            let is_known = origins.iter().any(|known| *known.text == **text);
            let remedy = match is_known {
                true => Some("an origin is listed once, as the one or the other".to_owned()),
                false => remedy(text, relation, public_url),
            };
            match remedy {
                Some(remedy) => problems.push(problem(setting, text, remedy)),
                None => origins.push(BrowserOrigin {
                    text: text.as_str().into(),
                    relation,
                }),
            }
        }
    }
    origins
}

/// A problem whose value is shown in quotes.
fn problem(setting: &'static str, value: &str, remedy: impl Into<String>) -> Problem {
    Problem {
        setting,
        value: format!("{value:?}"),
        remedy: remedy.into(),
    }
}

/// What is wrong with a listed origin, if anything.
///
/// Accepted are https origins, plain http on loopback, and (as another site only) origins of extensions and desktop
/// apps. The text must be what a browser would send: in lower case, without a default port, without a slash at the end.
/// The app's own origin is refused, because it needs no entry.
fn remedy(text: &str, relation: SiteRelation, public_url: &Url) -> Option<String> {
    const EXACT: &str = "name each origin exactly, without wildcard, path or default port, such as \
                         https://app.example.com or chrome-extension://the-extension-s-id";
    if let Some(url) = parse_origin(text) {
        let written = origin_text(&url);
        if written != text {
            return Some(format!("write it as browsers do: {written}"));
        }
        if url.scheme() != "https" && !is_loopback(&url) {
            return Some("use https; plain http is for localhost only".to_owned());
        }
        if written == origin_text(public_url) {
            return Some("it is the app's own origin, which needs no mention".to_owned());
        }
        return match relation {
            SiteRelation::SameSite if !is_same_site(&url, public_url) => Some(format!(
                "it is another site than {}, and browsers do not send it the session cookie: list it in \
                 cross_site_origins",
                origin_text(public_url)
            )),
            _ => None,
        };
    }
    match (is_app_origin(text), relation) {
        (true, SiteRelation::CrossSite) => None,
        (true, SiteRelation::SameSite) => Some(
            "an extension or a desktop app is another site: list it in cross_site_origins"
                .to_owned(),
        ),
        (false, _) => Some(EXACT.to_owned()),
    }
}

/// Whether two origins may belong to one site: the same scheme, and the same host or names whose last two labels are
/// equal.
///
/// Only the list of public suffixes would tell for sure, and it changes. This check catches common mistakes; a wrong
/// guess is harmless, because the browser decides and does not send the cookie to another site.
fn is_same_site(one: &Url, other: &Url) -> bool {
    let (Some(mine), Some(theirs)) = (one.host_str(), other.host_str()) else {
        return false;
    };
    let end = |host: &str| {
        let mut labels: Vec<String> = host.rsplit('.').take(2).map(str::to_owned).collect();
        labels.reverse();
        labels.join(".")
    };
    let are_names = one.domain().is_some() && other.domain().is_some();
    let end_alike = are_names && mine.contains('.') && end(mine) == end(theirs);
    one.scheme() == other.scheme() && (mine == theirs || end_alike)
}

/// Whether a text is the origin of an extension, or of a desktop app with a scheme of its own: `scheme://host`, both in
/// lower case, with a host of 1 to 128 letters, digits, `-` and `.`. The id of a Chrome extension has 32 letters from
/// `a` to `p`. Schemes of the web and schemes without hosts are refused.
fn is_app_origin(text: &str) -> bool {
    const WEB: [&str; 11] = [
        "http",
        "https",
        "ws",
        "wss",
        "ftp",
        "file",
        "data",
        "blob",
        "about",
        "javascript",
        "filesystem",
    ];
    let Some((scheme, host)) = text.split_once("://") else {
        return false;
    };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte)
        });
    let is_host = (1..=128).contains(&host.len())
        && host.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte)
        });
    let is_chrome_id = host.len() == 32 && host.bytes().all(|byte| (b'a'..=b'p').contains(&byte));
    is_scheme && is_host && !WEB.contains(&scheme) && (scheme != "chrome-extension" || is_chrome_id)
}

/// The most bytes that a forwarded body may have: it is kept in memory.
const MOST_BODY: usize = 64 * 1024 * 1024;

/// What is wrong with a forward, if anything. The product is 1 to 64 lower-case letters, digits and `-`, because it
/// becomes a segment of the path at the gateway.
fn of_forward(forward: &Forward) -> Option<Problem> {
    let problem = |value: &str, remedy: &str| Some(problem("forward", value, remedy));
    let is_word = |text: &str| {
        (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if !is_word(&forward.product) {
        return problem(
            &forward.product,
            "give a product of the gateway: jira or confluence",
        );
    }
    let below = &forward.below;
    let is_plain = below
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte));
    if !below.starts_with('/') || !below.ends_with('/') || !is_plain || below.contains("..") {
        return problem(
            below,
            "give a path that begins and ends with a slash, such as /rest/api/3/",
        );
    }
    if !(1..=MOST_BODY).contains(&forward.body_limit) {
        let value = forward.body_limit.to_string();
        return problem(&value, "give a body limit of 1 byte to 64 MiB");
    }
    let is_method = |method: &String| {
        let passes = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
        passes.contains(&method.as_str()) && Method::from_bytes(method.as_bytes()).is_ok()
    };
    match forward.methods.iter().find(|method| !is_method(method)) {
        Some(other) => problem(other, "give GET, HEAD, POST, PUT, PATCH or DELETE"),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str, relation: SiteRelation) -> Option<String> {
        let public_url = Url::parse("https://api.example.com").unwrap();
        remedy(text, relation, &public_url)
    }

    #[test]
    fn exact_origins_are_taken() {
        for text in ["https://app.example.com", "https://example.com:8443"] {
            assert_eq!(wrong(text, SiteRelation::SameSite), None, "{text}");
        }
        for text in [
            "https://other.example",
            "http://localhost:5173",
            "http://127.0.0.1:5173",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            "moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc",
            "app://board",
        ] {
            assert_eq!(wrong(text, SiteRelation::CrossSite), None, "{text}");
        }
    }

    #[test]
    fn what_matches_more_than_one_origin_is_refused() {
        for text in [
            "",
            "*",
            "null",
            "https://*.example.com",
            "https://app.example.com/",
            "https://app.example.com/path",
            "https://app.example.com:443",
            "https://APP.example.com",
            "https://user@app.example.com",
            "https://app.example.com.",
            "http://app.example.com",
            ".example.com",
            "app.example.com",
            "file://",
            "file:///home",
            "data:text/html,x",
            "chrome-extension://*",
            "chrome-extension://abcdef",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop/",
            "javascript://x",
            "https://api.example.com",
        ] {
            assert!(wrong(text, SiteRelation::CrossSite).is_some(), "{text}");
        }
    }

    #[test]
    fn another_site_is_not_taken_for_the_same() {
        for text in [
            "https://app.example.org",
            "http://localhost:3000",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        ] {
            let said = wrong(text, SiteRelation::SameSite).unwrap();
            assert!(said.contains("cross_site_origins"), "{text}: {said}");
        }
        let local = Url::parse("http://localhost:3000").unwrap();
        let same = "http://localhost:5173";
        assert_eq!(remedy(same, SiteRelation::SameSite, &local), None);
        let other = "http://127.0.0.1:5173";
        assert!(remedy(other, SiteRelation::SameSite, &local).is_some());
    }

    #[test]
    fn forwards_are_named_exactly() {
        assert!(of_forward(&Forward::to("jira", "/rest/api/3/")).is_none());
        for forward in [
            Forward::to("../x", "/rest/"),
            Forward::to("jira", "rest/"),
            Forward::to("jira", "/rest"),
            Forward::to("jira", "/rest/../"),
            Forward::to("jira", "/rest/").methods(["CONNECT"]),
            Forward::to("jira", "/rest/").methods(["get"]),
        ] {
            assert!(of_forward(&forward).is_some(), "{forward:?}");
        }
    }
}
