//! The Redis store keeps the contracts, and survives failures of Redis.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use threelo::clock::{Clock as _, SystemClock};
use threelo::store::{
    Inserted, OwnerPage, Replaced, Row, RowKind, RowStore as _, Spent, StoreError,
};
use threelo::testing;
use threelo_redis::{RedisSetupError, RedisStore};
use threelo_test_servers::Redis;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

async fn store(redis: &Redis) -> Arc<RedisStore> {
    Arc::new(RedisStore::connect(&redis.url()).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_keeps_the_contract_of_rows() {
    let redis = Redis::start();
    testing::row_store_contract(store(&redis).await).await;
}

#[tokio::test]
async fn errors_at_start_up_say_what_to_do() {
    let error = RedisStore::connect("postgres://x").await.unwrap_err();
    assert!(matches!(error, RedisSetupError::Address(_)), "{error:?}");
    let error = RedisStore::connect("redis://127.0.0.1:1")
        .await
        .unwrap_err();
    assert!(
        matches!(error, RedisSetupError::Unreachable(_)),
        "{error:?}"
    );
    assert!(
        format!("{error:?}").contains("check its address"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_wrong_password_is_said_and_never_shown() {
    let redis = Redis::start_with(&["--requirepass", "right"]);
    let url = |password: &str| format!("redis://:{password}@127.0.0.1:{}", redis.port());

    let error = RedisStore::connect(&url("canary")).await.unwrap_err();

    let said = format!("{error:?}");
    assert!(said.contains("check its address, user, password"), "{said}");
    assert!(!said.contains("canary"), "{said}");
    assert!(RedisStore::connect(&url("right")).await.is_ok());
}

#[tokio::test]
async fn keys_of_a_newer_program_are_told_at_start() {
    let redis = Redis::start();
    for version in ["1", "2", "2.1"] {
        redis.ask(&format!("SET threelo:schema {version}"));

        let connected = RedisStore::connect(&redis.url()).await;

        match connected {
            Ok(_) => assert_eq!(version, "1"),
            Err(error) => {
                assert!(
                    matches!(&error, RedisSetupError::Newer { found, known: 1 } if found == version),
                    "{error:?}"
                );
                assert!(error.to_string().contains("update the program"), "{error}");
            }
        }
    }
    assert!(redis.ask("GET threelo:schema").contains("2.1"));
}

#[tokio::test]
async fn a_replica_is_refused_at_start_up() {
    let primary = Redis::start();
    let of = format!("127.0.0.1 {}", primary.port());
    let replica = Redis::start_with(&["--replicaof", &of]);

    let error = RedisStore::connect(&replica.url()).await.unwrap_err();

    assert!(matches!(error, RedisSetupError::ReadOnly(_)), "{error:?}");
    assert!(format!("{error:?}").contains("the primary"), "{error:?}");
}

#[tokio::test]
async fn one_node_of_several_is_told_at_start_and_one_that_has_it_all_is_used() {
    let node = Redis::start_with(&["--cluster-enabled", "yes"]);
    node.ask("CLUSTER ADDSLOTSRANGE 0 8191");

    let error = RedisStore::connect(&node.url()).await.unwrap_err();

    assert!(matches!(error, RedisSetupError::Cluster(_)), "{error:?}");
    node.ask("CLUSTER ADDSLOTSRANGE 8192 16383");
    for _ in 0..100 {
        if node.ask("CLUSTER INFO").contains("cluster_state:ok") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    RedisStore::connect(&node.url()).await.unwrap();
}

/// An address that can move to another server: new connections go there, existing ones stay where they are.
struct Address {
    port: u16,
    server: Arc<AtomicU16>,
}

impl Address {
    async fn of(redis: &Redis) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Arc::new(AtomicU16::new(redis.port()));
        let target = Arc::clone(&server);
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let port = target.load(Ordering::SeqCst);
                let mut far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                tokio::spawn(async move { copy_bidirectional(&mut near, &mut far).await });
            }
        });
        Self { port, server }
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn moves_to(&self, redis: &Redis) {
        self.server.store(redis.port(), Ordering::SeqCst);
    }
}

async fn spends(store: &RedisStore, mark: &str) -> Result<(), StoreError> {
    let until = SystemClock.now() + Duration::from_secs(60);
    store.spend(mark, until).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_became_a_replica_is_left_for_the_new_one() {
    let (old, new) = (Redis::start(), Redis::start());
    let address = Address::of(&old).await;
    let store = RedisStore::connect(&address.url()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    address.moves_to(&new);
    old.ask(&format!("REPLICAOF 127.0.0.1 {}", new.port()));

    let failed = spends(&store, "one").await;

    assert!(failed.is_err(), "a replica accepts no writes");
    spends(&store, "two").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_went_silent_is_left_for_the_new_one() {
    let (mut old, new) = (Redis::start(), Redis::start());
    let address = Address::of(&old).await;
    let store = RedisStore::connect(&address.url()).await.unwrap();
    address.moves_to(&new);
    old.stop();

    let failed = spends(&store, "one").await;

    assert!(failed.is_err(), "no answer comes");
    spends(&store, "two").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_that_was_closed_causes_no_error() {
    let redis = Redis::start();
    let store = store(&redis).await;
    for round in 0..5 {
        redis.ask("CLIENT KILL TYPE normal");
        tokio::time::sleep(Duration::from_millis(300)).await;
        spends(&store, &format!("round-{round}")).await.unwrap();
        store.load(RowKind::Session, "key").await.unwrap();
    }
}

/// Some proxies do not speak RESP3.
#[tokio::test]
async fn the_address_may_ask_for_the_older_protocol() {
    let redis = Redis::start();
    let url = format!("{}/?protocol=resp2", redis.url());
    let store = RedisStore::connect(&url).await.unwrap();

    spends(&store, "one").await.unwrap();

    assert!(redis.ask("CLIENT LIST").contains("resp=2"));
    let usual = RedisStore::connect(&redis.url()).await.unwrap();
    spends(&usual, "two").await.unwrap();
    assert!(redis.ask("CLIENT LIST").contains("resp=3"));
}

fn session(key: &str, ends: Duration) -> Row {
    let ends_at = SystemClock.now() + ends;
    Row::new(RowKind::Session, key, 1, [7; 80], "edward").with_end(Some(ends_at))
}

/// What Redis does a minute after the end of the rows whose keys contain `part`.
fn expire(redis: &Redis, part: &str) {
    let rows = format!("redis.call('KEYS', '*{part}*')");
    let delete = format!("for _, key in ipairs({rows}) do redis.call('DEL', key) end return 1");
    assert_eq!(redis.ask(&format!("EVAL \"{delete}\" 0")).trim(), ":1");
}

/// Sessions expire by themselves; their names in the account's set do not.
#[tokio::test]
async fn names_of_sessions_that_expired_leave_the_accounts_list() {
    let redis = Redis::start();
    let store = store(&redis).await;
    for number in 0..50 {
        let row = session(&format!("short{number}"), Duration::from_secs(1));
        assert_eq!(store.insert(&row).await.unwrap(), Inserted::Done);
    }
    let stays = session("stays", Duration::from_secs(600));
    assert_eq!(store.insert(&stays).await.unwrap(), Inserted::Done);
    let names = || {
        let keys = redis.ask("KEYS *edward*");
        let set = keys.lines().find(|line| line.contains("edward"));
        redis.ask(&format!("SCARD {}", set.unwrap()))
    };
    assert_eq!(names().trim(), ":51");
    expire(&redis, "short");

    let listed = store.of_owner(RowKind::Session, "edward").await.unwrap();

    assert_eq!(listed.len(), 1);
    assert_eq!(names().trim(), ":1");
}

#[tokio::test]
async fn after_an_account_is_deleted_no_key_names_it() {
    let redis = Redis::start();
    let store = store(&redis).await;
    let gone = session("gone", Duration::from_secs(1));
    let lives = session("lives", Duration::from_secs(600));
    let grant = Row::new(RowKind::Grant, "grant", 1, [7; 80], "edward");
    for row in [gone, lives, grant] {
        assert_eq!(store.insert(&row).await.unwrap(), Inserted::Done);
    }
    expire(&redis, "gone");

    for kind in [RowKind::Session, RowKind::Grant] {
        assert_eq!(store.delete_of(kind, "edward").await.unwrap(), 1);
    }

    let left = redis.ask("KEYS *edward*");
    assert_eq!(left.trim(), "*0", "{left}");
}

#[tokio::test]
async fn a_page_of_accounts_takes_a_few_trips() {
    let redis = Redis::start();
    let store = store(&redis).await;
    for number in 0..1000 {
        let owner = format!("app account {number:04}");
        let row = Row::new(RowKind::Grant, &owner, 1, [7; 80], &owner);
        assert_eq!(store.insert(&row).await.unwrap(), Inserted::Done);
    }
    let reads = || {
        let stats = redis.ask("INFO stats");
        let line = stats
            .lines()
            .find(|line| line.starts_with("total_reads_processed:"));
        line.unwrap()[22..].trim().parse::<u64>().unwrap()
    };
    let before = reads();

    let page = OwnerPage::new("app ", None, 1000);
    assert_eq!(store.owners(&page).await.unwrap().len(), 1000);

    let trips = reads() - before;
    assert!(trips < 60, "{trips} reads of the socket");
}

/// A list that is read while sessions begin does not forget the ones whose rows are not there yet.
#[tokio::test(flavor = "multi_thread")]
async fn no_session_that_begins_while_the_list_is_read_is_missing_from_it() {
    let redis = Redis::start();
    let store = store(&redis).await;
    let inserts: Vec<_> = (0..300)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let row = session(&format!("session {number}"), Duration::from_secs(600));
                store.insert(&row).await
            })
        })
        .collect();
    let reader = store.clone();
    let reads = tokio::spawn(async move {
        for _ in 0..200 {
            reader.of_owner(RowKind::Session, "edward").await.unwrap();
        }
    });
    for insert in inserts {
        assert_eq!(insert.await.unwrap().unwrap(), Inserted::Done);
    }
    reads.await.unwrap();

    let listed = store.of_owner(RowKind::Session, "edward").await.unwrap();
    assert_eq!(listed.len(), 300);
}

/// The front page of the crate names the rights that a user needs.
#[tokio::test(flavor = "multi_thread")]
async fn the_rights_that_the_documentation_names_are_enough() {
    let docs = include_str!("../src/lib.rs");
    let (_, from) = docs.split_once("ACL SETUSER app").unwrap();
    let (rights, _) = from.split_once("```").unwrap();
    let rights: Vec<&str> = rights
        .split_whitespace()
        .filter(|word| *word != "//!")
        .collect();
    assert!(rights.len() > 20, "{rights:?}");
    let redis = Redis::start();
    let answer = redis.ask(&format!("ACL SETUSER app {}", rights.join(" ")));
    assert!(answer.starts_with("+OK"), "{answer}");
    let url = format!("redis://app:secret@127.0.0.1:{}", redis.port());

    let store = RedisStore::connect(&url).await.unwrap();

    testing::row_store_contract(Arc::new(store)).await;
}

/// Redis is told how long to keep a key, and never until when: its clock may be ahead of the instances', and a state whose mark
/// is forgotten works again.
#[tokio::test]
async fn redis_measures_how_long_and_compares_no_clocks() {
    let redis = Redis::start();
    let store = store(&redis).await;
    let life = Duration::from_secs(600);
    let until = SystemClock.now() + life;

    assert_eq!(
        store.insert(&session("soon", life)).await.unwrap(),
        Inserted::Done
    );
    let mut later = session("soon", life);
    later.version = 2;
    assert_eq!(store.replace(1, &later).await.unwrap(), Replaced::Done);
    assert_eq!(store.spend("state", until).await.unwrap(), Spent::First);

    for part in ["soon", "state", "edward"] {
        let find = format!("return redis.call('PTTL', redis.call('KEYS', '*{part}*')[1])");
        let left = redis.ask(&format!("EVAL \"{find}\" 0"));
        let left: u64 = left.trim().trim_start_matches(':').parse().unwrap();
        assert!((600_000..=660_000).contains(&left), "{part}: {left}");
    }
}
