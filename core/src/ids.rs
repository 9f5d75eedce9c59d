//! Identifiers and random tokens, each parsed once.
//!
//! A value that exists has been checked, so the code above this module compares, stores and sends these types without
//! looking at their text again. Ids are ordinary text and may be logged; tokens, tickets and hashes print their type
//! only (docs/attacks.md T206).

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::Digest as _;
use sha2::Sha256;
use zeroize::Zeroize as _;

use crate::secret::opaque_debug;

/// An Atlassian account id: stable, opaque, and the same on every site.
///
/// It is the only key by which people are identified. Names and e-mail addresses change, can be hidden and can pass to
/// another person, so they never stand in its place (docs/attacks.md T019, docs/decisions/0013).
///
/// ```
/// use threelo::AccountId;
///
/// # fn main() -> Result<(), threelo::InvalidId> {
/// let account = AccountId::parse("712020:6b3c5d1e-2f7a-4c0b-9d8e-1a2b3c4d5e6f")?;
/// assert_ne!(account, AccountId::parse("712020:6B3C5D1E-2F7A-4C0B-9D8E-1A2B3C4D5E6F")?);
/// assert!(AccountId::parse("unknown").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(Arc<str>);

impl AccountId {
    /// Accepts 1 to 128 printable ASCII characters without spaces. Ids are compared byte by byte: case counts, and
    /// Unicode forms cannot make two ids look alike (docs/attacks.md T022).
    ///
    /// # Errors
    ///
    /// [`InvalidId`] for anything else, and for the word `unknown`, which Atlassian uses where it names no account
    /// (docs/protocol.md section 5): as an id, it would give different people the same grant.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let fits = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if !fits || text == "unknown" {
            return Err(InvalidId("account id"));
        }
        Ok(Self(text.into()))
    }

    /// The id, exactly as Atlassian wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a site (a tenant of Atlassian Cloud): a UUID in lower case. Atlassian calls it `cloudid`.
///
/// It becomes a part of the path of every call to Jira and Confluence, so nothing but a UUID is accepted
/// (docs/attacks.md T150).
///
/// ```
/// use threelo::CloudId;
///
/// # fn main() -> Result<(), threelo::InvalidId> {
/// let site = CloudId::parse("11223344-A1B2-4B33-8444-DEF123456789")?;
/// assert_eq!(site.as_str(), "11223344-a1b2-4b33-8444-def123456789");
/// assert!(CloudId::parse("../../oauth/token").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CloudId(Arc<str>);

impl CloudId {
    /// Accepts a UUID in its 36-character form, in either case and of any version.
    ///
    /// # Errors
    ///
    /// [`InvalidId`] for anything else, so that no id can leave its segment of a path.
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

    /// The id in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CloudId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The app's own user id, in connect mode: the key by which the app's sessions identify a user.
///
/// Subjects are compared byte by byte, so give the same spelling every time. In a database a subject stands as a hash
/// and in sealed rows. Take a key that is never reused: a new user with an old id would inherit the connected accounts.
///
/// ```
/// use threelo::Subject;
///
/// # fn main() -> Result<(), threelo::InvalidId> {
/// let user = Subject::parse(4711.to_string())?;
/// assert_eq!(user.as_str(), "4711");
/// assert!(Subject::parse("").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject(Arc<str>);

impl Subject {
    /// Accepts 1 to 256 bytes without control characters. Nothing is trimmed or normalized.
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

    /// The id as the app gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Distinguishes the grants of one account at a resource-level app, where every consent makes a grant of its own
/// (docs/decisions/0037). Account-level apps have no such id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConsentId(Arc<str>);

impl ConsentId {
    /// Accepts 1 to 64 ASCII letters, digits, `-` and `_`, so that it fits into keys of every store.
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

