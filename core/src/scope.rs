//! Sets of OAuth scopes (RFC 6749 section 3.3).

use std::collections::BTreeSet;
use std::fmt;

/// A set of scopes. Order and repetition do not matter, because a token response lists the scopes in another order than
/// the request (docs/protocol.md section 2.2): compare sets, never texts.
///
/// Names are kept as given, and compared byte by byte. Whether Atlassian knows a scope is not checked here.
///
/// ```
/// use threelo::Scopes;
///
/// let granted = Scopes::parse("read:me offline_access read:jira-work");
/// let needed: Scopes = ["read:jira-work", "write:jira-work"].into_iter().collect();
///
/// assert!(!granted.covers(&needed));
/// assert_eq!(needed.minus(&granted).to_string(), "write:jira-work");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<String>);

impl Scopes {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a list that is separated by ASCII white space; an empty text is the empty set.
    pub fn parse(text: &str) -> Self {
        text.split_ascii_whitespace().collect()
    }

    /// Whether `scope` is in the set.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// Whether every scope of `wanted` is in this set. The empty set is covered by every set. Implied scopes are not
    /// derived: `write:jira-work` does not cover `read:jira-work`.
    pub fn covers(&self, wanted: &Self) -> bool {
        wanted.0.is_subset(&self.0)
    }

    /// The scopes that are in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// The scopes that are in this set and not in `other`.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).cloned().collect())
    }

    /// The scopes in alphabetical order, so that texts made from equal sets are equal.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many scopes the set has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether any scope belongs to a product, so that the grant can reach sites. `read:me`, `read:account` and
    /// `offline_access` alone reach none, and the list of sites need not be read for them.
    pub fn reach_sites(&self) -> bool {
        self.iter()
            .any(|scope| !matches!(scope, "read:me" | "offline_access" | "read:account"))
    }
}

impl<S: Into<String>> FromIterator<S> for Scopes {
    fn from_iter<I: IntoIterator<Item = S>>(scopes: I) -> Self {
        Self(scopes.into_iter().map(Into::into).collect())
    }
}

/// Writes the scopes as the `scope` parameter has them: in alphabetical order, separated by single spaces.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            write!(f, "{gap}{scope}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_repetition_do_not_matter() {
        assert_eq!(Scopes::parse("b a  b"), Scopes::parse("a b"));
    }

    #[test]
    fn identity_scopes_reach_no_site() {
        assert!(!Scopes::parse("read:me offline_access").reach_sites());
        assert!(Scopes::parse("read:me read:jira-work").reach_sites());
    }
}
