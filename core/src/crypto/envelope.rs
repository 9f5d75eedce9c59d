//! Sealed text that a browser carries: a flow cookie, a flash cookie, or a handoff ticket.
//!
//! Such a text costs no write to a store, and an attacker can neither read it nor make one (docs/decisions/0014 and
//! 0064). It does not end after one use by itself: what may be used once is marked as spent in the store.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::key_ring::{KeyRing, Purpose};
use super::random::{NoRandomness, random};
use crate::clock::{age, from_unix_seconds, unix_seconds};

/// Makes and opens texts of the form `seconds.sealed`: the time of sealing in seconds since 1970, a dot, and the sealed
/// content in base64url. Both parts are legal in a cookie, in an address and in JSON.
///
/// A text opens only with the context and the time with which it was sealed, and with a key of the ring.
pub(crate) struct Envelope<'a> {
    keys: &'a KeyRing,
    /// The kind of the text, and for whom it is: an app, a subject, an origin. It is authenticated and not part of the
    /// text.
    context: Vec<&'a [u8]>,
}

/// The content of a text that was opened.
pub(crate) struct Opened {
    /// When it was sealed, in whole seconds.
    pub issued_at: SystemTime,
    /// The content, wiped on drop.
    pub content: Zeroizing<Vec<u8>>,
}

/// Why nothing was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EnvelopeError {
    /// The operating system provided no nonce.
    NoRandomness,
    /// The content is larger than the cipher accepts.
    TooLarge,
}

impl From<NoRandomness> for EnvelopeError {
    fn from(_: NoRandomness) -> Self {
        Self::NoRandomness
    }
}

impl<'a> Envelope<'a> {
    /// Envelopes of one kind for one place. The contexts of two kinds must differ, in a name or in the number of their
    /// parts, so that a flash does not open as a ticket (docs/attacks.md T172).
    pub(crate) fn new(keys: &'a KeyRing, context: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let context = context.into_iter().collect();
        Self { keys, context }
    }

    /// Seals `content` with a fresh nonce, and `now` as its time.
    pub(crate) fn seal(&self, content: &[u8], now: SystemTime) -> Result<String, EnvelopeError> {
        let issued_at = unix_seconds(now).to_string();
        let associated = self.associated(&issued_at);
        let sealed = self
            .keys
            .seal(Purpose::Flow, &associated, random()?, content);
        let sealed = sealed.map_err(|_too_large| EnvelopeError::TooLarge)?;
        Ok(format!("{issued_at}.{}", URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// Opens a text of [`seal`](Self::seal) that is younger than `lifetime`; exactly at its end it does not open. Why a
    /// text does not open is not reported, so that nothing can be learnt by trying.
    pub(crate) fn open(&self, text: &str, now: SystemTime, lifetime: Duration) -> Option<Opened> {
        let (issued_text, sealed) = text.split_once('.')?;
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let associated = self.associated(issued_text);
        let content = self.keys.open(Purpose::Flow, &associated, &sealed).ok()?;
        let issued_at = from_unix_seconds(issued_text.parse().ok()?);
        if age(now, issued_at)? >= lifetime {
            return None;
        }
        Some(Opened { issued_at, content })
    }

    /// What is authenticated beside the content: the context, and the time as it stands in the text.
    fn associated<'b>(&'b self, issued_at: &'b str) -> Vec<&'b [u8]> {
        let mut parts = self.context.clone();
        parts.push(issued_at.as_bytes());
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;
    const LIFE: Duration = Duration::from_secs(60);

    fn keys() -> KeyRing {
        let secret: Vec<u8> = (0..32)
            .map(|byte: u8| byte.wrapping_mul(37) ^ 0x80)
            .collect();
        KeyRing::from_secret("k1", &secret).unwrap()
    }

    #[test]
    fn an_envelope_opens_for_its_context_only() {
        let keys = keys();
        let text = Envelope::new(&keys, [&b"flash"[..], b"mia"]).seal(b"hi", NOW);
        let text = text.unwrap();

        let open =
            |context: [&'static [u8]; 2]| Envelope::new(&keys, context).open(&text, NOW, LIFE);

        assert_eq!(open([b"flash", b"mia"]).unwrap().content.as_slice(), b"hi");
        assert!(open([b"flash", b"tom"]).is_none());
        assert!(open([b"ticket", b"mia"]).is_none());
    }

    #[test]
    fn an_envelope_ends_and_its_time_cannot_be_changed() {
        let keys = keys();
        let envelope = Envelope::new(&keys, [&b"flash"[..]]);
        let text = envelope.seal(b"hi", NOW).unwrap();

        assert!(envelope.open(&text, NOW + LIFE, LIFE).is_none());
        let later = text.replacen("0.", "30.", 1);
        assert!(envelope.open(&later, NOW + LIFE, LIFE).is_none());
    }
}
