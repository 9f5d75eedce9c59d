//! Every database, sealed, keeps what the stores of records promise.

use threelo_tests::{rows_as, sealed_store_contract};

use crate::database::Database;

const KEYS: &str = "k1:nm4sbGzg3cvWMC1BfFjhkYLPjd2vgOEYV6yP0wZZHUg=";

async fn sealed_rows_keep_the_contracts(database: &Database) {
    sealed_store_contract(rows_as(&database.url(), "contracts_").await, KEYS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_rows_of_sqlite_keep_the_contracts_of_all_three_stores() {
    sealed_rows_keep_the_contracts(&Database::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_rows_of_redis_keep_the_contracts_of_all_three_stores() {
    let Some(redis) = Database::redis() else {
        return;
    };
    sealed_rows_keep_the_contracts(&redis).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_rows_of_postgres_keep_the_contracts_of_all_three_stores() {
    let Some(postgres) = Database::postgres() else {
        return;
    };
    sealed_rows_keep_the_contracts(&postgres).await;
}
