//! The least work that can authenticate a request: parse one cookie, hash the secret, look it up, clone an `Arc`.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use threelo::Profile;
use threelo::clock::{Clock, SystemClock};

use crate::sessions::COOKIE_NAME;

type Key = [u8; 32];

/// The key is a SHA-256 already, so its first bytes are the hash.
#[derive(Debug, Default)]
struct Prefix(u64);

impl Hasher for Prefix {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

type Shard = RwLock<HashMap<Key, Arc<Session>, BuildHasherDefault<Prefix>>>;

/// The floor's record of a session.
#[derive(Debug)]
pub struct Session {
    /// When it ends.
    pub expires_at: SystemTime,
    /// Who is signed in.
    pub profile: Arc<Profile>,
}

/// The floor's store.
#[derive(Debug)]
pub struct Floor {
    shards: [Shard; 64],
}

impl Default for Floor {
    fn default() -> Self {
        Self {
            shards: std::array::from_fn(|_| Shard::default()),
        }
    }
}

impl Floor {
    fn shard(&self, key: &Key) -> &Shard {
        &self.shards[usize::from(key[31]) % self.shards.len()]
    }

    /// Stores a session.
    pub fn insert(&self, key: Key, session: Arc<Session>) {
        let mut shard = self
            .shard(&key)
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        shard.insert(key, session);
    }

    /// The live session of a `Cookie` field.
    pub fn authenticate(&self, field: &[u8]) -> Option<Arc<Session>> {
        let key = hash(&ticket(field)?);
        let shard = self
            .shard(&key)
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let session = shard.get(&key).cloned()?;
        drop(shard);
        (SystemClock.now() < session.expires_at).then_some(session)
    }
}

fn ticket(field: &[u8]) -> Option<Key> {
    let field = std::str::from_utf8(field).ok()?;
    let value = field.split(';').find_map(|pair| {
        pair.trim_start()
            .strip_prefix(COOKIE_NAME)?
            .strip_prefix('=')
    })?;
    let mut ticket = [0; 32];
    let length = URL_SAFE_NO_PAD.decode_slice(value, &mut ticket).ok()?;
    (length == 32).then_some(ticket)
}

/// The hash that the floor stores instead of a session token.
pub fn hash(ticket: &Key) -> Key {
    Sha256::digest(ticket).into()
}
