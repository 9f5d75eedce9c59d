//! Redis as people run it: with certificates of its own, several nodes, Sentinels, a cluster, and failovers.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use threelo::clock::{Clock as _, SystemClock};
use threelo::store::{Inserted, Replaced, Row, RowKind, RowStore as _, StoreError};
use threelo::testing;
use threelo_redis::{RedisSetupError, RedisStore};
use threelo_test_servers::{Certificates, Redis, RedisCluster, Sentinel};

async fn spends(store: &RedisStore, mark: &str) -> Result<(), StoreError> {
    let until = SystemClock.now() + Duration::from_secs(60);
    store.spend(mark, until).await.map(|_| ())
}

fn grant(key: &str) -> Row {
    Row::new(RowKind::Grant, key, 1, [7; 80], "app edward").with_subjects(vec!["u1".to_owned()])
}

/// Waits until a replica has a grant.
async fn has(replica: &Redis, key: &str) {
    for _ in 0..200 {
        if replica.ask(&format!("EXISTS threelo:grant:{key}")).trim() == ":1" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the replica did not get {key}");
}

/// Calls until the store works again, and fails if it does not within twenty seconds.
async fn works_again(store: &RedisStore) {
    for attempt in 0..200 {
        if spends(store, &format!("after {attempt}")).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the store does not work again");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_with_certificates_of_their_own_both_sides_prove_themselves() {
    let certificates = Certificates::new();
    let redis = Redis::start_with_tls(&certificates);
    let read = |name: &str| certificates.read(name);
    let (client, key) = (read("client.crt"), read("client.key"));
    let builder = || RedisStore::builder(&redis.tls_url()).root_certificates(&read("root.crt"));

    let store = builder().client_certificate(&client, &key).connect().await;
    testing::row_store_contract(Arc::new(store.unwrap())).await;

    let nobody = builder().connect().await.unwrap_err();
    assert!(
        matches!(nobody, RedisSetupError::Unreachable(_)),
        "{nobody:?}"
    );
    let other = Certificates::new();
    let impostor = RedisStore::builder(&redis.tls_url())
        .root_certificates(&other.read("root.crt"))
        .client_certificate(&client, &key)
        .connect()
        .await;
    assert!(
        format!("{impostor:?}").contains("certificate"),
        "{impostor:?}"
    );
    let garbled = builder()
        .client_certificate(b"no PEM", &key)
        .connect()
        .await;
    assert!(
        matches!(garbled, Err(RedisSetupError::Address(_))),
        "{garbled:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_addresses_the_primary_is_used_and_after_a_failover_the_new_one() {
    for protocol in ["resp2", "resp3"] {
        let (mut old, new) = (Redis::start(), Redis::start());
        new.follow(&old);
        let at = |redis: &Redis| format!("{}/?protocol={protocol}", redis.url());
        let nobody = format!("redis://127.0.0.1:1/?protocol={protocol}");
        let list = format!("{nobody},{},{}", at(&new), at(&old));
        let store = RedisStore::connect(&list).await.unwrap();
        assert_eq!(store.insert(&grant("kept")).await.unwrap(), Inserted::Done);
        has(&new, "kept").await;

        old.kill();
        new.ask("REPLICAOF NO ONE");

        works_again(&store).await;
        assert!(store.load(RowKind::Grant, "kept").await.unwrap().is_some());
    }
}

/// Redis tells an idle connection that it is closed, so that not even the first call after a failover meets the old one.
#[tokio::test(flavor = "multi_thread")]
async fn a_failover_while_nobody_calls_is_not_noticed_by_the_next_call() {
    let (mut old, new) = (Redis::start(), Redis::start());
    new.follow(&old);
    let list = format!("{},{}", old.url(), new.url());
    let store = RedisStore::connect(&list).await.unwrap();

    old.kill();
    new.ask("REPLICAOF NO ONE");
    tokio::time::sleep(Duration::from_millis(500)).await;

    spends(&store, "one").await.unwrap();
}

#[tokio::test]
async fn addresses_without_a_primary_are_said_at_start_up() {
    let (primary, replica) = (Redis::start(), Redis::start());
    replica.follow(&primary);
    let list = format!("redis://127.0.0.1:1,{}", replica.url());

    let error = RedisStore::connect(&list).await.unwrap_err();

    assert!(
        matches!(error, RedisSetupError::Unreachable(_)),
        "{error:?}"
    );
    assert!(
        format!("{error:?}").contains("leads to a primary"),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sentinels_name_the_primary_and_after_a_failover_the_new_one() {
    let (mut old, new) = (Redis::start(), Redis::start());
    new.follow(&old);
    let sentinel = Sentinel::over(&old);
    let sentinels = format!("redis://127.0.0.1:1,{}", sentinel.url());
    let builder =
        |name: &str| RedisStore::builder(&format!("redis://{name}/0")).sentinels(&sentinels);
    let store = builder("mymaster").connect().await.unwrap();
    assert_eq!(store.insert(&grant("kept")).await.unwrap(), Inserted::Done);
    has(&new, "kept").await;
    sentinel.wait_for_replicas(1);

    old.kill();

    works_again(&store).await;
    assert!(store.load(RowKind::Grant, "kept").await.unwrap().is_some());
    assert!(new.ask("INFO replication").contains("role:master"));
    let stranger = builder("stranger").connect().await.unwrap_err();
    assert!(
        format!("{stranger:?}").contains("knows no primary"),
        "{stranger:?}"
    );
}

#[tokio::test]
async fn with_sentinels_there_is_one_address() {
    let error = RedisStore::builder("redis://one,redis://two")
        .sentinels("redis://127.0.0.1:1")
        .connect()
        .await
        .unwrap_err();

    assert!(matches!(error, RedisSetupError::Sentinels), "{error:?}");
    assert!(
        error
            .to_string()
            .contains("redis://user:password@mymaster/0")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_of_six_keeps_the_contract_and_goes_on_after_a_primary_died() {
    let mut cluster = RedisCluster::start_with(&[]);
    let store = RedisStore::connect(&cluster.urls()).await.unwrap();

    testing::row_store_contract(Arc::new(store.clone())).await;

    let one_address = cluster.nodes()[4].url();
    let other = RedisStore::builder(&one_address).prefix("other").connect();
    let other = other.await.unwrap();
    for number in 0..60 {
        let row = grant(&format!("grant {number}"));
        assert_eq!(other.insert(&row).await.unwrap(), Inserted::Done);
    }
    assert_eq!(other.of_subject("u1").await.unwrap().len(), 60);
    tokio::time::sleep(Duration::from_secs(1)).await;

    cluster.nodes()[0].kill();

    for attempt in 0.. {
        match other.of_subject("u1").await {
            Ok(rows) if rows.len() == 60 => break,
            found => assert!(attempt < 200, "{:?}", found.map(|rows| rows.len())),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    works_again(&other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_cluster_writes_wait_for_replicas_and_a_user_needs_few_rights() {
    let rights = include_str!("../src/lib.rs");
    let (_, rights) = rights.split_once("ACL SETUSER app").unwrap();
    let (rights, _) = rights.split_once("```").unwrap();
    let rights = rights.replace("//!", " ");
    let mut cluster = RedisCluster::start_with(&[]);
    for node in cluster.nodes() {
        let rights: Vec<&str> = rights.split_whitespace().collect();
        let command = format!(
            "ACL SETUSER app {} +wait +cluster|slots +asking",
            rights.join(" ")
        );
        assert!(node.ask(&command).starts_with("+OK"));
    }
    let urls = cluster.urls().replace("redis://", "redis://app:secret@");

    let store = RedisStore::builder(&urls).wait_for_replicas(1).connect();
    let store = store.await.unwrap();

    testing::row_store_contract(Arc::new(store)).await;
}

/// Gives the slot of a key, which the first primary serves, to the second, with the key.
fn move_slot(cluster: &mut RedisCluster, key: &str) {
    let nodes = cluster.nodes();
    let slot = nodes[0].ask(&format!("CLUSTER KEYSLOT {key}"));
    let slot = slot.trim().trim_start_matches(':');
    let id = |node: usize| {
        let answer = nodes[node].ask("CLUSTER MYID");
        answer.lines().nth(1).unwrap().to_owned()
    };
    let port = nodes[1].port();
    let steps = [
        (1, format!("CLUSTER SETSLOT {slot} IMPORTING {}", id(0))),
        (0, format!("CLUSTER SETSLOT {slot} MIGRATING {}", id(1))),
        (0, format!("MIGRATE 127.0.0.1 {port} {key} 0 5000")),
        (1, format!("CLUSTER SETSLOT {slot} NODE {}", id(1))),
        (0, format!("CLUSTER SETSLOT {slot} NODE {}", id(1))),
    ];
    for (node, command) in steps {
        let answer = nodes[node].ask(&command);
        assert!(answer.starts_with('+'), "{command}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_cluster_reads_and_writes_follow_a_slot_that_moves() {
    let mut cluster = RedisCluster::start_with(&[]);
    let plain = RedisStore::connect(&cluster.urls()).await.unwrap();
    // The slots of all these keys begin at the first primary.
    for key in ["g2", "g3", "g6", "g7"] {
        assert_eq!(plain.insert(&grant(key)).await.unwrap(), Inserted::Done);
    }
    let waiting = RedisStore::builder(&cluster.urls()).wait_for_replicas(1);
    let waiting = waiting.connect().await.unwrap();
    let stores = [(&plain, "g2", "mark-2"), (&waiting, "g7", "mark-3")];
    for (store, key, mark) in stores {
        assert_eq!(store.of_subject("u1").await.unwrap().len(), 4);

        move_slot(&mut cluster, &format!("threelo:grant:{key}"));
        move_slot(&mut cluster, &format!("threelo:mark:{mark}"));

        // Of what is asked of the first primary, it has a part.
        assert_eq!(store.of_subject("u1").await.unwrap().len(), 4);
        let mut row = grant(key);
        row.version = 2;
        assert_eq!(store.replace(1, &row).await.unwrap(), Replaced::Done);
        spends(store, mark).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_too_few_replicas_acknowledged_is_an_error() {
    let (primary, mut replica) = (Redis::start(), Redis::start());
    let builder = || RedisStore::builder(&primary.url()).wait_for_replicas(1);

    let error = builder().connect().await.unwrap_err();
    assert!(
        matches!(error, RedisSetupError::TooFewReplicas(_)),
        "{error:?}"
    );

    replica.follow(&primary);
    let store = builder().connect().await.unwrap();
    assert_eq!(store.insert(&grant("one")).await.unwrap(), Inserted::Done);
    replica.stop();
    let failed = store.insert(&grant("two")).await.unwrap_err();
    let why = std::error::Error::source(&failed).unwrap().to_string();
    assert!(why.contains("too few replicas"), "{why}");
    // Reading does not wait for replicas.
    let asked_at = tokio::time::Instant::now();
    let (written, read) = tokio::join!(spends(&store, "slow"), async {
        let read = store.load(RowKind::Grant, "one").await;
        assert!(asked_at.elapsed() < Duration::from_millis(500));
        read
    });
    assert!(written.is_err());
    assert!(read.unwrap().is_some());

    replica.go_on();
    works_again(&store).await;
}

/// Every acknowledged write is there after the primary was lost at any moment.
#[tokio::test(flavor = "multi_thread")]
async fn what_replicas_acknowledged_survives_the_loss_of_the_primary() {
    let (mut old, new) = (Redis::start(), Redis::start());
    new.follow(&old);
    let list = format!("{},{}", old.url(), new.url());
    let store = RedisStore::builder(&list).wait_for_replicas(1);
    let store = store.connect().await.unwrap();
    let writer = store.clone();
    let writes = tokio::spawn(async move {
        let mut done = Vec::new();
        for number in 0..100_000 {
            let key = format!("grant {number}");
            match writer.insert(&grant(&key)).await {
                Ok(_) => done.push(key),
                Err(_) => break,
            }
        }
        done
    });
    tokio::time::sleep(Duration::from_millis(700)).await;

    old.kill();
    new.ask("REPLICAOF NO ONE");

    let done = writes.await.unwrap();
    assert!(done.len() > 20, "{}", done.len());
    let after = RedisStore::connect(&list).await.unwrap();
    for key in done {
        let row = after.load(RowKind::Grant, &key).await.unwrap();
        assert!(row.is_some(), "{key} was acknowledged and is lost");
    }
}
