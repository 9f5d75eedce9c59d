//! The store of a world: memory, or a database that `THREELO_TEST_STORE` names.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use threelo::clock::ManualClock;
use threelo::internals::{MemoryFlowMarks, MemoryGrants, MemorySessions};
use threelo::store::RowStore;
use threelo_redis::RedisStore;
use threelo_sqlx::{PostgresStore, SqliteStore};

use crate::contracts::sealed;
use crate::counting::CountingSessions;
use crate::grants::FaultyGrants;
use crate::watched::{Clocked, WatchedRows};
use crate::world::{KEYS, Stores};

const VARIABLE: &str = "THREELO_TEST_STORE";
static WORLDS: AtomicU32 = AtomicU32::new(0);

/// The three stores of a new world, empty: in memory, or sealed in the database of `THREELO_TEST_STORE`.
pub(crate) async fn stores(clock: &Arc<ManualClock>) -> Stores {
    let Ok(url) = std::env::var(VARIABLE) else {
        let grants = MemoryGrants::new().with_clock(clock.clone());
        return Stores {
            sessions: Arc::new(CountingSessions::new(Arc::new(MemorySessions::new()))),
            grants: Arc::new(FaultyGrants::new(Arc::new(grants))),
            marks: Arc::new(MemoryFlowMarks::new()),
        };
    };
    let rows = WatchedRows::new(rows(&url).await, Arc::new(Clocked::new(clock.clone())));
    let sealed = sealed(Arc::new(rows), KEYS).expect("the keys are fit");
    Stores {
        sessions: Arc::new(CountingSessions::new(sealed.sessions)),
        grants: Arc::new(FaultyGrants::new(sealed.grants)),
        marks: sealed.marks,
    }
}

/// Whether worlds are kept in a database, beyond the reach of a test's own time.
pub fn is_on_a_database() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// The number of rounds: the first in a test run, the second in `cargo xtask soak`.
pub fn rounds(usual: usize, soak: usize) -> usize {
    match std::env::var_os("THREELO_SOAK") {
        Some(_) => soak,
        None => usual,
    }
}

/// A part of a database for this caller alone.
///
/// # Panics
///
/// If the database cannot be used.
pub async fn rows(url: &str) -> Arc<dyn RowStore> {
    let number = WORLDS.fetch_add(1, Ordering::Relaxed);
    rows_as(url, &format!("w{}_{number}_", std::process::id())).await
}

/// The part of a database that all callers with this prefix share.
///
/// # Panics
///
/// If the database cannot be used.
pub async fn rows_as(url: &str, prefix: &str) -> Arc<dyn RowStore> {
    match url.split_once(':').map(|(kind, _)| kind) {
        Some("sqlite") => {
            let store = SqliteStore::connect_with_prefix(url, prefix).migrate();
            Arc::new(store.await.expect("SQLite is there"))
        }
        Some("postgres") => {
            let store = PostgresStore::connect_with_prefix(url, prefix).migrate();
            Arc::new(store.await.expect("Postgres is there"))
        }
        _ => {
            let store = RedisStore::connect_with_prefix(url, prefix).await;
            Arc::new(store.expect("Redis is there"))
        }
    }
}
