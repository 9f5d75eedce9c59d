//! Randomness, and authenticated encryption with a ring of keys.

mod envelope;
pub(crate) mod key_ring;
mod random;

pub(crate) use self::envelope::{Envelope, EnvelopeError};
pub(crate) use self::key_ring::KeyRing;
pub(crate) use self::random::{NoRandomness, random};
