//! A strict reader for query strings and form bodies.
//!
//! It does not guess. A parameter that occurs twice, or that cannot be decoded, is reported as such: RFC 6749 section
//! 3.1 forbids repeated parameters, and parsers disagree about which one counts (docs/attacks.md T031). Bytes that are
//! not UTF-8 are not replaced, because replaced texts could compare equal (docs/attacks.md T032).

use std::borrow::Cow;
use std::fmt;

use crate::message::percent::split_escape;

/// The longest query or body that is read, in bytes. A callback with a code of 4096 bytes fits.
const MAX_LEN: usize = 8 * 1024;

/// The most parameters that are read. Looking a name up is a walk over all of them, so their number must be small
/// (docs/attacks.md T202, T203).
const MAX_PARAMETERS: usize = 64;

/// The query has more than 8 KiB or more than 64 parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("query is too large")]
pub struct TooLarge;

/// What a query says about one parameter.
#[derive(Clone, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_enums,
    reason = "these are all the cases there are, and callers must treat each"
)]
pub enum Param<'a> {
    /// The name does not occur.
    Absent,
    /// The name occurs once, and this is its decoded value, which may be empty.
    One(Cow<'a, str>),
    /// The name occurs more than once, even if all values are equal.
    Repeated,
    /// The name occurs once, with a broken escape or with bytes that are not UTF-8.
    Malformed,
}

/// Shows no value, because it may be a code or a state.
impl fmt::Debug for Param<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "Absent",
            Self::One(_) => "One(..)",
            Self::Repeated => "Repeated",
            Self::Malformed => "Malformed",
        })
    }
}

/// The parameters of a query string or of an `application/x-www-form-urlencoded` body, decoded exactly once.
///
/// ```
/// use threelo::internals::query::{Param, Query};
///
/// let query = Query::parse(b"return_to=%2Fboard%3Fweek%3D7&site=a&site=b").unwrap();
/// assert_eq!(query.one("return_to"), Some("/board?week=7"));
/// assert_eq!(query.param("site"), Param::Repeated);
/// ```
#[derive(Default)]
pub struct Query {
    parameters: Vec<Parameter>,
}

struct Parameter {
    /// Decoded.
    name: String,
    /// `None` if the value does not decode.
    value: Option<String>,
}

impl Query {
    /// Reads the bytes after the `?`, or a form body. Parameters whose names cannot be decoded are left out.
    ///
    /// # Errors
    ///
    /// [`TooLarge`] if there are more than 8 KiB or more than 64 parameters.
    pub fn parse(raw: &[u8]) -> Result<Self, TooLarge> {
        if raw.len() > MAX_LEN {
            return Err(TooLarge);
        }
        let pairs = || {
            raw.split(|&byte| byte == b'&')
                .filter(|pair| !pair.is_empty())
        };
        if pairs().count() > MAX_PARAMETERS {
            return Err(TooLarge);
        }
        Ok(Self {
            parameters: pairs().filter_map(Parameter::parse).collect(),
        })
    }

    /// What the query says about `name`, which is compared with the decoded names byte by byte: `%63ode` is `code`.
    pub fn param(&self, name: &str) -> Param<'_> {
        let mut found = self.parameters.iter().filter(|found| found.name == name);
        let Some(first) = found.next() else {
            return Param::Absent;
        };
        if found.next().is_some() {
            return Param::Repeated;
        }
        first
            .value
            .as_deref()
            .map_or(Param::Malformed, |value| Param::One(Cow::Borrowed(value)))
    }

    /// The value of `name`, if it occurs exactly once and can be decoded.
    pub fn one(&self, name: &str) -> Option<&str> {
        let mut found = self.parameters.iter().filter(|found| found.name == name);
        let first = found.next()?;
        if found.next().is_some() {
            return None;
        }
        first.value.as_deref()
    }
}

/// Shows no names and no values: both come from the request and may be secret.
impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Query({} parameters)", self.parameters.len())
    }
}

