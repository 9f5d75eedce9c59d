//! The names of the keys; the front page of this crate lists them.

use threelo::store::RowKind;

/// A checked prefix, which all keys begin with.
#[derive(Clone, Debug)]
pub(crate) struct Prefix(String);

impl Prefix {
    /// Accepts 1 to 64 letters, digits, `:`, `-` and `_`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":-_".contains(&byte);
        let good = (1..=64).contains(&text.len()) && text.bytes().all(is_plain);
        good.then(|| Self(text.to_owned()))
    }

    /// The hash of a row.
    pub(crate) fn row(&self, kind: RowKind, key: &str) -> String {
        format!("{}:{}:{key}", self.0, kind.as_str())
    }

    /// The set of the rows of an owner.
    pub(crate) fn owner(&self, kind: RowKind, owner: &str) -> String {
        format!("{}:{}-of:{owner}", self.0, kind.as_str())
    }

    /// The set of the grants with a subject.
    pub(crate) fn subject(&self, subject: &str) -> String {
        format!("{}:grant-by:{subject}", self.0)
    }

    /// The sorted set of the owners of grants.
    pub(crate) fn owners(&self) -> String {
        format!("{}:grant-owners", self.0)
    }

    /// The version of the keys. No program has written it yet: it is 1 where there is none.
    pub(crate) fn schema(&self) -> String {
        format!("{}:schema", self.0)
    }

    /// A spent mark.
    pub(crate) fn mark(&self, mark: &str) -> String {
        format!("{}:mark:{mark}", self.0)
    }

    /// The sorted set of the lease slots that may not be empty, by the time at which each was written.
    pub(crate) fn leases(&self) -> String {
        format!("{}:leases", self.0)
    }

    /// The lease slot of a grant.
    pub(crate) fn lease(&self, key: &str) -> String {
        format!("{}:lease:{key}", self.0)
    }
}
