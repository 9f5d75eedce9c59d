//! Authenticated encryption with a ring of keys.
//!
//! A sealed value is: a version byte, the length of the key id, the key id, a nonce of 24 bytes, and the ciphertext of
//! XChaCha20-Poly1305 with its tag of 16 bytes. Version, id, purpose and the caller's associated parts are
//! authenticated, so that a value opens only where it belongs (docs/attacks.md T166 to T168). A nonce of 24 bytes can
//! be drawn at random for any number of values (docs/attacks.md T169).

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chacha20poly1305::KeyInit as _;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead as _, Payload};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const NONCE_LEN: usize = 24;
const TAG_LEN: usize = 16;
const KEY_LEN: usize = 32;
const MIN_SECRET_LEN: usize = 32;
const MAX_ID_LEN: usize = 16;
const MAX_KEYS: usize = 8;

/// The salt of HKDF, which separates these keys from others that may be derived from the same secret.
const SALT: &[u8] = b"threelo seal 1";

/// Base64 with or without padding, because the tools that make keys differ.
const DECODING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, DECODING);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, DECODING);

/// What a value is sealed for. Each purpose has a key of its own, so that no value opens as another kind
/// (docs/attacks.md T172).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// What a browser carries: flow cookies, flash cookies and handoff tickets.
    Flow,
    /// The content of a session row.
    Session,
    /// The content of a grant row, tokens included.
    Grant,
}

impl Purpose {
    /// The info parameter of HKDF, and a part of what is authenticated. Changing one makes all values unreadable.
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Flow => b"flow",
            Self::Session => b"session",
            Self::Grant => b"grant",
        }
    }
}

/// Why a key ring was refused. Entries are counted from one, and nothing of a secret is repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRingError {
    /// There is no key.
    #[error("key ring is empty")]
    Empty,
    /// There are more than eight keys.
    #[error("key ring has more than {MAX_KEYS} keys")]
    TooManyKeys,
    /// An entry has no colon between id and secret.
    #[error("key {0} is not of the form id:base64")]
    MissingId(usize),
    /// An id is not 1 to 16 letters, digits, `-` or `_`.
    #[error("id of key {0} is not 1 to {MAX_ID_LEN} letters, digits, '-' or '_'")]
    InvalidId(usize),
    /// Two keys have the same id.
    #[error("two keys have the id {0:?}: give each an id of its own")]
    DuplicateId(String),
    /// A secret is not base64.
    #[error("secret of key {0} is not base64")]
    NotBase64(usize),
    /// A secret is shorter than 32 bytes.
    #[error("secret of key {0} has fewer than {MIN_SECRET_LEN} bytes")]
    TooShort(usize),
    /// A secret is a repeated pattern, or printable text such as a pass phrase (docs/attacks.md T171).
    #[error("secret of key {0} is a pattern or text instead of random bytes")]
    Predictable(usize),
    /// The keys for the purposes could not be derived. It cannot happen with keys of 32 bytes.
    #[error("no keys could be derived from the secret of key {0}")]
    Derivation(usize),
}

/// A value could not be sealed, because it is larger than the cipher accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("value is too large to be sealed")]
pub struct SealError;

/// A sealed value did not open.
///
/// It may have been changed, cut, moved to another place, sealed for another purpose, or sealed with a key that has
/// left the ring. Which of these it is is deliberately not reported (docs/attacks.md T167).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sealed value could not be opened")]
pub struct Unopenable;

/// The keys that seal and open values. The first one seals, all of them open, so that keys can be replaced while the
/// app runs (docs/decisions/0058).
///
/// Clones share the keys, which are wiped from memory when the last clone is dropped.
///
/// ```
/// use threelo::internals::{KeyRing, Purpose};
///
/// let secret = "2Dcb9Q0Kk1sXz4i7nW5vYt8uRj3mEoLpHgFaBdCyTqU=";
/// let keys = KeyRing::parse(&format!("2026:{secret}")).unwrap();
///
/// let sealed = keys.seal(Purpose::Grant, &[b"row 7"], [1; 24], b"content").unwrap();
/// assert_eq!(keys.open(Purpose::Grant, &[b"row 7"], &sealed).unwrap().as_slice(), b"content");
/// assert!(keys.open(Purpose::Grant, &[b"row 8"], &sealed).is_err());
/// ```
#[derive(Clone)]
pub struct KeyRing {
    /// Never empty. The first one seals.
    keys: Arc<[Key]>,
}

