//! What the built-in pages say, in every language that they speak.
//!
//! All of it is constant: names, addresses and scopes are put into these texts by the other files, and nothing of a request
//! is ever part of them (docs/attacks.md T134, T135). The texts address visitors, who know neither OAuth nor this library.

mod english;
mod german;
mod table;

pub use self::table::{PageText, Texts};

impl Texts {
    /// English.
    pub const fn english() -> Self {
        english::ENGLISH
    }

    /// German.
    pub const fn german() -> Self {
        german::GERMAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every text of a language, in the order of the table.
    fn all(texts: &Texts) -> Vec<String> {
        let shown = format!("{texts:?}");
        let mut found = Vec::new();
        let mut rest = shown.as_str();
        while let Some((_, after)) = rest.split_once('"') {
            let end = after.find('"').unwrap();
            found.push(after[..end].to_owned());
            rest = &after[end + 1..];
        }
        found
    }

    #[test]
    fn german_is_complete_and_has_the_same_places_for_names() {
        let (english, german) = (all(&Texts::english()), all(&Texts::german()));
        assert_eq!(english.len(), german.len());
        assert!(english.len() > 150, "{}", english.len());
        for (one, other) in english.iter().zip(&german) {
            assert_eq!(one.is_empty(), other.is_empty(), "{one}");
            assert_eq!(
                one.matches("{}").count(),
                other.matches("{}").count(),
                "{one}"
            );
            let is_name = one == "Sites";
            assert!(
                one.is_empty() || is_name || one != other || *one == "{} sites",
                "{one}"
            );
        }
    }
}
