//! The SQLite store keeps the contracts, in a file and in memory.

#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;
use std::sync::Arc;

use threelo::store::{RowKind, RowStore as _};
use threelo::testing;
use threelo_sqlx::{SqlSetupError, SqliteStore};

/// A database file that is deleted when dropped.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        let name = format!("threelo-{}-{name}.db", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.0.display())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.0.display()));
        }
    }
}

async fn store(url: &str) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::connect(url).migrate().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_keeps_the_contract_of_rows() {
    let file = File::new("rows");
    testing::row_store_contract(store(&file.url()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_keeps_the_contract_of_rows() {
    testing::row_store_contract(store("sqlite::memory:").await).await;
}

/// As with the workers of actix-web, which have a runtime each: a connection that returns while its runtime ends is closed.
#[tokio::test(flavor = "multi_thread")]
async fn memory_outlives_the_runtime_that_last_used_it() {
    let store = store("sqlite::memory:").await;
    for _ in 0..20 {
        let worker = Arc::clone(&store);
        let worked = std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            runtime.block_on(worker.load(RowKind::Session, "key"))
        });
        assert!(worked.join().unwrap().unwrap().is_none());
        assert!(store.load(RowKind::Session, "key").await.unwrap().is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_made_once_however_many_make_them() {
    for round in 0..20 {
        let file = File::new(&format!("migrate-{round}"));
        let makers = (0..8).map(|_| {
            let url = file.url();
            tokio::spawn(async move { SqliteStore::connect(&url).migrate().await })
        });
        for maker in makers.collect::<Vec<_>>() {
            maker.await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn errors_at_start_up_say_what_to_do() {
    let file = File::new("missing");
    let error = SqliteStore::connect(&file.url()).await.unwrap_err();
    assert!(matches!(error, SqlSetupError::NotMigrated), "{error}");
    assert!(error.to_string().contains("migrate()"));

    let error = SqliteStore::connect("sqlite:/nowhere/at/all.db")
        .await
        .unwrap_err();
    assert!(matches!(error, SqlSetupError::File { .. }), "{error:?}");
    assert!(error.to_string().contains("/nowhere/at/all.db"), "{error}");
    let error = SqliteStore::connect("mysql://x").await.unwrap_err();
    assert!(matches!(error, SqlSetupError::Address(_)), "{error:?}");
    let error = SqliteStore::connect("mysql://app:canary@x/app?password=canary")
        .await
        .unwrap_err();
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
}

#[tokio::test]
async fn a_read_only_file_is_refused_at_start_up() {
    let file = File::new("read-only");
    drop(store(&file.url()).await);
    let read_only = format!("{}?mode=ro", file.url());

    let error = SqliteStore::connect(&read_only).await.unwrap_err();
    let made = SqliteStore::connect(&read_only).migrate().await;
    let unmade = SqliteStore::connect_with_prefix(&read_only, "other_")
        .migrate()
        .await;

    for error in [error, made.unwrap_err()] {
        assert!(matches!(error, SqlSetupError::ReadOnly(_)), "{error:?}");
    }
    let said = format!("{:?}", unmade.unwrap_err());
    assert!(said.contains("read-only"), "{said}");
}

#[tokio::test]
async fn every_failure_names_missing_tables() {
    let pool = sqlx::SqlitePool::connect("sqlite::memory:").await.unwrap();
    let store = SqliteStore::from_pool(pool, "threelo_").unwrap();

    let error = store.load(RowKind::Session, "key").await.unwrap_err();

    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("call migrate() at start-up"), "{cause}");
}

#[tokio::test]
async fn tables_of_a_newer_program_are_told_at_start() {
    let file = File::new("newer");
    store(&file.url()).await;
    let pool = sqlx::SqlitePool::connect(&file.url()).await.unwrap();
    for change in [
        "UPDATE threelo_schema SET version = 2",
        "DROP TABLE threelo_marks",
    ] {
        sqlx::query(change).execute(&pool).await.unwrap();
    }

    for store in [
        SqliteStore::connect(&file.url()),
        SqliteStore::connect(&file.url()).migrate(),
    ] {
        let error = store.await.unwrap_err();
        assert!(
            matches!(error, SqlSetupError::Newer { found: 2, known: 1 }),
            "{error:?}"
        );
        assert!(error.to_string().contains("update the program"), "{error}");
    }
    let touched = sqlx::query("SELECT 1 FROM threelo_marks").execute(&pool);
    assert!(touched.await.is_err(), "the tables are left as they are");
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_made_is_for_its_user_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let file = File::new("private");
    let _store = store(&file.url()).await;

    for end in ["", "-wal", "-shm"] {
        let path = format!("{}{end}", file.0.display());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{path}: {mode:o}");
    }
}
