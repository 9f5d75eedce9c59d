//! Opens the store that `DATABASE_URL` names.

use std::env;
use std::error::Error;
use std::sync::Arc;

use threelo::AuthBuilder;
use threelo::store::RowStore;
use threelo_redis::RedisStore;
use threelo_sqlx::{PostgresStore, SqliteStore};

/// `memory:`, which is the default, `sqlite:path/to/file.db`, `postgres://…` or `redis://…`. A database needs `THREELO_KEYS`.
///
/// # Errors
///
/// If the address or the database is not usable; the message says why, and what to do.
pub async fn with_store(builder: AuthBuilder) -> Result<AuthBuilder, Box<dyn Error>> {
    let url = env::var("DATABASE_URL").unwrap_or_else(|_| "memory:".to_owned());
    Ok(match open_store(&url).await? {
        Some(store) => builder.store(store),
        None => builder,
    })
}

/// The database at an address, with its tables created; `None` for the memory of this process.
///
/// # Errors
///
/// If the address or the database is not usable; the message says why, and what to do.
pub async fn open_store(url: &str) -> Result<Option<Arc<dyn RowStore>>, Box<dyn Error>> {
    let (kind, _) = url.split_once(':').unwrap_or((url, ""));
    Ok(match kind {
        "memory" => None,
        "sqlite" => Some(Arc::new(SqliteStore::connect(url).migrate().await?)),
        "postgres" | "postgresql" => Some(Arc::new(PostgresStore::connect(url).migrate().await?)),
        "redis" => Some(Arc::new(RedisStore::connect(url).await?)),
        _ => {
            return Err(
                "DATABASE_URL is none of memory:, sqlite:path/to/file.db, postgres://user:password@host/database, \
                 redis://host:6379"
                    .into(),
            );
        }
    })
}
