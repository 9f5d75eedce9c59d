//! Paths that stay below their base, so that a text of a user cannot lead a call to another site or API.

use crate::message::percent::split_escape;

/// Joins a base and a path, or says why it cannot. The result is the path that is sent, byte for byte: what a
/// URL parser would change is refused.
pub(crate) fn join(base: &str, path: &str) -> Result<String, &'static str> {
    if !path.starts_with('/') {
        return Err("a path must begin with a slash");
    }
    let whole = format!("{base}{path}");
    if !whole.starts_with('/') {
        return Err("a base must begin with a slash");
    }
    if whole.contains(['?', '#']) {
        return Err(
            "the path contains ? or #: use query(..) for parameters, segment(..) for texts of users",
        );
    }
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&byte);
    if !whole.bytes().all(allowed) {
        return Err("the path contains a character that must be encoded: use segment(..)");
    }
    let (_, segments) = whole.split_at(1);
    let last = segments.split('/').count() - 1;
    for (index, segment) in segments.split('/').enumerate() {
        if segment.is_empty() && index != last {
            return Err("the path has an empty segment");
        }
        check(segment)?;
    }
    Ok(whole)
}

/// Checks one segment of a path: it names one thing, does not climb, and does not hide a slash or a control
/// character. It is checked as it is, decoded once, and decoded twice, because servers and proxies may each
/// decode once.
fn check(segment: &str) -> Result<(), &'static str> {
    let mut decoded = segment.as_bytes().to_vec();
    for _ in 0..3 {
        // Some servers remove what follows a semicolon before they resolve `..`.
        let name = decoded.split(|byte| *byte == b';').next();
        if matches!(name, Some(b"." | b"..")) {
            return Err("the path contains a segment . or ..");
        }
        if decoded.iter().any(|byte| matches!(byte, b'/' | b'\\')) {
            return Err("a segment of the path contains a slash or a backslash");
        }
        if decoded.iter().any(u8::is_ascii_control) {
            return Err("a segment of the path contains a control character");
        }
        decoded = decode(&decoded)?;
    }
    Ok(())
}

/// The bytes of a segment after one percent-decoding. Broken escapes stay as they are.
fn decode(mut bytes: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut decoded = Vec::with_capacity(bytes.len());
    while let Some((first, rest)) = bytes.split_first() {
        if let Some((byte, after)) = split_escape(bytes) {
            decoded.push(byte);
            bytes = after;
        } else {
            decoded.push(*first);
            bytes = rest;
        }
    }
    Ok(decoded)
}

/// A path as a log may have it: what looks like a name, a key or an id is `{}`. Words of Atlassian's APIs begin with a small
/// letter, and their versions follow `api`, begin with `v`, or have a dot.
pub(crate) fn template(path: &str) -> String {
    let mut before = "";
    let segments = path.split('/').map(|segment| {
        let is_named = is_word(segment) && !NAMED_BY.contains(&before);
        let is_kept = segment.is_empty() || is_named || is_version(segment, before);
        before = segment;
        if is_kept { segment } else { "{}" }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// After these words of Atlassian's APIs comes a name that somebody chose.
const NAMED_BY: [&str; 16] = [
    "attachment",
    "comment",
    "component",
    "content",
    "field",
    "filter",
    "group",
    "issue",
    "label",
    "pages",
    "project",
    "properties",
    "role",
    "spaces",
    "user",
    "version",
];

fn is_word(segment: &str) -> bool {
    segment.len() <= 32
        && segment.starts_with(|first: char| first.is_ascii_lowercase())
        && segment.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_version(segment: &str, before: &str) -> bool {
    let number = segment.trim_start_matches('v');
    let is_marked = before == "api" || number != segment || number.contains('.');
    let is_number = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    is_marked && (1..=4).contains(&number.len()) && number.bytes().all(is_number)
}

/// Encodes a text as one segment of a path: an issue key that a user typed, the name of a property.
///
/// ```
/// use threelo::atlassian::segment;
///
/// assert_eq!(format!("/rest/api/3/issue/{}", segment("AD-1/../x")), "/rest/api/3/issue/AD-1%2F..%2Fx");
/// ```
///
/// Letters, digits and `-._~` stay, every other byte of the UTF-8 text is encoded. A text that would climb all
/// the same, such as `..`, is refused when the call is sent, and so is one with a slash.
pub fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "/ex/jira/11223344-a1b2-3b33-c444-def123456789";

    #[test]
    fn paths_of_the_product_are_joined() {
        for path in [
            "/rest/api/3/myself",
            "/rest/api/3/issue/AD-1",
            "/a%20b/c:d@e",
            "/x/",
        ] {
            assert_eq!(join(BASE, path).unwrap(), format!("{BASE}{path}"));
        }
        assert_eq!(join("", "/me").unwrap(), "/me");
    }

    #[test]
    fn paths_that_leave_the_base_are_refused() {
        for path in [
            "",
            "rest",
            "https://evil.example/",
            "//evil.example/x",
            "/rest//evil",
            "/../../me",
            "/rest/..",
            "/rest/.",
            "/%2e%2e/me",
            "/%2E./me",
            "/.%2e/me",
            "/%252e%252e/me",
            "/..;/me",
            "/..;x=1/me",
            "/%2e%2e%3b/me",
            "/.;/me",
            "/a%2Fb",
            "/a%2f..%2fb",
            "/a%5Cb",
            "/a%255cb",
            "/a\\b",
            "/a b",
            "/a\r\nX-Evil: 1",
            "/a%0d%0ab",
            "/a%00b",
            "/a?b=c",
            "/a#b",
            "/\u{e9}",
            "/@evil.example\\",
        ] {
            assert!(join(BASE, path).is_err(), "{path:?}");
        }
        assert!(join("https://evil.example", "/me").is_err());
        assert!(join("/ex/../me", "/x").is_err());
        assert!(join("//evil.example", "/x").is_err());
    }

    #[test]
    fn a_template_has_no_names_and_no_ids() {
        for (path, expected) in [
            (
                format!("{BASE}/rest/api/3/issue/AD-1/comment/10001"),
                "/ex/jira/{}/rest/api/3/issue/{}/comment/{}",
            ),
            (
                format!("{BASE}/rest/agile/1.0/board"),
                "/ex/jira/{}/rest/agile/1.0/board",
            ),
            ("/wiki/api/v2/pages/77".to_owned(), "/wiki/api/v2/pages/{}"),
            ("/me".to_owned(), "/me"),
            (
                "/rest/api/2/user/johnsmith".to_owned(),
                "/rest/api/2/user/{}",
            ),
            (
                "/rest/api/3/issue/AD-1/properties/salary".to_owned(),
                "/rest/api/3/issue/{}/properties/{}",
            ),
            (
                "/rest/api/3/project/acme".to_owned(),
                "/rest/api/3/project/{}",
            ),
            (
                "/rest/api/3/project/Caf%C3%A9".to_owned(),
                "/rest/api/3/project/{}",
            ),
        ] {
            assert_eq!(template(&path), expected);
        }
    }

    #[test]
    fn a_segment_of_a_users_text_stays_one_segment() {
        assert_eq!(segment("a/b?c#d e"), "a%2Fb%3Fc%23d%20e");
        assert!(join(BASE, &format!("/issue/{}", segment("AD 1"))).is_ok());
        for text in ["..", ".", "a/b", "a\\b"] {
            assert!(
                join(BASE, &format!("/issue/{}/x", segment(text))).is_err(),
                "{text}"
            );
        }
    }
}
