//! A strict reader for the `Cookie` field and a writer for `Set-Cookie`.
//!
//! Names and values are bytes: nothing is percent-decoded, quotes have no meaning, and only space and tab are trimmed.
//! A sibling host can set cookies whose names become ours in a reader that decodes names or trims Unicode spaces
//! (docs/attacks.md T085 and T086, docs/decisions/0028).

use std::fmt;

/// The most bytes that are read, over all `Cookie` fields of a request: as much as actix-web lets through, and more than
/// common proxies do. Hosts below a large shared domain receive the cookies of many apps.
const MAX_LEN: usize = 128 * 1024;

/// The most pairs that are read, over all `Cookie` fields of a request.
const MAX_PAIRS: usize = 8192;

/// The most cookies that [`names_with_prefix`] returns.
const MAX_FOUND: usize = 32;

/// What the request says about one cookie.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_enums,
    reason = "these are all the cases there are, and callers must treat each"
)]
pub enum CookieValue<'a> {
    /// There is no such cookie, or the request exceeds a limit.
    Absent,
    /// The cookie has this value, which may be empty.
    One(&'a [u8]),
    /// The name occurs with different values. One of them may have been set by a sibling host, and which one cannot be
    /// told, so neither is used (docs/attacks.md T087).
    Ambiguous,
}

/// Shows no value, because it may be a session token.
impl fmt::Debug for CookieValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "Absent",
            Self::One(_) => "One(..)",
            Self::Ambiguous => "Ambiguous",
        })
    }
}

/// Finds a cookie by its exact name in the raw `Cookie` fields.
///
/// More than 128 KiB or more than 8,192 pairs count as no cookie at all: dropping only a part would let an attacker choose
/// which part is read (docs/attacks.md T101). The same value twice counts as one.
///
/// ```
/// use threelo::internals::cookie::{CookieValue, find};
///
/// let fields: [&[u8]; 1] = [b"theme=dark; sid=a%3Db; SID=x"];
/// assert_eq!(find(fields.into_iter(), "sid"), CookieValue::One(b"a%3Db"));
/// ```
pub fn find<'a>(fields: impl Iterator<Item = &'a [u8]>, name: &str) -> CookieValue<'a> {
    let mut found = None;
    let mut is_ambiguous = false;
    let is_read = each_pair(fields, |candidate, value| {
        if candidate == name.as_bytes() {
            is_ambiguous |= *found.get_or_insert(value) != value;
        }
    });
    match found {
        Some(_) if is_read && is_ambiguous => CookieValue::Ambiguous,
        Some(value) if is_read => CookieValue::One(value),
        _ => CookieValue::Absent,
    }
}

/// Returns name and value of the first 32 cookies whose names begin with `prefix`, in the order of the request.
///
/// A name may occur twice; the caller decides what that means. More than 128 KiB or more than 8,192 pairs count as no
/// cookie at all.
pub fn names_with_prefix<'a>(
    fields: impl Iterator<Item = &'a [u8]>,
    prefix: &str,
) -> Vec<(&'a [u8], &'a [u8])> {
    let mut found = Vec::new();
    let is_read = each_pair(fields, |name, value| {
        if name.starts_with(prefix.as_bytes()) && found.len() < MAX_FOUND {
            found.push((name, value));
        }
    });
    if is_read { found } else { Vec::new() }
}

/// Returns whether the cookies of a request are within the limits. If not, [`find`] finds none, and nobody can tell whose
/// request it is.
pub(crate) fn are_readable<'a>(fields: impl Iterator<Item = &'a [u8]>) -> bool {
    each_pair(fields, |_, _| {})
}

/// Visits the pairs that have a name and a `=`. Returns `false` if a limit was exceeded; then only some of the pairs
/// were visited, and the caller must not use them.
fn each_pair<'a>(
    fields: impl Iterator<Item = &'a [u8]>,
    mut visit: impl FnMut(&'a [u8], &'a [u8]),
) -> bool {
    let mut length = 0_usize;
    let mut pairs = 0_usize;
    for field in fields {
        length = length.saturating_add(field.len());
        if length > MAX_LEN {
            return false;
        }
        let ends = memchr::memchr_iter(b';', field).chain([field.len()]);
        let mut start = 0;
        for end in ends {
            pairs += 1;
            if pairs > MAX_PAIRS {
                return false;
            }
            if let Some((name, value)) = split_pair(&field[start..end]) {
                visit(name, value);
            }
            start = end + 1;
        }
    }
    true
}

