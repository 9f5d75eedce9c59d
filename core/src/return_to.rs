//! Where a flow may send the browser when it is over.
//!
//! A return target comes from the request, so without rules it would be an open redirect (RFC 9700 section 4.11.1). The
//! rules are a closed list of what is allowed. Everything else is refused, and the caller falls back to its default
//! target. A corpus of hostile targets decides whether a rule is right (docs/attacks.md T065 to T077).
//!
//! A target is accepted if
//!
//! - it has 1 to 2048 bytes, after spaces and letters such as `ü` were percent-encoded as UTF-8, as browsers do it (WHATWG URL), and
//!   has no control character and none of `\`, `"`, `<` and `>`;
//! - it is a path that begins with one slash, or a full URL of the own or a listed origin, whose authority the URL
//!   parser reads exactly as it is written;
//! - its path has no `//`, no `\`, no control character and no dot segment, as written and after up to three further
//!   percent-decodings, after which nothing may be left to decode;
//! - it is none of the auth routes that start, end or change something, in any case and any encoding.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::{Origin, Position, Url};

use crate::message::percent::split_escape;

/// The longest target that is accepted, and the longest that is emitted, in bytes. Serializing can make a target
/// longer, and a flow cookie must hold it (docs/attacks.md T102).
const MAX_LEN: usize = 2048;

/// What is percent-encoded besides what is not ASCII. Control characters are refused before.
const SPACES: &AsciiSet = &CONTROLS.add(b' ');

/// How often a path is percent-decoded, because a proxy or the app may decode it once more (docs/attacks.md T067).
const MAX_DECODINGS: usize = 3;

/// The routes under the prefix that a flow must not end on: each of them starts, ends or changes something, and some
/// would begin a circle of logins. Pages such as `sites` and `connections` are allowed.
const OWN_ROUTES: [&str; 9] = [
    "login",
    "callback",
    "done",
    "logout",
    "connect",
    "disconnect",
    "token",
    "redeem",
    "error",
];

/// A place in this app, or on a listed origin, that a flow may return to.
///
/// The text is path, query and fragment for the own origin, and a full URL for a listed one. It is printable ASCII,
/// serialized by the URL parser and not copied from the request, so it can be sent as a `Location` as it is.
///
/// An app gets one from a hook, or from [`Auth::return_target`](crate::Auth::return_target):
///
/// ```
/// # fn main() -> Result<(), threelo::BuildError> {
/// # let credentials = threelo::Credentials::new("my-client-id", "my-secret");
/// let auth = threelo::Auth::builder(credentials, "https://app.example.com")
///     .return_origins(["https://docs.example.com"])
///     .build()?;
///
/// assert_eq!(auth.return_target("/reports?week=7#top").as_str(), "/reports?week=7#top");
/// assert_eq!(auth.return_target("https://docs.example.com/a").as_str(), "https://docs.example.com/a");
/// assert_eq!(auth.return_target("//evil.test/").as_str(), "/");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ReturnTo(String);

impl ReturnTo {
    /// The target as it is sent in the `Location` field.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for ReturnTo {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for ReturnTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Shows the path only: query and fragment may hold a secret of the app, and debug output ends in logs
/// (docs/attacks.md T071).
impl fmt::Debug for ReturnTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReturnTo").field(&path_of(&self.0)).finish()
    }
}

/// The rules for return targets of one app.
#[derive(Clone, Debug)]
pub struct ReturnToRules {
    /// The public URL of the app: paths are resolved against it.
    site: Url,
    /// The public path of the auth routes, decoded once, in lower case, without a slash at the end.
    prefix: String,
    /// Other origins that visitors may return to, compared exactly.
    allowed_origins: Vec<Origin>,
}

impl ReturnToRules {
    /// Makes rules for `site`, of which only the origin counts.
    ///
    /// `prefix` is the public path of the auth routes, such as `/auth` or `/tool/auth`; of `allowed_origins` only the
    /// origins count, and they are matched exactly.
    pub fn new(site: Url, prefix: &str, allowed_origins: &[Url]) -> Self {
        let prefix = decode_once(prefix.trim_end_matches('/').as_bytes());
        Self {
            site,
            prefix: String::from_utf8_lossy(&prefix).to_ascii_lowercase(),
            allowed_origins: allowed_origins.iter().map(Url::origin).collect(),
        }
    }

    /// Checks a target that was form-decoded once; `None` means that it is refused.
    ///
    /// Spaces and letters such as `ü` are percent-encoded first, because people write them; then the rules are the same for all.
    ///
    /// Accepting the text of an accepted target gives the same target again. It is therefore checked when the flow
    /// starts and once more when it ends, because the settings may have changed in between (docs/attacks.md T066).
    pub fn accept(&self, candidate: &str) -> Option<ReturnTo> {
        let candidate = encoded(candidate)?;
        if !is_plain(&candidate) {
            return None;
        }
        let (url, path) = self.resolve(&candidate)?;
        if !self.is_safe_path(path) {
            return None;
        }
        self.emit(&url)
    }

