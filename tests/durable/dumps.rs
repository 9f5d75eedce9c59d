//! What can be read in a stolen database.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use threelo_tests::{AxumApp, World, rows_as};

use crate::database::{Database, on_every_database};

/// Everything that was secret or personal: as text, and in the forms in which bytes are written.
async fn needles(world: &World<AxumApp>) -> Vec<String> {
    let mut mia = world.browser();
    let authorize = mia.start_login("/").await;
    let (_, state) = authorize.split_once("state=").expect("a state");
    let state = state.split('&').next().unwrap_or_default().to_owned();
    mia.consent(world, &authorize, "mia").await;
    assert!(mia.who_am_i().await.is_some());
    mia.submit("/auth/site", "site=11111111-aaaa-4aaa-8aaa-111111111111")
        .await;
    let cookies = mia.cookies.values().filter(|value| value.len() > 20);
    let people = ["Mia", "Krystof", "mia@example.com", "Aurora Design"];
    let mut needles: Vec<String> = people.map(str::to_owned).to_vec();
    needles.extend(world.sandbox.issued_secrets());
    needles.extend(cookies.cloned());
    needles.push(state);
    needles
}

async fn nothing_is_in_clear(database: &Database) {
    let world = database.world::<AxumApp>().await;
    let needles = needles(&world).await;
    assert!(needles.len() > 8, "{}", needles.len());

    let dump = database.dump();

    let text = String::from_utf8_lossy(&dump).to_lowercase();
    // The dump is one of this database, and has the account in clear.
    assert!(text.contains(world.account("mia").as_str()));
    for needle in needles {
        let bytes = needle.as_bytes();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let forms = [
            needle.clone(),
            hex,
            STANDARD.encode(bytes),
            URL_SAFE_NO_PAD.encode(bytes),
        ];
        for form in forms {
            assert!(
                !text.contains(&form.to_lowercase()),
                "{needle} is in the dump"
            );
        }
    }
}

/// Without the seal it is found: the search can fail.
#[tokio::test]
async fn what_is_not_sealed_is_found_in_a_dump() {
    let database = Database::sqlite();
    let rows = rows_as(&database.url(), "d_").await;
    let kind = threelo::store::RowKind::Session;
    let row = threelo::store::Row::new(kind, "key", 1, "Mia Krystof", "owner");
    let inserted = rows.insert(&row).await.expect("a row");
    assert_eq!(inserted, threelo::store::Inserted::Done);
    assert!(String::from_utf8_lossy(&database.dump()).contains("Mia Krystof"));
}

on_every_database! {
    nothing_is_in_clear:
    a_dump_of_sqlite_holds_nothing_in_clear,
    a_dump_of_redis_holds_nothing_in_clear,
    a_dump_of_postgres_holds_nothing_in_clear,
}
