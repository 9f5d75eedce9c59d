//! Databases that several processes share.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use threelo::store::RowStore;
use threelo_test_servers::{Postgres, Redis};
use threelo_tests::{App, Instance, Settings, World, rows_as};

/// The program of an instance.
pub(crate) const INSTANCE: &str = env!("CARGO_BIN_EXE_instance");
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A database, and what must outlive it.
pub(crate) enum Database {
    Sqlite(PathBuf),
    Redis(Redis),
    Postgres(Postgres),
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("threelo-durable-{}-{number}.db", std::process::id());
        Self::Sqlite(std::env::temp_dir().join(name))
    }

    /// `None` if the tests are to do without servers.
    pub(crate) fn redis() -> Option<Self> {
        let is_there = !threelo_test_servers::are_left_out();
        is_there.then(|| Self::Redis(Redis::start()))
    }

    /// The same.
    pub(crate) fn postgres() -> Option<Self> {
        let is_there = !threelo_test_servers::are_left_out();
        is_there.then(|| Self::Postgres(Postgres::start()))
    }

    /// A copy of the file that version 1 wrote; see `version_1.rs`.
    pub(crate) fn sqlite_of_version_1() -> Self {
        let database = Self::sqlite();
        if let Self::Sqlite(path) = &database {
            std::fs::copy(fixture("v1.db"), path).unwrap();
        }
        database
    }

    pub(crate) fn redis_of_version_1() -> Option<Self> {
        if threelo_test_servers::are_left_out() {
            return None;
        }
        let folder = fixture("");
        // It is read, and never written.
        let file = ["--dir", folder.to_str()?, "--dbfilename", "v1.rdb"];
        let arguments = [file.as_slice(), &["--save", ""]].concat();
        Some(Self::Redis(Redis::start_with(&arguments)))
    }

    pub(crate) fn postgres_of_version_1() -> Option<Self> {
        let database = Self::postgres()?;
        if let Self::Postgres(postgres) = &database {
            postgres.run(&std::fs::read_to_string(fixture("v1.sql")).unwrap());
        }
        Some(database)
    }

    /// The rows under a prefix.
    pub(crate) async fn rows_as(&self, prefix: &str) -> Arc<dyn RowStore> {
        rows_as(&self.url(), prefix).await
    }

    /// The server goes away; SQLite has none.
    pub(crate) fn stop(&mut self) {
        match self {
            Self::Sqlite(_) => {}
            Self::Redis(redis) => redis.stop(),
            Self::Postgres(postgres) => postgres.stop(),
        }
    }

    /// And comes back.
    pub(crate) fn go_on(&mut self) {
        match self {
            Self::Sqlite(_) => {}
            Self::Redis(redis) => redis.go_on(),
            Self::Postgres(postgres) => postgres.go_on(),
        }
    }

    /// How many connections the server has.
    pub(crate) fn connections(&self) -> usize {
        match self {
            Self::Sqlite(_) => 0,
            Self::Redis(redis) => redis.connections(),
            Self::Postgres(postgres) => postgres.connections(),
        }
    }

    /// All that is in it.
    pub(crate) fn dump(&self) -> Vec<u8> {
        match self {
            Self::Sqlite(path) => ["", "-wal"]
                .iter()
                .filter_map(|end| std::fs::read(format!("{}{end}", path.display())).ok())
                .flatten()
                .collect(),
            Self::Redis(redis) => redis.dump(),
            Self::Postgres(postgres) => postgres.dump(),
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Redis(redis) => redis.url(),
            Self::Postgres(postgres) => postgres.url(),
        }
    }

    /// A world whose app keeps everything in this database.
    pub(crate) async fn world<A: App>(&self) -> World<A> {
        let rows = rows_as(&self.url(), "d_").await;
        World::with(|builder| builder.store(rows)).await
    }

    /// What other instances of the world's app are started with.
    pub(crate) fn settings<A>(&self, world: &World<A>) -> Settings {
        Settings::of(world, &self.url(), "d_")
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("durable/fixtures")
        .join(name)
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Sqlite(path) = self {
            for end in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{}{end}", path.display()));
            }
        }
    }
}

/// Starts an instance.
pub(crate) async fn instance(settings: &Settings) -> Instance {
    Instance::start(INSTANCE, settings).await
}

/// Starts several.
pub(crate) async fn instances(settings: &Settings, count: usize) -> Vec<Instance> {
    let mut started = Vec::new();
    for _ in 0..count {
        started.push(instance(settings).await);
    }
    started
}

/// Three tests of one function: over SQLite, over Redis and over Postgres, unless servers are left out.
macro_rules! on_every_database {
    ($check:ident: $sqlite:ident, $redis:ident, $postgres:ident $(,)?) => {
        #[tokio::test]
        async fn $sqlite() {
            $check(&Database::sqlite()).await;
        }

        #[tokio::test]
        async fn $redis() {
            if let Some(database) = Database::redis() {
                $check(&database).await;
            }
        }

        #[tokio::test]
        async fn $postgres() {
            if let Some(database) = Database::postgres() {
                $check(&database).await;
            }
        }
    };
}
pub(crate) use on_every_database;
