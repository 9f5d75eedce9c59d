//! The same sessions for every store: n session tokens of 1000 accounts.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use threelo::clock::{Clock, SystemClock};
use threelo::internals::SessionToken;
use threelo::internals::session_key;
use threelo::internals::{MemorySessions, SessionRecord, SessionStore};
use threelo::store::{Inserted, StoreError};
use threelo::{AccountId, Environment, InvalidId, Profile};

use crate::apps::Stores;
use crate::floor::{self, Floor};

/// The session cookie of an app at `http://localhost:3000`.
pub const COOKIE_NAME: &str = "threelo-session-3000";

/// How many accounts the sessions of the measured requests belong to.
pub const ACCOUNTS: usize = 1000;

/// The client id of the app.
pub const CLIENT_ID: &str = "bench";

/// A cheap source of numbers that look random, the same in every run (splitmix64).
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// A sequence of its own for each name: two cases must not visit the sessions in the same order.
    pub fn named(name: &str) -> Self {
        Self(name.bytes().fold(7, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.draw()) * end as u128) >> 64) as usize
    }

    /// 32 bytes for a session token.
    pub fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.draw().to_le_bytes());
        }
        bytes
    }
}

/// The cookies of all sessions, end to end in one buffer.
#[derive(Debug)]
pub struct Cookies {
    flat: String,
    count: usize,
}

impl Cookies {
    /// The cookies of the first `count` session tokens.
    pub fn of(count: usize) -> Self {
        let mut flat = String::with_capacity(count * (COOKIE_NAME.len() + 44));
        for bytes in tickets(count) {
            flat.push_str(COOKIE_NAME);
            flat.push('=');
            flat.push_str(&SessionToken::from_bytes(bytes).encode());
        }
        Self { flat, count }
    }

    /// All of them, end to end.
    pub fn all(&self) -> &str {
        &self.flat
    }

    /// A random one, as `name=value`.
    pub fn pick(&self, numbers: &mut Numbers) -> &str {
        let length = self.flat.len() / self.count;
        let start = numbers.below(self.count) * length;
        &self.flat[start..start + length]
    }
}

fn tickets(count: usize) -> impl Iterator<Item = [u8; 32]> {
    let mut numbers = Numbers::named("tickets");
    (0..count).map(move |_| numbers.bytes())
}

/// Why a store could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// An account id is not valid.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store already has this session token.
    #[error("the session token is already stored")]
    Exists,
    /// The runtime could not be built.
    #[error(transparent)]
    Runtime(#[from] std::io::Error),
    /// The thread that fills the stores panicked.
    #[error("filling the stores panicked")]
    Panicked,
}

/// Profiles as a sign-in stores them.
///
/// # Errors
///
/// [`FillError::Id`], which would be a mistake here.
pub fn profiles(accounts: usize) -> Result<Vec<Arc<Profile>>, FillError> {
    let profile = |number: usize| {
        let id = AccountId::parse(&format!("712020:account-{number}"))?;
        let mut profile = Profile::of(id);
        profile.name = Some(format!("Account Number {number}").into());
        profile.email = Some(format!("account{number}@example.org").into());
        Ok(Arc::new(profile))
    };
    (0..accounts).map(profile).collect()
}

/// threelo's in-memory store with `count` sessions.
///
/// # Errors
///
/// [`FillError`], which would be a mistake here.
pub fn ours(count: usize, profiles: &[Arc<Profile>]) -> Result<Arc<MemorySessions>, FillError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let store = Arc::new(MemorySessions::with_capacity(count));
    runtime.block_on(fill(&*store, count, profiles))?;
    Ok(store)
}

/// Puts `count` sessions into an empty store.
///
/// # Errors
///
/// [`FillError`], if the store fails.
pub async fn fill(
    store: &dyn SessionStore,
    count: usize,
    profiles: &[Arc<Profile>],
) -> Result<(), FillError> {
    let now = SystemClock.now();
    let environment = Environment::cloud();
    let app = [environment.key(), CLIENT_ID];
    for (number, bytes) in tickets(count).enumerate() {
        let record = SessionRecord {
            key: session_key(app, &SessionToken::from_bytes(bytes)),
            profile: Arc::clone(&profiles[number % profiles.len()]),
            site: None,
            profile_read_at: now,
            remembered: false,
            created_at: now,
            seen_at: now,
            expires_at: end(now),
            idle_ends_at: end(now),
            unknown: Default::default(),
            version: 1,
        };
        if store.insert(Arc::new(record)).await? == Inserted::Exists {
            return Err(FillError::Exists);
        }
    }
    Ok(())
}

/// The floor's store with the same sessions.
pub fn floors(count: usize, profiles: &[Arc<Profile>]) -> Arc<Floor> {
    let floor = Floor::default();
    let expires_at = end(SystemClock.now());
    for (number, bytes) in tickets(count).enumerate() {
        let profile = Arc::clone(&profiles[number % profiles.len()]);
        let session = floor::Session {
            expires_at,
            profile,
        };
        floor.insert(floor::hash(&bytes), Arc::new(session));
    }
    Arc::new(floor)
}

/// Both stores with the same sessions.
///
/// They are filled on a thread of their own, so that the heap of the measuring thread is not affected.
///
/// # Errors
///
/// [`FillError`], which would be a mistake here.
pub fn stores(count: usize) -> Result<Stores, FillError> {
    let fill = move || {
        let profiles = profiles(ACCOUNTS)?;
        Ok(Stores::new(
            floors(count, &profiles),
            ours(count, &profiles)?,
        ))
    };
    let filled = std::thread::spawn(fill).join();
    filled.map_err(|_panic| FillError::Panicked)?
}

fn end(now: SystemTime) -> SystemTime {
    now.checked_add(Duration::from_secs(24 * 3600))
        .unwrap_or(now)
}
