//! Redis keeps what the contracts promise.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use threelo::testing;
use threelo_redis::{RedisStore, SetupError};
use threelo_test_servers::Redis;

const KEYS: &str = "k1:nm4sbGzg3cvWMC1BfFjhkYLPjd2vgOEYV6yP0wZZHUg=";

async fn store(redis: &Redis) -> Arc<RedisStore> {
    Arc::new(RedisStore::connect(&redis.url()).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_the_contract_of_rows() {
    let redis = Redis::start();
    testing::row_store_contract(store(&redis).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_rows_keep_the_contracts_of_all_three_stores() {
    let redis = Redis::start();
    let stores = testing::sealed(store(&redis).await, KEYS).unwrap();

    testing::session_store_contract(stores.sessions).await;
    testing::grant_store_contract(stores.grants).await;
    testing::flow_marks_contract(stores.marks).await;
}

#[tokio::test]
async fn what_is_wrong_at_start_is_said_with_what_to_do() {
    let error = RedisStore::connect("postgres://x").await.unwrap_err();
    assert!(matches!(error, SetupError::Address(_)), "{error:?}");
    let error = RedisStore::connect("redis://127.0.0.1:1")
        .await
        .unwrap_err();
    assert!(matches!(error, SetupError::Unreachable(_)), "{error:?}");
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
async fn a_replica_that_takes_no_writes_is_told_at_start() {
    let primary = Redis::start();
    let of = format!("127.0.0.1 {}", primary.port());
    let replica = Redis::start_with(&["--replicaof", &of]);

    let error = RedisStore::connect(&replica.url()).await.unwrap_err();

    assert!(matches!(error, SetupError::ReadOnly(_)), "{error:?}");
    assert!(format!("{error:?}").contains("the primary"), "{error:?}");
}