/// One key of the ring: its id, and a derived key for each purpose. The configured secret itself is not kept.
struct Key {
    id: String,
    flow: Zeroizing<[u8; KEY_LEN]>,
    session: Zeroizing<[u8; KEY_LEN]>,
    grant: Zeroizing<[u8; KEY_LEN]>,
}

impl KeyRing {
    /// Reads `id:base64` entries, separated by commas, such as `2026:kB3…,2025:9fQ…`.
    ///
    /// There may be 1 to 8 entries. An id has 1 to 16 letters, digits, `-` or `_`, and a secret at least 32 random
    /// bytes (`openssl rand -base64 32`). Both alphabets of base64 are read, with and without padding; white space
    /// around an entry is ignored.
    ///
    /// # Errors
    ///
    /// [`KeyRingError`] says which entry is wrong, and repeats nothing of it.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        if text.trim().is_empty() {
            return Err(KeyRingError::Empty);
        }
        let mut keys: Vec<Key> = Vec::new();
        for (index, entry) in text.split(',').enumerate() {
            let number = index + 1;
            if number > MAX_KEYS {
                return Err(KeyRingError::TooManyKeys);
            }
            let key = Key::parse(entry, number)?;
            if keys.iter().any(|other| other.id == key.id) {
                return Err(KeyRingError::DuplicateId(key.id));
            }
            keys.push(key);
        }
        Ok(Self { keys: keys.into() })
    }

    /// Makes a ring of one key from at least 32 random bytes.
    ///
    /// # Errors
    ///
    /// [`KeyRingError`] if the id is invalid, or the secret is too short or predictable.
    pub fn from_secret(id: &str, secret: &[u8]) -> Result<Self, KeyRingError> {
        let key = Key::derive(id, secret, 1)?;
        Ok(Self {
            keys: Arc::from([key]),
        })
    }

    /// Seals `plaintext` with the first key.
    ///
    /// `associated` says where the value belongs, such as the id of its row; the value opens only with the same parts.
    /// The `nonce` must be drawn at random for every call: two values with one nonce and key reveal each other.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the value is larger than the cipher accepts, which is 256 GiB.
    pub fn seal(
        &self,
        purpose: Purpose,
        associated: &[&[u8]],
        nonce: [u8; NONCE_LEN],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let key = self.keys.first().ok_or(SealError)?;
        let aad = authenticated(&key.id, purpose, associated);
        let payload = Payload {
            msg: plaintext,
            aad: &aad,
        };
        let encrypted = key.cipher(purpose).encrypt(&nonce.into(), payload);
        let Ok(ciphertext) = encrypted else {
            return Err(SealError);
        };
        let mut sealed = header(&key.id);
        sealed.reserve_exact(NONCE_LEN + ciphertext.len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        Ok(sealed)
    }

    /// Opens what [`seal`](Self::seal) made, with any key of the ring.
    ///
    /// # Errors
    ///
    /// [`Unopenable`] unless purpose and associated parts are the same, no bit was changed, and the key is in the ring.
    pub fn open(
        &self,
        purpose: Purpose,
        associated: &[&[u8]],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unopenable> {
        let (id, nonce, ciphertext) = split(sealed).ok_or(Unopenable)?;
        let found = self.keys.iter().find(|key| key.id.as_bytes() == id);
        let key = found.ok_or(Unopenable)?;
        let aad = authenticated(&key.id, purpose, associated);
        let payload = Payload {
            msg: ciphertext,
            aad: &aad,
        };
        let opened = key.cipher(purpose).decrypt(&nonce.into(), payload);
        let Ok(plaintext) = opened else {
            return Err(Unopenable);
        };
        Ok(Zeroizing::new(plaintext))
    }
}

impl KeyRing {
    /// Whether a value names the first key of the ring as its key. It is not opened; a wrong answer costs one more
    /// sealing.
    pub(crate) fn is_current(&self, sealed: &[u8]) -> bool {
        let id = split(sealed).map(|(id, _, _)| id);
        self.keys.first().map(|key| key.id.as_bytes()) == id
    }
}

/// Shows the ids of the keys, which are no secrets.
impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.keys.iter().map(|key| &key.id);
        f.write_str("KeyRing")?;
        f.debug_list().entries(ids).finish()
    }
}

