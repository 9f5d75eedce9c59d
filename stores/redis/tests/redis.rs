//! The Redis store keeps the contracts, and survives failures of Redis.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use threelo::clock::{Clock as _, SystemClock};
use threelo::store::{RowKind, RowStore as _, StoreError};
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
