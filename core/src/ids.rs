//! Identifiers, each checked once.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::Digest as _;
use sha2::Sha256;
use zeroize::Zeroize as _;

/// An Atlassian account id: stable, the same on every site, opaque. The only key by which people are known.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(Arc<str>);

impl AccountId {
    /// Accepts 1 to 128 printable ASCII characters without spaces, compared byte by byte.
    ///
    /// # Errors
    ///
    /// [`InvalidId`] for anything else, and for the word `unknown`, which Atlassian uses for nobody.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let fits = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if !fits || text == "unknown" {
            return Err(InvalidId("account id"));
        }
        Ok(Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a site (a tenant): a UUID, kept in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CloudId(Arc<str>);

impl CloudId {
    /// Accepts a UUID in its 36-character form.
    ///
    /// # Errors
    ///
    /// [`InvalidId`] for anything else, so that no id can leave its place in a path.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let is_uuid = text.len() == 36
            && text.bytes().enumerate().all(|(index, byte)| match index {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            });
        if !is_uuid {
            return Err(InvalidId("cloud id"));
        }
        Ok(Self(text.to_ascii_lowercase().into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CloudId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The app's own user id, in connect mode: whatever the app's sessions call a user by. Compared byte by byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject(Arc<str>);

impl Subject {
    /// Accepts 1 to 256 bytes without control characters.
    ///
    /// # Errors
    ///
    /// [`InvalidId`] for anything else.
    pub fn parse(text: impl AsRef<str>) -> Result<Self, InvalidId> {
        let text = text.as_ref();
        let fits = (1..=256).contains(&text.len()) && !text.chars().any(char::is_control);
        if !fits {
            return Err(InvalidId("subject"));
        }
        Ok(Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Tells the grants of one account apart where each consent makes one: resource-level apps.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConsentId(Arc<str>);

impl ConsentId {
    /// Accepts 1 to 64 letters, digits, `-` and `_`.
    ///
    /// # Errors
    ///
    /// [`InvalidId`] for anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if !(1..=64).contains(&text.len()) || !text.bytes().all(is_plain) {
            return Err(InvalidId("consent id"));
        }
        Ok(Self(text.into()))
    }

    /// Makes an id of random bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bytes).into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is not the id it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}")]
pub struct InvalidId(&'static str);

/// 256 random bits that only the right browser knows: a session cookie's value, or a flow's `state`.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket([u8; 32]);

impl Ticket {
    /// Makes a ticket of random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads exactly 43 characters of unpadded base64url in canonical form; every alias is refused.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() != 43 {
            return None;
        }
        let mut bytes = [0; 32];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        (length == 32).then_some(Self(bytes))
    }

    /// The text that the browser gets.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What stores see: the SHA-256 of the bytes.
    pub fn hash(&self) -> TicketHash {
        TicketHash(Sha256::digest(self.0).into())
    }

    /// The same for a ticket that is good in one way only: as another kind, or in another place, it is unknown.
    pub(crate) fn hash_of(&self, kind: &str, places: [&str; 3]) -> TicketHash {
        let mut hash = Sha256::new_with_prefix(kind);
        for place in places {
            hash.update([0]);
            hash.update(place);
        }
        hash.update([0]);
        hash.update(self.0);
        TicketHash(hash.finalize().into())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(..)")
    }
}

/// SHA-256 of a [`Ticket`]: the key under which stores keep a session or a spent state.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TicketHash(pub [u8; 32]);

impl TicketHash {
    /// A short name for people and pages: 16 characters of base64url, of no use as a cookie.
    pub fn handle(&self) -> String {
        let mut text = URL_SAFE_NO_PAD.encode(self.0);
        text.truncate(16);
        text
    }
}

impl fmt::Debug for TicketHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_has_exactly_one_spelling() {
        let text = Ticket::from_bytes([7; 32]).encode();

        assert!(Ticket::parse(text.as_bytes()).is_some());
        assert!(Ticket::parse(format!("{text}=").as_bytes()).is_none());
        // The last character carries two unused bits: its neighbour decodes to the same bytes elsewhere.
        let alias = format!("{}d", &text[..42]);
        assert!(alias == text || Ticket::parse(alias.as_bytes()).is_none());
    }

    #[test]
    fn a_cloud_id_cannot_leave_its_place() {
        assert!(CloudId::parse("11223344-a1b2-3b33-c444-def123456789").is_ok());
        for bad in [
            "",
            "../../oauth/token",
            "11223344-a1b2-3b33-c444-def12345678/",
            "%2e%2e",
        ] {
            assert!(CloudId::parse(bad).is_err(), "{bad}");
        }
    }
}