impl Key {
    /// Reads one `id:base64` entry; `number` is its position, for errors.
    fn parse(entry: &str, number: usize) -> Result<Self, KeyRingError> {
        let (id, text) = entry
            .trim()
            .split_once(':')
            .ok_or(KeyRingError::MissingId(number))?;
        let engine = if text.contains(['-', '_']) {
            URL_SAFE
        } else {
            STANDARD
        };
        // The cause is dropped on purpose: it quotes the secret.
        let Ok(secret) = engine.decode(text).map(Zeroizing::new) else {
            return Err(KeyRingError::NotBase64(number));
        };
        Self::derive(id, &secret, number)
    }

    /// Derives the keys for all purposes with HKDF-SHA-256 (RFC 5869).
    fn derive(id: &str, secret: &[u8], number: usize) -> Result<Self, KeyRingError> {
        if !is_valid_id(id) {
            return Err(KeyRingError::InvalidId(number));
        }
        if secret.len() < MIN_SECRET_LEN {
            return Err(KeyRingError::TooShort(number));
        }
        if is_predictable(secret) {
            return Err(KeyRingError::Predictable(number));
        }
        let source = Hkdf::<Sha256>::new(Some(SALT), secret);
        let subkey = |purpose| expand(&source, purpose).ok_or(KeyRingError::Derivation(number));
        Ok(Self {
            id: id.to_owned(),
            flow: subkey(Purpose::Flow)?,
            session: subkey(Purpose::Session)?,
            grant: subkey(Purpose::Grant)?,
        })
    }

    /// The cipher with the key for one purpose.
    fn cipher(&self, purpose: Purpose) -> XChaCha20Poly1305 {
        let key = match purpose {
            Purpose::Flow => &self.flow,
            Purpose::Session => &self.session,
            Purpose::Grant => &self.grant,
        };
        XChaCha20Poly1305::new((&**key).into())
    }
}

/// The key for one purpose: the expand step of HKDF.
fn expand(source: &Hkdf<Sha256>, purpose: Purpose) -> Option<Zeroizing<[u8; KEY_LEN]>> {
    let mut key = Zeroizing::new([0; KEY_LEN]);
    source.expand(purpose.label(), key.as_mut_slice()).ok()?;
    Some(key)
}

fn is_valid_id(id: &str) -> bool {
    let is_id_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=MAX_ID_LEN).contains(&id.len()) && id.bytes().all(is_id_byte)
}

/// Whether a secret is printable text or a repeated pattern of up to 16 bytes. The chance that 32 random bytes are
/// refused is below one in 10^13.
fn is_predictable(secret: &[u8]) -> bool {
    let is_text = secret.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let repeats_after = |period: usize| {
        let later = secret.iter().skip(period);
        later.zip(secret).all(|(later, earlier)| later == earlier)
    };
    is_text || (1..=MIN_SECRET_LEN / 2).any(repeats_after)
}

/// The beginning of a sealed value: version, length of the id, id. An id has at most 16 bytes, so its length fits a
/// byte.
fn header(id: &str) -> Vec<u8> {
    let length = u8::try_from(id.len()).unwrap_or(u8::MAX);
    let mut header = vec![VERSION, length];
    header.extend_from_slice(id.as_bytes());
    header
}

/// Splits a sealed value into key id, nonce and ciphertext. `None` for another version, and for a value that is too
/// short.
fn split(sealed: &[u8]) -> Option<(&[u8], [u8; NONCE_LEN], &[u8])> {
    let [VERSION, id_len, rest @ ..] = sealed else {
        return None;
    };
    let (id, rest) = rest.split_at_checked(usize::from(*id_len))?;
    let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>()?;
    (ciphertext.len() >= TAG_LEN).then_some((id, *nonce, ciphertext))
}

/// What is authenticated: the header, then the purpose and the caller's parts, each with its length before it, so that
/// no byte can move from one part to the next.
fn authenticated(id: &str, purpose: Purpose, associated: &[&[u8]]) -> Vec<u8> {
    let mut bytes = header(id);
    for part in [purpose.label()].iter().chain(associated) {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}