impl Parameter {
    /// Reads `name=value`; without a `=` the value is empty. `None` if the name cannot be decoded: no name that is
    /// asked for could equal it.
    fn parse(pair: &[u8]) -> Option<Self> {
        let mut halves = pair.splitn(2, |&byte| byte == b'=');
        let name = decode(halves.next()?)?;
        let value = decode(halves.next().unwrap_or_default());
        Some(Self { name, value })
    }
}

/// Decodes a form-encoded text: `+` is a space, and `%2B` a plus sign. `None` for a broken escape and for bytes that
/// are not UTF-8.
fn decode(encoded: &[u8]) -> Option<String> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((&first, tail)) = rest.split_first() {
        let (byte, after) = match first {
            b'+' => (b' ', tail),
            b'%' => split_escape(rest)?,
            plain => (plain, tail),
        };
        decoded.push(byte);
        rest = after;
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(raw: &str) -> Query {
        Query::parse(raw.as_bytes()).unwrap()
    }

    #[test]
    fn a_value_is_decoded_exactly_once() {
        let query = query("a=x+y%2Bz&b=%252F&c=%c3%A9&d=a=b");

        assert_eq!(query.one("a"), Some("x y+z"));
        assert_eq!(query.one("b"), Some("%2F"));
        assert_eq!(query.one("c"), Some("é"));
        assert_eq!(query.one("d"), Some("a=b"));
    }

    #[test]
    fn a_name_is_decoded_before_it_is_compared() {
        let query = query("%63ode=1&a+b=2&%zz=3&%ff=4&?x=5&y%00=6");

        assert_eq!(query.one("code"), Some("1"));
        assert_eq!(query.one("a b"), Some("2"));
        for name in ["%zz", "%ff", "\u{fffd}", "x", "y", ""] {
            assert_eq!(query.param(name), Param::Absent, "{name}");
        }
    }

    #[test]
    fn a_second_occurrence_makes_a_parameter_unusable() {
        for raw in ["a=1&a=1", "a=1&%61=2", "a=1&a", "a=%ff&a=1", "a=1&b=2&a=%"] {
            let query = query(raw);

            assert_eq!(query.param("a"), Param::Repeated, "{raw}");
            assert_eq!(query.one("a"), None, "{raw}");
        }
    }

    #[test]
    fn a_value_that_does_not_decode_is_malformed() {
        for raw in ["a=%", "a=%2", "a=%zz", "a=%+1", "a=%ff", "a=%ed%a0%80"] {
            assert_eq!(query(raw).param("a"), Param::Malformed, "{raw}");
            assert_eq!(query(raw).one("a"), None, "{raw}");
        }
        assert_eq!(
            Query::parse(b"a=\xff").unwrap().param("a"),
            Param::Malformed
        );
    }

    #[test]
    fn a_name_without_a_value_has_the_empty_value() {
        let query = query("&&a&=x&b=");

        assert_eq!(query.one("a"), Some(""));
        assert_eq!(query.one("b"), Some(""));
        assert_eq!(query.one(""), Some("x"));
    }

    #[test]
    fn a_query_at_the_limits_is_read_and_one_beyond_is_not() {
        let of_pairs = |count: usize| vec!["a=1"; count].join("&");

        assert!(Query::parse(of_pairs(64).as_bytes()).is_ok());
        assert_eq!(Query::parse(of_pairs(65).as_bytes()).err(), Some(TooLarge));
        assert!(Query::parse(&[b'a'; 8192]).is_ok());
        assert_eq!(Query::parse(&[b'a'; 8193]).err(), Some(TooLarge));
    }

    #[test]
    fn debug_output_has_no_values() {
        let query = query("code=s3cret");

        assert_eq!(format!("{query:?}"), "Query(1 parameters)");
        assert_eq!(format!("{:?}", query.param("code")), "One(..)");
    }
}
