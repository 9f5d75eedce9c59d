//! Identifiers, each checked once.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::Digest as _;
use sha2::Sha256;
use zeroize::Zeroize as _;

use crate::secret::opaque_debug;

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

/// 256 random bits in their one spelling: 43 characters of unpadded base64url.
#[derive(Clone, PartialEq, Eq)]
struct RandomToken([u8; 32]);

impl RandomToken {
    fn parse(text: &[u8]) -> Option<Self> {
        if text.len() != 43 {
            return None;
        }
        let mut bytes = [0; 32];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        (length == 32).then_some(Self(bytes))
    }

    fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl Drop for RandomToken {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// What a browser shows to be signed in: 256 random bits, in a cookie or as a bearer token. Stores see its
/// [hash](SessionTokenHash) only.
///
/// ```
/// use threelo::internals::SessionToken;
///
/// let token = SessionToken::from_bytes([7; 32]);
/// assert_eq!(token.encode().len(), 43);
/// assert!(SessionToken::parse(b"too short").is_none());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(RandomToken);

impl SessionToken {
    /// Makes a token of random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(RandomToken(bytes))
    }

    /// Reads exactly 43 characters of unpadded base64url in canonical form; every alias is refused.
    pub fn parse(text: &[u8]) -> Option<Self> {
        RandomToken::parse(text).map(Self)
    }

    /// The text that the browser gets.
    pub fn encode(&self) -> String {
        self.0.encode()
    }

    /// The SHA-256 of the bytes.
    pub fn hash(&self) -> SessionTokenHash {
        SessionTokenHash(self.0.hash())
    }

    /// The hash of a token that is good in one way only: as another kind, or in another place, it is unknown.
    pub(crate) fn hash_of(&self, kind: &str, places: [&str; 3]) -> SessionTokenHash {
        let mut hash = Sha256::new_with_prefix(kind);
        for place in places {
            hash.update([0]);
            hash.update(place);
        }
        hash.update([0]);
        hash.update(self.0.0);
        SessionTokenHash(hash.finalize().into())
    }
}

opaque_debug!(SessionToken);

/// SHA-256 of a [`SessionToken`], its kind and its place: the key under which stores keep the session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionTokenHash(pub [u8; 32]);

impl SessionTokenHash {
    /// A short name for people and pages: 16 characters of base64url, of no use as a cookie.
    pub fn handle(&self) -> String {
        let mut text = URL_SAFE_NO_PAD.encode(self.0);
        text.truncate(16);
        text
    }
}

opaque_debug!(SessionTokenHash);

/// The `state` of a flow (RFC 6749 section 4.1.1): 256 random bits that name the flow at Atlassian and in the browser
/// that started it.
#[derive(Clone, PartialEq, Eq)]
pub struct FlowState(RandomToken);

impl FlowState {
    /// Makes a state of random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(RandomToken(bytes))
    }

    /// Reads exactly 43 characters of unpadded base64url in canonical form; every alias is refused.
    pub fn parse(text: &[u8]) -> Option<Self> {
        RandomToken::parse(text).map(Self)
    }

    /// The parameter's value.
    pub fn encode(&self) -> String {
        self.0.encode()
    }

    /// The SHA-256 of the bytes.
    pub fn hash(&self) -> FlowStateHash {
        FlowStateHash(self.0.hash())
    }
}

opaque_debug!(FlowState);

/// SHA-256 of a [`FlowState`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FlowStateHash([u8; 32]);

impl FlowStateHash {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

opaque_debug!(FlowStateHash);

/// The sealed text that a page of another origin redeems for a session, once and within a minute.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct HandoffTicket(String);

impl HandoffTicket {
    /// Takes the text; whether it opens is another question.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The SHA-256 of the text.
    pub(crate) fn hash(&self) -> HandoffTicketHash {
        HandoffTicketHash(Sha256::digest(&self.0).into())
    }
}

opaque_debug!(HandoffTicket);

/// SHA-256 of a [`HandoffTicket`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct HandoffTicketHash([u8; 32]);

/// What is spent once, by its hash: a flow's state, a handoff ticket, or the right to clean up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MarkKey(pub [u8; 32]);

impl MarkKey {
    /// The mark of a name that no browser sends.
    pub(crate) fn named(name: &str) -> Self {
        Self(Sha256::digest(name).into())
    }
}

impl From<FlowStateHash> for MarkKey {
    fn from(hash: FlowStateHash) -> Self {
        Self(hash.0)
    }
}

impl From<HandoffTicketHash> for MarkKey {
    fn from(hash: HandoffTicketHash) -> Self {
        Self(hash.0)
    }
}

opaque_debug!(MarkKey);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_token_has_exactly_one_spelling() {
        let text = SessionToken::from_bytes([7; 32]).encode();

        assert!(SessionToken::parse(text.as_bytes()).is_some());
        assert!(SessionToken::parse(format!("{text}=").as_bytes()).is_none());
        // The last character carries two unused bits: its neighbour decodes to the same bytes elsewhere.
        let alias = format!("{}d", &text[..42]);
        assert!(alias == text || SessionToken::parse(alias.as_bytes()).is_none());
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