/// Splits at the first `=`; `None` if there is none or nothing before it.
fn split_pair(pair: &[u8]) -> Option<(&[u8], &[u8])> {
    let sign = memchr::memchr(b'=', pair)?;
    let (name, value) = (trim(&pair[..sign]), trim(&pair[sign + 1..]));
    (!name.is_empty()).then_some((name, value))
}

/// Removes spaces and tabs at both ends. Other white space is a part of the name or value.
fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// A `Set-Cookie` value under construction.
///
/// It always has `Path=/; HttpOnly; SameSite=Lax` and never a domain. `Lax` and not `Strict`, because the callback is a
/// navigation that began at another site: with `Strict` the browser would leave the flow cookie out. The one exception
/// is [`partitioned`](Self::partitioned).
#[derive(Clone, PartialEq, Eq)]
pub struct SetCookie {
    name: String,
    value: String,
    is_secure: bool,
    is_partitioned: bool,
    max_age: Option<u64>,
}

impl SetCookie {
    /// Sets `name` to `value` until the browser is closed.
    ///
    /// Characters that no cookie may contain are left out of both, so that neither can add an attribute or a header
    /// field (docs/attacks.md T139).
    pub fn new(name: &str, value: &str, secure: bool) -> Self {
        Self {
            name: name.chars().filter(is_name_char).collect(),
            value: value.chars().filter(is_value_char).collect(),
            is_secure: secure,
            is_partitioned: false,
            max_age: None,
        }
    }

    /// Removes a cookie. Browsers do so only if `secure` has the value with which the cookie was set
    /// (docs/attacks.md T091).
    pub fn removal(name: &str, secure: bool) -> Self {
        Self::new(name, "", secure).max_age(0)
    }

    /// Keeps the cookie for this many seconds from now, even if the browser is closed in between.
    #[must_use]
    pub fn max_age(mut self, seconds: u64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Lets pages of other sites use the cookie, with a cookie jar for each such site:
    /// `SameSite=None; Secure; Partitioned`.
    #[must_use]
    pub fn partitioned(mut self) -> Self {
        self.is_partitioned = true;
        self.is_secure = true;
        self
    }

    /// The name, without the characters that were left out.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value, which is usually a secret.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The value of the `Set-Cookie` field, in printable ASCII.
    pub fn to_header_string(&self) -> String {
        let mut header = format!("{}={}; Path=/", self.name, self.value);
        if let Some(seconds) = self.max_age {
            header.push_str("; Max-Age=");
            header.push_str(&seconds.to_string());
        }
        if self.is_secure {
            header.push_str("; Secure");
        }
        header.push_str(match self.is_partitioned {
            true => "; HttpOnly; SameSite=None; Partitioned",
            false => "; HttpOnly; SameSite=Lax",
        });
        header
    }
}

/// Shows the name and the age, never the value.
impl fmt::Debug for SetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetCookie")
            .field("name", &self.name)
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}

/// A character of a `token` (RFC 9110 section 5.6.2).
fn is_name_char(char: &char) -> bool {
    char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(*char)
}