    /// Parses the target, and returns its path as it was written: the parser removes dot segments, so the rules for
    /// paths need the text before it.
    fn resolve<'a>(&self, candidate: &'a str) -> Option<(Url, &'a str)> {
        if candidate.starts_with('/') {
            return Some((self.site.join(candidate).ok()?, path_of(candidate)));
        }
        let (authority, rest) = split_absolute(candidate)?;
        let url = Url::parse(candidate).ok()?;
        if !is_authority_of(authority, &url) {
            return None;
        }
        let path = path_of(rest);
        Some((url, if path.is_empty() { "/" } else { path }))
    }

    /// Checks the path as written and after every further decoding. A path that can still be decoded after the last one
    /// is refused.
    fn is_safe_path(&self, path: &str) -> bool {
        if has_broken_escape(path) {
            return false;
        }
        let mut layer = path.as_bytes().to_vec();
        for _ in 0..=MAX_DECODINGS {
            if !self.is_safe_layer(&layer) {
                return false;
            }
            let next = decode_once(&layer);
            if next == layer {
                return true;
            }
            layer = next;
        }
        false
    }

    /// Checks one reading of the path. Bytes that are not UTF-8 are refused, because parsers disagree about them.
    fn is_safe_layer(&self, layer: &[u8]) -> bool {
        let Ok(path) = str::from_utf8(layer) else {
            return false;
        };
        path.starts_with('/')
            && !path.contains("//")
            && !path.contains('\\')
            && !path.bytes().any(|byte| byte.is_ascii_control())
            && !path.split('/').any(|segment| matches!(segment, "." | ".."))
            && !self.is_own_route(path)
    }

    /// Whether the path is one of the [`OWN_ROUTES`]. It is compared in lower case and without slashes at the end, as
    /// lenient routers match; `/auth-login` and `/authors` are other paths (docs/attacks.md T075).
    fn is_own_route(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/').to_ascii_lowercase();
        path.strip_prefix(&self.prefix)
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(|route| OWN_ROUTES.contains(&route))
    }

    /// Serializes the target, if its origin is allowed. The length is checked again, because characters that the parser
    /// encodes take three bytes.
    fn emit(&self, url: &Url) -> Option<ReturnTo> {
        let local = &url[Position::BeforePath..];
        // A browser would read what follows as a host.
        if local.starts_with("//") {
            return None;
        }
        let origin = url.origin();
        let text = if origin == self.site.origin() {
            local
        } else if self.allowed_origins.contains(&origin) {
            url.as_str()
        } else {
            return None;
        };
        (text.len() <= MAX_LEN).then(|| ReturnTo(text.to_owned()))
    }
}

/// The text with spaces, and letters and digits that are not ASCII, as percent escapes of its UTF-8; in query and fragment every
/// other character as well. `None` if it is too long, or has a character that parsers and readers disagree about: a control
/// character, a space beside a slash, or in the path a sign such as `⁄`, which looks like one.
fn encoded(candidate: &str) -> Option<Cow<'_, str>> {
    if candidate.len() > MAX_LEN || candidate.chars().any(char::is_control) {
        return None;
    }
    let path = path_of(candidate);
    let is_clear = path.split('/').all(|segment| segment.trim() == segment)
        && path
            .chars()
            .all(|character| character.is_ascii() || is_of_word(character));
    is_clear.then(|| utf8_percent_encode(candidate, SPACES).into())
}

/// Whether a character is a letter, a digit, or an accent of its own, as file names of macOS have.
fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&character)
}

/// Bounds the length, and refuses every character that parsers disagree about: browsers drop tabs and line breaks, and
/// read `\` as `/` (docs/attacks.md T140).
fn is_plain(candidate: &str) -> bool {
    let is_plain_byte =
        |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>');
    (1..=MAX_LEN).contains(&candidate.len()) && candidate.bytes().all(is_plain_byte)
}

/// Splits `https://authority/rest` into authority and rest. `None` for any other shape, for other schemes, and for an
/// authority with anything but letters, digits, `.`, `-`, `:` and brackets: no user name, no escape, no Unicode host.
fn split_absolute(candidate: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = candidate.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at_checked(end)?;
    let is_host_byte =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
    authority
        .bytes()
        .all(is_host_byte)
        .then_some((authority, rest))
}

/// Whether the parser read the authority exactly as it is written: the same host, and either no port or the port as a
/// plain number. Otherwise another parser might find another host in it (docs/attacks.md T068).
fn is_authority_of(authority: &str, url: &Url) -> bool {
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return false;
    };
    let is_bare = url.port().is_none() && authority.eq_ignore_ascii_case(host);
    is_bare || authority.eq_ignore_ascii_case(&format!("{host}:{port}"))
}

/// What stands before the first `?` or `#`.
fn path_of(target: &str) -> &str {
    target.split(['?', '#']).next().unwrap_or(target)
}

