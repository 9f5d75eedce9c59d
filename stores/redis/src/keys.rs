//! The names of keys.

use threelo::store::RowKind;

/// What stands before all of them.
#[derive(Clone, Debug)]
pub(crate) struct Prefix(String);

impl Prefix {
    /// 1 to 64 letters, digits, `:`, `-` and `_`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":-_".contains(&byte);
        let good = (1..=64).contains(&text.len()) && text.bytes().all(is_plain);
        good.then(|| Self(text.to_owned()))
    }

    pub(crate) fn row(&self, kind: RowKind, key: &str) -> String {
        format!("{}:{}:{key}", self.0, kind.as_str())
    }

    pub(crate) fn owner(&self, kind: RowKind, owner: &str) -> String {
        format!("{}:{}-of:{owner}", self.0, kind.as_str())
    }

    pub(crate) fn subject(&self, subject: &str) -> String {
        format!("{}:grant-by:{subject}", self.0)
    }

    pub(crate) fn owners(&self) -> String {
        format!("{}:grant-owners", self.0)
    }

    pub(crate) fn mark(&self, mark: &str) -> String {
        format!("{}:mark:{mark}", self.0)
    }

    pub(crate) fn lease(&self, key: &str) -> String {
        format!("{}:lease:{key}", self.0)
    }
}
