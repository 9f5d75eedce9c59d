//! Randomness, and authenticated encryption with a ring of keys.
//!
//! All cryptography of the crate that needs a secret key is in here. Primitives come from other crates; what this
//! module adds is the format, the binding of a value to its place, and the rules for keys.

mod envelope;
pub(crate) mod key_ring;
mod random;

pub(crate) use self::envelope::{Envelope, EnvelopeError};
pub(crate) use self::key_ring::KeyRing;
pub(crate) use self::random::{NoRandomness, random};