/// Whether a `%` is not followed by two hexadecimal digits; parsers disagree about what that means.
fn has_broken_escape(path: &str) -> bool {
    let is_whole = |after: &str| {
        let digits = after.bytes().take(2).filter(u8::is_ascii_hexdigit);
        digits.count() == 2
    };
    path.split('%').skip(1).any(|after| !is_whole(after))
}

/// Decodes every percent escape once, and keeps everything else, broken escapes included.
fn decode_once(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        let (byte, after) = split_escape(rest).unwrap_or((first, tail));
        decoded.push(byte);
        rest = after;
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(prefix: &str) -> ReturnToRules {
        ReturnToRules::new(
            Url::parse("https://app.example.com").unwrap(),
            prefix,
            &[
                Url::parse("https://spa.example.com").unwrap(),
                Url::parse("http://localhost:5173").unwrap(),
            ],
        )
    }

    #[test]
    fn the_own_routes_follow_the_prefix() {
        let rules = rules("/Tool/auth/");

        for refused in [
            "/tool/auth/login",
            "/TOOL/AUTH/Callback/",
            "/tool/auth/%6cogout",
        ] {
            assert_eq!(rules.accept(refused), None, "{refused}");
        }
        for accepted in [
            "/auth/login",
            "/tool/auth/me",
            "/tool/auth-login",
            "/tool/authlogin",
        ] {
            assert!(rules.accept(accepted).is_some(), "{accepted}");
        }
    }

    #[test]
    fn places_are_accepted_as_people_write_them() {
        let rules = rules("/auth");
        for (place, expected) in [
            (
                "/projekte/übersicht?q=a b",
                "/projekte/%C3%BCbersicht?q=a%20b",
            ),
            (
                "/東京/設定#上",
                "/%E6%9D%B1%E4%BA%AC/%E8%A8%AD%E5%AE%9A#%E4%B8%8A",
            ),
            ("/a b/u\u{308}", "/a%20b/u%CC%88"),
            (
                "/b?name=Sprint – März 🎉",
                "/b?name=Sprint%20%E2%80%93%20M%C3%A4rz%20%F0%9F%8E%89",
            ),
            (
                "https://spa.example.com/ä b",
                "https://spa.example.com/%C3%A4%20b",
            ),
        ] {
            let accepted = rules.accept(place).unwrap();
            assert_eq!(accepted.as_str(), expected);
            assert_eq!(rules.accept(expected), Some(accepted));
        }
    }

    #[test]
    fn signs_that_mislead_are_refused_beside_letters_that_are_accepted() {
        let rules = rules("/auth");
        for refused in [
            "/ /evil.example",
            "/a /b",
            "/x ",
            "/\u{2044}evil.example",
            "/\u{a0}x",
            "/x?\u{85}",
            "https://spä.example.com/",
            "/auth/l\u{6f}gin?x=ü",
            &format!("/{}", "ü".repeat(700)),
        ] {
            assert_eq!(rules.accept(refused), None, "{refused:?}");
        }
    }

    #[test]
    fn an_origin_is_matched_exactly() {
        let rules = rules("/auth");

        let full = "http://localhost:5173/x?y#z";
        assert_eq!(rules.accept(full).unwrap().as_str(), full);
        for refused in [
            "http://localhost/",
            "http://localhost:05173/",
            "https://localhost:5173/",
            "https://spa.example.com:/",
            "https://:443/",
            "https://SPA.example.com.:443/",
            "https://[::1]/",
        ] {
            assert_eq!(rules.accept(refused), None, "{refused}");
        }
        let upper = rules.accept("HTTPS://APP.Example.com:443/Docs").unwrap();
        assert_eq!(upper.as_str(), "/Docs");
    }

    #[test]
    fn a_path_is_read_through_three_layers_of_escapes() {
        let rules = rules("/auth");

        for refused in [
            "/%252525252f",
            "/a/%25252e%25252e/b",
            "/%252561uth/login",
            "/%2525ff",
            "/a%25252562",
        ] {
            assert_eq!(rules.accept(refused), None, "{refused}");
        }
        for accepted in ["/100%25%25", "/a%252562"] {
            assert!(rules.accept(accepted).is_some(), "{accepted}");
        }
    }

    #[test]
    fn a_target_has_2048_bytes_at_most_before_and_after() {
        let rules = rules("/auth");
        let of_length = |length: usize, filler: &str| format!("/?{}", filler.repeat(length - 2));

        assert!(rules.accept(&of_length(2048, "a")).is_some());
        assert_eq!(rules.accept(&of_length(2049, "a")), None);
        assert_eq!(rules.accept(&of_length(2048, "'")), None);
        assert_eq!(rules.accept(""), None);
    }

    #[test]
    fn debug_output_leaves_the_query_out() {
        let target = rules("/auth").accept("/reset?token=s3cret#s3cret").unwrap();

        assert_eq!(format!("{target:?}"), r#"ReturnTo("/reset")"#);
        assert_eq!(target.to_string(), "/reset?token=s3cret#s3cret");
    }
}
