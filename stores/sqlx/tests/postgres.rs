//! The Postgres store keeps the contracts, and survives failures of Postgres.

#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use threelo::clock::{Clock as _, SystemClock};
use threelo::store::{RowKind, RowStore as _, StoreError};
use threelo::testing;
use threelo_sqlx::{PostgresStore, SqlSetupError};
use threelo_test_servers::{PgBouncer, Postgres};

async fn store(postgres: &Postgres) -> Arc<PostgresStore> {
    let url = postgres.url();
    let store = PostgresStore::connect(&url).migrate();
    Arc::new(store.await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_the_contract_of_rows() {
    let postgres = Postgres::start();
    testing::row_store_contract(store(&postgres).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_made_once_however_many_make_them() {
    let postgres = Postgres::start();
    let makers = (0..8).map(|_| {
        let url = postgres.url();
        tokio::spawn(async move { PostgresStore::connect(&url).migrate().await })
    });
    for maker in makers.collect::<Vec<_>>() {
        maker.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn errors_at_start_up_say_what_to_do() {
    let postgres = Postgres::start();
    let error = PostgresStore::connect(&postgres.url()).await.unwrap_err();
    assert!(matches!(error, SqlSetupError::NotMigrated), "{error:?}");

    let nowhere = "postgres://user:password-canary@127.0.0.1:1/x";
    let error = PostgresStore::connect(nowhere).await.unwrap_err();
    assert!(matches!(error, SqlSetupError::Unreachable(_)), "{error:?}");
    assert!(!format!("{error:?}").contains("canary"));
    let error = PostgresStore::connect("redis://app:canary@x")
        .await
        .unwrap_err();
    assert!(matches!(error, SqlSetupError::Address(_)), "{error:?}");
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
}

#[tokio::test]
async fn a_wrong_password_is_said_and_never_shown() {
    let postgres = Postgres::start();
    postgres.guard("right");
    let url = |password: &str| {
        postgres
            .url()
            .replace("threelo@", &format!("threelo:{password}@"))
    };

    let error = PostgresStore::connect(&url("canary")).await.unwrap_err();

    let said = format!("{error:?}");
    assert!(said.contains("check its address, user, password"), "{said}");
    assert!(!said.contains("canary"), "{said}");
    assert!(
        PostgresStore::connect(&url("right"))
            .migrate()
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_database_that_is_read_only_is_told_at_start() {
    let postgres = Postgres::start();
    store(&postgres).await;
    postgres.run("ALTER DATABASE threelo SET default_transaction_read_only = on");

    let error = PostgresStore::connect(&postgres.url()).await.unwrap_err();
    let made = PostgresStore::connect(&postgres.url()).migrate().await;
    let unmade = PostgresStore::connect_with_prefix(&postgres.url(), "other_")
        .migrate()
        .await;

    for error in [error, made.unwrap_err()] {
        assert!(matches!(error, SqlSetupError::ReadOnly(_)), "{error:?}");
        assert!(error.to_string().contains("the primary"), "{error:?}");
    }
    let said = format!("{:?}", unmade.unwrap_err());
    assert!(said.contains("must not be read-only"), "{said}");
}

#[tokio::test]
async fn every_failure_names_missing_tables() {
    let postgres = Postgres::start();
    let pool = sqlx::PgPool::connect(&postgres.url()).await.unwrap();
    let store = PostgresStore::from_pool(pool, "threelo_").unwrap();

    let error = store.load(RowKind::Session, "key").await.unwrap_err();

    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("call migrate() at start-up"), "{cause}");
}

#[tokio::test]
async fn tables_of_a_newer_program_are_told_at_start() {
    let postgres = Postgres::start();
    store(&postgres).await;
    postgres.run("UPDATE threelo_schema SET version = 2");
    postgres.run("DROP TABLE threelo_marks");
    let url = postgres.url();

    for store in [
        PostgresStore::connect(&url),
        PostgresStore::connect(&url).migrate(),
    ] {
        let error = store.await.unwrap_err();
        assert!(
            matches!(error, SqlSetupError::Newer { found: 2, known: 1 }),
            "{error:?}"
        );
    }
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    let touched = sqlx::query("SELECT 1 FROM threelo_marks").execute(&pool);
    assert!(touched.await.is_err(), "the tables are left as they are");
}

async fn spends(store: &PostgresStore, mark: &str) -> Result<(), StoreError> {
    let until = SystemClock.now() + Duration::from_secs(60);
    store.spend(mark, until).await.map(|_| ())
}

/// After a failover, connections to the old server stay open.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_takes_no_writes_any_more_is_not_used_again() {
    let postgres = Postgres::start();
    let pool = PgPoolOptions::new().max_connections(1);
    let pool = pool.connect(&postgres.url()).await.unwrap();
    let store = PostgresStore::from_pool(pool.clone(), "threelo_").unwrap();
    store.migrate().await.unwrap();
    let standby = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY";
    sqlx::query(standby).execute(&pool).await.unwrap();

    let failed = spends(&store, "one").await;

    assert!(failed.is_err(), "the server accepts no writes");
    spends(&store, "two").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_that_was_closed_causes_no_error() {
    let postgres = Postgres::start();
    let store = store(&postgres).await;
    spends(&store, "one").await.unwrap();
    postgres.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'threelo'",
    );

    tokio::time::sleep(Duration::from_secs(11)).await;

    spends(&store, "two").await.unwrap();
}

/// A maintenance holds a lock against writers, and an instance starts: `CREATE INDEX IF NOT EXISTS` would wait for it, and all
/// writers would wait for the instance.
#[tokio::test]
async fn a_start_with_current_tables_waits_for_no_lock_and_stalls_nobody() {
    let postgres = Postgres::start();
    let running = store(&postgres).await;
    let pool = sqlx::PgPool::connect(&postgres.url()).await.unwrap();
    let mut maintenance = pool.begin().await.unwrap();
    let vacuum = "LOCK TABLE threelo_rows, threelo_marks IN SHARE UPDATE EXCLUSIVE MODE";
    sqlx::query(vacuum)
        .execute(&mut *maintenance)
        .await
        .unwrap();

    let url = postgres.url();
    let started = tokio::time::timeout(
        Duration::from_secs(2),
        PostgresStore::connect(&url).migrate(),
    );

    assert!(started.await.is_ok_and(|started| started.is_ok()));
    let write = running.spend("while maintained", SystemClock.now());
    assert!(write.await.is_ok());
}

/// Whether a call has ended when its caller has waited for so many turns of the runtime. If not, it is dropped where it is.
async fn ends_within<T>(turns: usize, call: impl Future<Output = T>) -> bool {
    let patience = async {
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        _ = call => true,
        () = patience => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_who_hang_up_close_no_connection() {
    let postgres = Postgres::start();
    let store = store(&postgres).await;
    let backends = "SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity WHERE application_name = 'threelo'";
    let pool = sqlx::PgPool::connect(&postgres.url()).await.unwrap();
    // All connections are open.
    let reads = (0..64).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.load(RowKind::Session, "key").await.map(drop) })
    });
    for read in reads.collect::<Vec<_>>() {
        read.await.unwrap().unwrap();
    }
    let before: String = sqlx::query_scalar(backends).fetch_one(&pool).await.unwrap();

    let mut given_up = 0;
    for round in 0..200 {
        let read = store.load(RowKind::Session, "key");
        let write = store.spend("hung up", SystemClock.now());
        given_up += usize::from(!ends_within(round % 40, read).await);
        given_up += usize::from(!ends_within(round % 40, write).await);
    }
    assert!(given_up > 50, "only {given_up} calls were given up");
    tokio::time::sleep(Duration::from_millis(500)).await;

    let after: String = sqlx::query_scalar(backends).fetch_one(&pool).await.unwrap();
    assert_eq!(after, before, "the same processes of the server");
    assert!(store.load(RowKind::Session, "key").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_in_session_mode_keeps_the_contract() {
    let postgres = Postgres::start();
    let pooler = PgBouncer::start(&postgres, "session");
    let store = PostgresStore::connect(&pooler.url()).migrate().await;
    testing::row_store_contract(Arc::new(store.unwrap())).await;
}

/// With `pool_mode = transaction`, a read could run as somebody else's deletion.
#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_lends_connections_for_a_transaction_is_refused() {
    let postgres = Postgres::start();
    store(&postgres).await;
    let pooler = PgBouncer::start(&postgres, "transaction");

    let error = PostgresStore::connect(&pooler.url()).await.unwrap_err();
    assert!(matches!(error, SqlSetupError::Pooler), "{error:?}");
    let migrated = PostgresStore::connect(&pooler.url()).migrate().await;
    let error = migrated.unwrap_err();
    assert!(matches!(error, SqlSetupError::Pooler), "{error:?}");

    // A pool of the app's, with other clients of the pooler in between.
    let options = pooler.url().parse::<sqlx::postgres::PgConnectOptions>();
    let options = options.unwrap().extra_float_digits(None);
    let pool = PgPoolOptions::new().connect_with(options).await.unwrap();
    let others = pool.clone();
    let noise = tokio::spawn(async move {
        loop {
            let asked = sqlx::raw_sql("SELECT 1").execute(&others).await;
            asked.unwrap();
        }
    });
    let store = PostgresStore::from_pool(pool, "threelo_").unwrap();
    let error = store.check().await.unwrap_err();
    noise.abort();
    assert!(matches!(error, SqlSetupError::Pooler), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_serializable_by_default_keeps_the_contract() {
    let postgres = Postgres::start();
    postgres.run("ALTER DATABASE threelo SET default_transaction_isolation = 'serializable'");
    testing::row_store_contract(store(&postgres).await).await;
}
