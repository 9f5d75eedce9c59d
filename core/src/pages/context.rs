//! For whom a page is rendered.

use std::fmt;

/// The request that a page answers, as far as a page may depend on it.
///
/// ```
/// use threelo::pages::PageContext;
///
/// let context = PageContext::new(Some("fr;q=0.5, de-AT, en;q=0.8"), "/auth/sites");
/// assert_eq!(context.preferred(&["en", "de"]), Some("de"));
/// assert_eq!(context.preferred(&["pt"]), None);
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct PageContext<'a> {
    /// What languages the visitor reads: `Accept-Language` as the browser sent it (RFC 9110 section 12.5.4). It comes from
    /// the request: choose by it, and never show it.
    pub accept_language: Option<&'a str>,
    /// The path of the page, without its query, which may hold a code. It comes from the request, too: escape it.
    pub place: &'a str,
}

impl fmt::Debug for PageContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageContext(..)")
    }
}

/// How many languages of a request are looked at.
const MOST: usize = 16;

impl<'a> PageContext<'a> {
    /// A request at `place`, for tests of pages. A query is left out.
    pub fn new(accept_language: Option<&'a str>, place: &'a str) -> Self {
        Self {
            accept_language,
            place: place.split('?').next().unwrap_or_default(),
        }
    }

    /// The language among `offered` that the visitor prefers; `None` if they read none of them. A language matches its
    /// regions and the other way round: `de` is right for who asks for `de-AT`, and `pt-BR` for who asks for `pt`.
    pub fn preferred<'o>(&self, offered: &[&'o str]) -> Option<&'o str> {
        let accepted = self.accept_language?.split(',').take(MOST);
        let mut ranges: Vec<(f32, &str)> = accepted.filter_map(range).collect();
        // Stable: of two equal ones the first counts.
        ranges.sort_by(|one, other| other.0.total_cmp(&one.0));
        let mut wanted = ranges.iter().map(|(_, tag)| *tag);
        wanted.find_map(|tag| {
            let is_it = |offer: &&&str| offer.eq_ignore_ascii_case(tag);
            let is_like = |offer: &&&str| primary(offer).eq_ignore_ascii_case(primary(tag));
            let found = offered.iter().find(is_it);
            found.or_else(|| offered.iter().find(is_like)).copied()
        })
    }
}

/// One entry: how much it is wanted, and its language; `None` for what is not wanted, and for what cannot be read.
fn range(entry: &str) -> Option<(f32, &str)> {
    let mut parts = entry.split(';');
    let tag = parts.next()?.trim();
    let weight = match parts.next() {
        None => 1.0,
        Some(weight) => weight.trim().strip_prefix("q=")?.parse().ok()?,
    };
    let is_tag = !tag.is_empty()
        && tag
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (is_tag && weight > 0.0 && weight <= 1.0).then_some((weight, tag))
}

/// The language without its region.
fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_what_the_visitor_wants_most_among_those_that_there_are() {
        for (accepted, expected) in [
            ("de", Some("de")),
            ("de-AT,de;q=0.9,en;q=0.8", Some("de")),
            ("en-US,en;q=0.9,de;q=0.8", Some("en")),
            ("fr, de;q=0.2, en;q=0.1", Some("de")),
            ("DE", Some("de")),
            ("de;q=0, en", Some("en")),
            ("de;q=0", None),
            ("fr", None),
            ("*", None),
            ("", None),
            (",,;;q=,de;q=x,de;q=NaN,\u{e9}", None),
            ("den", None),
        ] {
            let context = PageContext::new(Some(accepted), "/");
            assert_eq!(context.preferred(&["en", "de"]), expected, "{accepted}");
        }
        assert_eq!(PageContext::new(None, "/").preferred(&["en"]), None);
        let portuguese = PageContext::new(Some("pt"), "/");
        assert_eq!(portuguese.preferred(&["pt-BR"]), Some("pt-BR"));
    }
}
