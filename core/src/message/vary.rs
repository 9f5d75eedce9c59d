//! What a reply varies by.

/// One `Vary` of those that a reply had and of what else it varies by, each name once: some layers keep only the first of
/// several fields.
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