/// A `cookie-octet` (RFC 6265 section 4.1.1).
fn is_value_char(char: &char) -> bool {
    char.is_ascii_graphic() && !matches!(char, '"' | ',' | ';' | '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find_sid<'a>(fields: &[&'a [u8]]) -> CookieValue<'a> {
        find(fields.iter().copied(), "sid")
    }

    #[test]
    fn a_cookie_is_found_by_its_exact_name() {
        assert_eq!(find_sid(&[b"a=b; sid=1; c=d"]), CookieValue::One(b"1"));
        assert_eq!(find_sid(&[b"a=b", b"\t sid=1 \t"]), CookieValue::One(b"1"));
        assert_eq!(find_sid(&[b"sid=a=b=="]), CookieValue::One(b"a=b=="));
        assert_eq!(find_sid(&[b"sid=\"1\""]), CookieValue::One(b"\"1\""));
        assert_eq!(find_sid(&[b"sid=%41"]), CookieValue::One(b"%41"));
        assert_eq!(find_sid(&[b"sid="]), CookieValue::One(b""));
        for field in ["", "sid", "=sid=1", "Sid=1", "s%69d=1", "sid2=1", "x=sid=1"] {
            assert_eq!(
                find_sid(&[field.as_bytes()]),
                CookieValue::Absent,
                "{field}"
            );
        }
        assert_eq!(find_sid(&[b"\xa0sid=1", b"\x0bsid=1"]), CookieValue::Absent);
    }

    #[test]
    fn two_values_are_ambiguous_and_one_value_twice_is_not() {
        assert_eq!(find_sid(&[b"sid=1; sid=2"]), CookieValue::Ambiguous);
        assert_eq!(
            find_sid(&[b"sid=1", b"sid=2; sid=1"]),
            CookieValue::Ambiguous
        );
        assert_eq!(find_sid(&[b"sid=; sid=1"]), CookieValue::Ambiguous);
        assert_eq!(find_sid(&[b"sid=1; a=2", b"sid=1"]), CookieValue::One(b"1"));
    }

    #[test]
    fn beyond_the_limits_there_is_no_cookie() {
        let of_pairs = |count: usize| format!("sid=1{}", "; x=y".repeat(count - 1));
        let of_length = |length: usize| format!("sid=1; x={}", "y".repeat(length - 9));

        for good in [of_pairs(8192), of_length(131_072)] {
            assert_eq!(find_sid(&[good.as_bytes()]), CookieValue::One(b"1"));
            assert!(are_readable([good.as_bytes()].into_iter()));
        }
        for bad in [of_pairs(8193), of_length(131_073)] {
            assert_eq!(find_sid(&[bad.as_bytes()]), CookieValue::Absent);
            assert!(!are_readable([bad.as_bytes()].into_iter()));
            assert!(names_with_prefix([bad.as_bytes()].into_iter(), "s").is_empty());
        }
        let halves = of_length(70_000);
        assert_eq!(
            find_sid(&[halves.as_bytes(), halves.as_bytes()]),
            CookieValue::Absent
        );
    }

    #[test]
    fn cookies_are_found_by_prefix_up_to_a_bound() {
        let fields: [&[u8]; 2] = [b"flow-a=1; x=2; =flow-", b"flow-b=3; flow-a=4; flow-"];

        let found = names_with_prefix(fields.into_iter(), "flow-");

        let expected: [(&[u8], &[u8]); 3] =
            [(b"flow-a", b"1"), (b"flow-b", b"3"), (b"flow-a", b"4")];
        assert_eq!(found, expected);
        assert!(names_with_prefix([&b"=x"[..]].into_iter(), "").is_empty());
        let many = "flow-a=1;".repeat(100);
        assert_eq!(
            names_with_prefix([many.as_bytes()].into_iter(), "flow-").len(),
            32
        );
    }

    #[test]
    fn a_set_cookie_has_every_attribute_once() {
        let cookie = SetCookie::new("__Host-sid", "v", true).max_age(60);
        assert_eq!(
            cookie.to_header_string(),
            "__Host-sid=v; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            SetCookie::new("sid", "v", false).to_header_string(),
            "sid=v; Path=/; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            SetCookie::removal("__Host-sid", true).to_header_string(),
            "__Host-sid=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn a_set_cookie_cannot_be_split() {
        let cookie = SetCookie::new("a;=\r\nb", "v; Domain=x\r\nSet-Cookie: é\"", false);

        assert_eq!(cookie.name(), "ab");
        assert_eq!(cookie.value(), "vDomain=xSet-Cookie:");
    }

    #[test]
    fn debug_output_has_no_values() {
        let cookie = SetCookie::new("sid", "s3cret", true);

        assert!(!format!("{cookie:?}").contains("s3cret"));
        assert_eq!(format!("{:?}", find_sid(&[b"sid=s3cret"])), "One(..)");
    }
}