    /// Makes an id of 16 random bytes: 22 characters of base64url.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bytes).into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is not an id of the kind that was expected. It names the kind and never repeats the text.
///
/// ```
/// use threelo::CloudId;
///
/// let error = CloudId::parse("my site").unwrap_err();
/// assert_eq!(error.to_string(), "not a valid cloud id");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}")]
pub struct InvalidId(&'static str);

/// 256 random bits with exactly one accepted spelling: 43 characters of unpadded base64url (RFC 4648 section 5).
///
/// The last character carries two unused bits, which must be zero: otherwise four texts would name one session
/// (docs/attacks.md T084). The bytes are wiped on drop.
#[derive(Clone, PartialEq, Eq)]
struct RandomToken([u8; 32]);

impl RandomToken {
    /// Reads the one spelling. `None` for padding, unused bits that are set, the other alphabet, and any other length.
    fn parse(text: &[u8]) -> Option<Self> {
        if text.len() != 43 {
            return None;
        }
        let mut bytes = [0; 32];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        (length == 32).then_some(Self(bytes))
    }

    /// The spelling that [`parse`](Self::parse) reads.
    fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// SHA-256 of the bytes. A plain hash is enough, because 256 random bits cannot be guessed.
    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl Drop for RandomToken {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The secret that a browser presents to be signed in: 256 random bits, in a cookie or as a bearer token.
///
/// Stores see only a [hash](SessionTokenHash), so a dump of a database contains nothing that works as a cookie
/// (docs/attacks.md T095).
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
    /// Makes a token of bytes that must come from the operating system's generator.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(RandomToken(bytes))
    }

    /// Reads exactly 43 characters of unpadded base64url in canonical form; every other spelling is refused.
    pub fn parse(text: &[u8]) -> Option<Self> {
        RandomToken::parse(text).map(Self)
    }

    /// The text for the browser: 43 characters of base64url.
    pub fn encode(&self) -> String {
        self.0.encode()
    }

    /// The SHA-256 of the bytes alone, without kind and place. Sessions are stored under
    /// [`session_key`](crate::internals::session_key) and its siblings instead.
    pub fn hash(&self) -> SessionTokenHash {
        SessionTokenHash(self.0.hash())
    }

    /// The hash of a token that is valid in one way only. As another kind (cookie, partitioned cookie, bearer), or in
    /// another place (environment, client id, origin), the same token has another hash and is unknown
    /// (docs/decisions/0026). The parts are separated by zero bytes, which none of them contains.
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

/// SHA-256 over a [`SessionToken`], its kind and its place: the key under which stores keep the session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionTokenHash(pub [u8; 32]);

impl SessionTokenHash {
    /// A short name of the session for lists and addresses: 16 characters of base64url. It is not accepted as a cookie.
    pub fn handle(&self) -> String {
        let mut text = URL_SAFE_NO_PAD.encode(self.0);
        text.truncate(16);
        text
    }
}

opaque_debug!(SessionTokenHash);

/// The `state` of a flow (RFC 6749 section 4.1.1): 256 random bits that connect the answer from Atlassian with the flow
/// cookie of the browser that started the flow. It is what stops login CSRF (docs/attacks.md T004).
#[derive(Clone, PartialEq, Eq)]
pub struct FlowState(RandomToken);

impl FlowState {
    /// Makes a state of bytes that must come from the operating system's generator.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(RandomToken(bytes))
    }

    /// Reads exactly 43 characters of unpadded base64url in canonical form; every other spelling is refused.
    pub fn parse(text: &[u8]) -> Option<Self> {
        RandomToken::parse(text).map(Self)
    }

    /// The value of the parameter: 43 characters that need no percent-encoding.
    pub fn encode(&self) -> String {
        self.0.encode()
    }

    /// The SHA-256 of the bytes.
    pub fn hash(&self) -> FlowStateHash {
        FlowStateHash(self.0.hash())
    }
}

opaque_debug!(FlowState);

/// SHA-256 of a [`FlowState`]: a name of the flow that reveals nothing of its state. It is part of the flow cookie's
/// name and the key under which the state is marked as spent.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FlowStateHash([u8; 32]);

impl FlowStateHash {
    /// The 32 bytes of the hash.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

opaque_debug!(FlowStateHash);

/// The sealed text that a page of another origin redeems for a session, once and within a minute
/// (docs/decisions/0064).
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct HandoffTicket(String);

impl HandoffTicket {
    /// Takes any text. It is checked only when it is opened and redeemed.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The sealed text, as it travels in a message or a fragment.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The SHA-256 of the text, under which a ticket is marked as spent.
    pub(crate) fn hash(&self) -> HandoffTicketHash {
        HandoffTicketHash(Sha256::digest(&self.0).into())
    }
}

opaque_debug!(HandoffTicket);

/// SHA-256 of a [`HandoffTicket`]. It can become a [`MarkKey`] and nothing else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct HandoffTicketHash([u8; 32]);

/// The key of something that can be spent once: a flow's state, a handoff ticket, or the right to clean up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MarkKey(pub [u8; 32]);

impl MarkKey {
    /// The mark of a name inside this process. It cannot collide with a state or a ticket, which are hashes of random
    /// or sealed values.
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
