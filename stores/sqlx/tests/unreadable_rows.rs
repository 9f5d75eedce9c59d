//! A row that no key opens is logged once, however often it is read. A test program of its own, because it captures the log.

#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io;
use std::sync::{Arc, Mutex};

use threelo::internals::{KeyRing, Sealed, SessionStore as _};
use threelo::store::{Inserted, Row, RowKind, RowStore as _};
use threelo_sqlx::SqliteStore;
use tracing_subscriber::fmt::MakeWriter;

const KEYS: &str = "k1:nm4sbGzg3cvWMC1BfFjhkYLPjd2vgOEYV6yP0wZZHUg=";

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_row_that_no_key_opens_is_logged_once() {
    let lines = Lines::default();
    let log = tracing_subscriber::fmt().with_writer(lines.clone());
    let _until_the_end = tracing::subscriber::set_default(log.finish());
    let rows = Arc::new(
        SqliteStore::connect("sqlite::memory:")
            .migrate()
            .await
            .unwrap(),
    );
    for key in ["AQEB", "AgIC"] {
        let row = Row::new(RowKind::Session, key, 1, [7; 80], "mia");
        assert_eq!(rows.insert(&row).await.unwrap(), Inserted::Done);
    }
    let sessions = Sealed::new(rows, KeyRing::parse(KEYS).unwrap());

    let account = threelo::AccountId::parse("mia").unwrap();
    for _ in 0..3 {
        assert!(sessions.list_of(&account).await.unwrap().is_empty());
    }

    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert_eq!(
        logged.matches("a stored row cannot be opened").count(),
        2,
        "{logged}"
    );
}
