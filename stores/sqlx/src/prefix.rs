//! The prefix of the tables' names.

use crate::error::SqlSetupError;

/// A checked prefix: it can be part of a statement's text without quoting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prefix(String);

impl Prefix {
    /// Accepts 1 to 32 lower-case letters, digits and `_`, beginning with a letter.
    ///
    /// # Errors
    ///
    /// [`SqlSetupError::Prefix`] for anything else.
    pub(crate) fn parse(text: &str) -> Result<Self, SqlSetupError> {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let good = (1..=32).contains(&text.len())
            && text.bytes().all(is_plain)
            && text.as_bytes()[0].is_ascii_lowercase();
        if !good {
            return Err(SqlSetupError::Prefix(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The prefix as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_cannot_become_a_statement() {
        assert!(Prefix::parse("threelo_").is_ok());
        for bad in ["", "1a", "a b", "a;", "a\"", "A", "_a", &"a".repeat(33)] {
            assert!(Prefix::parse(bad).is_err(), "{bad}");
        }
    }
}
