//! Servers on loopback: bare axum, and threelo over each store.

use std::error::Error;
use std::sync::Arc;

use axum::Router;
use threelo::internals::{KeyRing, Sealed};
use threelo::internals::{MemoryFlowMarks, MemoryGrants, MemorySessions, SessionStore};
use threelo::store::RowStore;
use threelo::{Auth, Credentials};
use threelo_redis::RedisStore;
use threelo_sqlx::{PostgresStore, SqliteStore};
use tokio::net::TcpListener;

use crate::apps;
use crate::sessions;

type Failure = Box<dyn Error>;

/// Serves one app until it is killed: `bare`, `memory`, or a database's address.
/// Prints `READY` when the store is filled and the server listens.
///
/// # Errors
///
/// If the database or the port cannot be used.
pub async fn serve(store: &str, count: usize, port: u16) -> Result<(), Failure> {
    let app = app(store, count).await?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("READY");
    axum::serve(listener, app).await?;
    Ok(())
}

async fn app(store: &str, count: usize) -> Result<Router, Failure> {
    let rows: Arc<dyn RowStore> = match store.split_once(':').map_or(store, |(kind, _)| kind) {
        "bare" => return Ok(apps::bare()),
        "memory" => return in_memory(count).await,
        "sqlite" => Arc::new(SqliteStore::connect(store).migrate().await?),
        "postgres" => Arc::new(PostgresStore::connect(store).migrate().await?),
        _ => Arc::new(RedisStore::connect(store).await?),
    };
    let sealed = Sealed::new(Arc::clone(&rows), KeyRing::parse(apps::KEYS)?);
    filled(&sealed, count).await?;
    Ok(apps::ours(settings().store(rows).build()?))
}

async fn in_memory(count: usize) -> Result<Router, Failure> {
    let store = Arc::new(MemorySessions::with_capacity(count));
    filled(&*store, count).await?;
    let marks = Arc::new(MemoryFlowMarks::new());
    let auth = settings().record_stores(store, Arc::new(MemoryGrants::new()), marks);
    Ok(apps::ours(auth.build()?))
}

fn settings() -> threelo::AuthBuilder {
    let credentials = Credentials::new(sessions::CLIENT_ID, "bench");
    Auth::builder(credentials, "http://localhost:3000").keys(apps::KEYS)
}

async fn filled(store: &dyn SessionStore, count: usize) -> Result<(), Failure> {
    let profiles = sessions::profiles(sessions::ACCOUNTS)?;
    Ok(sessions::fill(store, count, &profiles).await?)
}
