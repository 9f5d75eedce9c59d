//! The `Vary` field of a reply (RFC 9110 section 12.5.5).

/// Joins the `Vary` fields that a reply has with further names, each name once, in one field.
///
/// Some layers keep only the first of several `Vary` fields. A name that is lost lets a cache show the page of one
/// visitor to another (docs/attacks.md T121). Names are compared without regard to case, and the first spelling stays.
///
/// ```
/// let had: [&[u8]; 2] = [b"Accept-Encoding", b"origin"];
/// let joined = threelo::adapter::joined_vary(had.into_iter(), "Cookie, Origin");
/// assert_eq!(joined, "Accept-Encoding, origin, Cookie");
/// ```
pub fn joined_vary<'a>(had: impl Iterator<Item = &'a [u8]>, more: &str) -> String {
    let had: Vec<_> = had.map(String::from_utf8_lossy).collect();
    let had = had.iter().flat_map(|field| field.split(','));
    let mut names: Vec<&str> = Vec::new();
    for name in had.chain(more.split(',')).map(str::trim) {
        if !name.is_empty() && !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name);
        }
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_comes_once_and_none_is_lost() {
        let had: [&[u8]; 3] = [b"Accept-Encoding,cookie", b"", b"Origin"];

        let joined = joined_vary(had.into_iter(), "Cookie, Origin, Authorization");

        assert_eq!(joined, "Accept-Encoding, cookie, Origin, Authorization");
    }
}
