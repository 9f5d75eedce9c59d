//! Programs of several releases on the same tables. Today there is only one; those of the next ones are made up here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::Pool;
use threelo::store::{Inserted, Replaced, Row, RowKind};

use crate::backend::Backend;
use crate::error::SqlSetupError;
use crate::health::Health;
use crate::steps::Step;
use crate::tables::Tables;

/// What the next release adds.
fn expand() -> Step {
    Step {
        version: 1,
        statements: vec![
            "ALTER TABLE t_rows ADD COLUMN app TEXT".into(),
            "CREATE TABLE t_apps (app TEXT)".into(),
        ],
    }
}

/// What the release after that takes away.
fn contract() -> Step {
    Step {
        version: 2,
        statements: vec![
            "DROP INDEX t_rows_owner".into(),
            "ALTER TABLE t_rows DROP COLUMN owner".into(),
        ],
    }
}

/// A program that knows tables up to a version, and has these steps beside those of today.
fn program<DB: Backend>(pool: &Pool<DB>, known: i64, steps: Vec<Step>) -> Tables<DB> {
    let mut tables = Tables::new(pool.clone(), Health::default(), "t_").unwrap();
    tables.schema.known = known;
    tables.schema.steps.extend(steps);
    tables
}

fn row(key: &str, version: u64) -> Row {
    let subjects = vec!["subject".to_owned()];
    Row::new(RowKind::Grant, key, version, [0; 80], "owner").with_subjects(subjects)
}

/// Inserts rows and replaces each of them until it is told to stop. Returns how many rows there are.
async fn write<DB: Backend>(tables: Arc<Tables<DB>>, name: &str, stop: Arc<AtomicBool>) -> usize {
    let mut count = 0;
    while !stop.load(Ordering::Relaxed) {
        let key = format!("{name}-{count}");
        assert_eq!(tables.insert(&row(&key, 1)).await.unwrap(), Inserted::Done);
        let replaced = tables.replace(1, &row(&key, 2)).await.unwrap();
        assert_eq!(replaced, Replaced::Done);
        let stored = tables.load(RowKind::Grant, &key).await.unwrap().unwrap();
        assert_eq!(stored.version, 2);
        count += 1;
    }
    count
}

async fn old_programs_go_on_while_a_new_one_expands<DB: Backend>(pool: Pool<DB>) {
    let today = Arc::new(program(&pool, 1, vec![]));
    today.migrate().await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let load = |name| tokio::spawn(write(today.clone(), name, stop.clone()));
    let loads = ["a", "b", "c"].map(load);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;

    let tomorrow = program(&pool, 2, vec![expand()]);
    assert!(matches!(
        tomorrow.check().await,
        Err(SqlSetupError::NotMigrated)
    ));
    tomorrow.migrate().await.unwrap();

    // An old one that starts again finds its tables, whether or not it may create some.
    let restarted = program(&pool, 1, vec![]);
    restarted.migrate().await.unwrap();
    restarted.check().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    stop.store(true, Ordering::Relaxed);
    let mut written = 0;
    for load in loads {
        written += load.await.unwrap();
    }
    assert!(written > 3, "{written}");
    let found = tomorrow.of_owner(RowKind::Grant, "owner").await.unwrap();
    assert_eq!(found.len(), written);
    let found = tomorrow.of_subject("subject").await.unwrap();
    assert_eq!(found.len(), written);
}

async fn tables_say_which_programs_can_use_them<DB: Backend>(pool: Pool<DB>) {
    program(&pool, 1, vec![]).migrate().await.unwrap();
    program(&pool, 2, vec![expand()]).migrate().await.unwrap();
    let last = program(&pool, 2, vec![expand(), contract()]);
    last.migrate().await.unwrap();
    last.migrate().await.unwrap();

    // One that knows the version goes on although it did not make the last step; it makes none twice.
    let tomorrow = program(&pool, 2, vec![expand()]);
    tomorrow.migrate().await.unwrap();
    tomorrow.check().await.unwrap();
    let today = program(&pool, 1, vec![]);
    for refused in [today.check().await, today.migrate().await] {
        assert!(
            matches!(refused, Err(SqlSetupError::Newer { found: 2, known: 1 })),
            "{refused:?}"
        );
    }
}

async fn a_new_program_makes_all_steps_at_once_on_a_new_database<DB: Backend>(pool: Pool<DB>) {
    let steps = || vec![expand(), contract()];
    let all = (0..8).map(|_| {
        let program = program(&pool, 2, steps());
        tokio::spawn(async move { program.migrate().await })
    });
    for made in all.collect::<Vec<_>>() {
        made.await.unwrap().unwrap();
    }

    let today = program(&pool, 1, vec![]);
    assert!(matches!(
        today.check().await,
        Err(SqlSetupError::Newer { found: 2, known: 1 })
    ));
}

/// Before steps were noted, there was a version only.
async fn tables_of_the_first_program_are_brought_up_to_date<DB: Backend>(pool: Pool<DB>) {
    program(&pool, 1, vec![]).migrate().await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    let statements = ["DROP TABLE t_steps", "DROP INDEX t_rows_owner"];
    for statement in statements {
        DB::execute(&mut connection, statement, &[]).await.unwrap();
    }
    drop(connection);

    let today = program(&pool, 1, vec![]);
    assert!(matches!(
        today.check().await,
        Err(SqlSetupError::NotMigrated)
    ));
    today.migrate().await.unwrap();

    let again = "CREATE INDEX t_rows_owner ON t_rows (kind, owner)";
    let mut connection = pool.acquire().await.unwrap();
    let made = DB::execute(&mut connection, again, &[]).await;
    made.expect("the first step is not made twice");
}

/// Of a migration that fails nothing is left.
async fn a_step_that_fails_leaves_the_tables_as_they_were<DB: Backend>(pool: Pool<DB>) {
    program(&pool, 1, vec![]).migrate().await.unwrap();
    let mut broken = expand();
    broken.statements.push("CREATE NONSENSE".into());

    let refused = program(&pool, 1, vec![broken]).migrate().await;

    assert!(
        matches!(refused, Err(SqlSetupError::Migration(_))),
        "{refused:?}"
    );
    program(&pool, 1, vec![]).check().await.unwrap();
    let mended = program(&pool, 1, vec![expand()]).migrate().await;
    mended.expect("no column and no table is there already");
}

/// A test on each database, with a pool that is thrown away afterwards.
macro_rules! on_both {
    ($($check:ident),* $(,)?) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $check() {
                    let name = concat!("threelo-", stringify!($check));
                    let file = std::env::temp_dir().join(format!("{name}-{}.db", std::process::id()));
                    let url = format!("sqlite:{}", file.display());
                    let store = crate::SqliteStore::connect(&url).migrate().await.unwrap();
                    super::$check(store.tables.pool.clone()).await;
                    for end in ["", "-wal", "-shm"] {
                        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
                    }
                }
            )*
        }

        #[cfg(feature = "postgres")]
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $check() {
                    if threelo_test_servers::are_left_out() {
                        return;
                    }
                    let postgres = threelo_test_servers::Postgres::start();
                    let store = crate::PostgresStore::connect(&postgres.url()).migrate().await.unwrap();
                    super::$check(store.tables.pool.clone()).await;
                }
            )*
        }
    };
}

on_both! {
    old_programs_go_on_while_a_new_one_expands,
    tables_say_which_programs_can_use_them,
    a_new_program_makes_all_steps_at_once_on_a_new_database,
    tables_of_the_first_program_are_brought_up_to_date,
    a_step_that_fails_leaves_the_tables_as_they_were,
}
