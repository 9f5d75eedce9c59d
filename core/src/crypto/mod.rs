//! Randomness, and authenticated encryption with a ring of keys.

pub mod key_ring;
mod random;

pub(crate) use self::key_ring::{KeyRing, Purpose};
pub(crate) use self::random::{NoRandomness, random};
