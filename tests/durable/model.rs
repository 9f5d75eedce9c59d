//! Every database answers as the in-memory store does, whatever it is asked in whatever order: what `tests/model` proves of the
//! refresh over one store holds over all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use threelo::clock::ManualClock;
use threelo::internals::{
    AppKey, GrantKey, GrantRecord, GrantStore, LeaseOwner, LeaseRequest, Link, MemoryGrants,
};
use threelo::{AccountId, Scopes, Subject};
use threelo_tests::{Clocked, WatchedRows, rounds, rows_as, sealed};
use tokio::runtime::Runtime;

use crate::database::Database;

const KEYS: &str = "k1:nm4sbGzg3cvWMC1BfFjhkYLPjd2vgOEYV6yP0wZZHUg=";
const ACCOUNTS: u8 = 2;
const OWNERS: u8 = 3;

/// One call of a store, on the grant of one of the accounts.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Insert(u8, u64),
    Load(u8),
    /// The expected version, and how many users of the app are linked afterwards.
    Replace(u8, u64, u8),
    Delete(u8),
    DeleteIf(u8, u64),
    DeleteOf(u8),
    OfSubject(u8),
    Lease(u8, u8, u64),
    Renew(u8, u8),
    Release(u8, u8, bool),
    Pass(u16),
}

fn any_ask() -> impl Strategy<Value = Ask> {
    let (account, owner, version) = (0..ACCOUNTS, 0..OWNERS, 1..4_u64);
    prop_oneof![
        2 => (account.clone(), version.clone()).prop_map(|(a, v)| Ask::Insert(a, v)),
        2 => account.clone().prop_map(Ask::Load),
        4 => (account.clone(), version.clone(), 0..3_u8).prop_map(|(a, v, l)| Ask::Replace(a, v, l)),
        1 => account.clone().prop_map(Ask::Delete),
        1 => (account.clone(), version.clone()).prop_map(|(a, v)| Ask::DeleteIf(a, v)),
        1 => account.clone().prop_map(Ask::DeleteOf),
        2 => (0..3_u8).prop_map(Ask::OfSubject),
        6 => (account.clone(), owner.clone(), version).prop_map(|(a, o, g)| Ask::Lease(a, o, g)),
        3 => (account.clone(), owner.clone()).prop_map(|(a, o)| Ask::Renew(a, o)),
        4 => (account, owner, any::<bool>()).prop_map(|(a, o, s)| Ask::Release(a, o, s)),
        3 => (1..60_u16).prop_map(Ask::Pass),
    ]
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn subject(number: u8) -> Subject {
    Subject::parse(format!("user {number}")).unwrap()
}

/// The grants of one play: no two plays meet.
#[derive(Clone)]
struct Play(AppKey);

impl Play {
    fn key(&self, account: u8) -> GrantKey {
        GrantKey {
            app: self.0.clone(),
            account: AccountId::parse(&format!("account-{account}")).unwrap(),
            consent: None,
        }
    }

    fn record(&self, account: u8, version: u64, links: u8) -> Arc<GrantRecord> {
        let answer = http::Response::new(bytes::Bytes::from_static(
            br#"{"access_token": "a", "refresh_token": "r", "expires_in": 3600, "scope": "read:me"}"#,
        ));
        let links = (0..links).map(|number| Link {
            subject: subject(number),
            linked_at: at(100),
            site: None,
        });
        Arc::new(GrantRecord {
            key: self.key(account),
            tokens: threelo::internals::token::from_response(&answer, &Scopes::new(), at(100))
                .unwrap()
                .tokens,
            consented_at: at(100),
            consents: Arc::new([]),
            asked: Scopes::new(),
            wanted: Scopes::new(),
            consent_needed: None,
            sites: None,
            added: Arc::new([]),
            sites_read_at: at(100),
            last_site: None,
            profile: None,
            links: links.collect(),
            unknown: Default::default(),
            generation: version,
            version,
        })
    }

    /// What a store answers, as text.
    async fn ask(&self, store: &dyn GrantStore, ask: Ask) -> String {
        let owner = |number: u8| LeaseOwner(u128::from(number) + 1);
        let request = |number: u8, generation: u64| LeaseRequest {
            owner: owner(number),
            generation,
            life: Duration::from_secs(30),
        };
        match ask {
            Ask::Insert(a, v) => format!("{:?}", store.insert(self.record(a, v, 1)).await),
            Ask::Load(a) => format!("{:?}", store.load(&self.key(a)).await),
            Ask::Replace(a, v, links) => {
                let record = self.record(a, v + 1, links);
                format!("{:?}", store.replace(v, record).await)
            }
            Ask::Delete(a) => format!("{:?}", store.delete(&self.key(a)).await),
            Ask::DeleteIf(a, v) => format!("{:?}", store.delete_if(&self.key(a), v).await),
            Ask::DeleteOf(a) => {
                let key = self.key(a);
                format!("{:?}", store.delete_of(&key.app, &key.account).await)
            }
            Ask::OfSubject(number) => {
                let found = store.of_subject(&self.0, &subject(number)).await;
                let mut found = found.map_err(|error| error.to_string()).unwrap_or_default();
                found.sort_by(|a, b| a.key.cmp(&b.key));
                format!("{found:?}")
            }
            Ask::Lease(a, o, g) => {
                format!("{:?}", store.lease(&self.key(a), &request(o, g)).await)
            }
            Ask::Renew(a, o) => format!("{:?}", store.renew(&self.key(a), &request(o, 1)).await),
            Ask::Release(a, o, settled) => {
                format!("{:?}", store.release(&self.key(a), owner(o), settled).await)
            }
            Ask::Pass(_) => String::new(),
        }
    }
}

/// Plays as many random sequences on a database and in memory, side by side.
fn answers_as_memory_does(database: &Database, plays: u32) {
    let runtime = Runtime::new().unwrap();
    let clock = Arc::new(ManualClock::new(at(1_800_000_000)));
    let memory = MemoryGrants::new().with_clock(clock.clone());
    let rows = runtime.block_on(rows_as(&database.url(), "m_"));
    let rows = WatchedRows::new(rows, Arc::new(Clocked::new(clock.clone())));
    let stored = sealed(Arc::new(rows), KEYS).unwrap().grants;
    let config = Config {
        cases: plays,
        failure_persistence: None,
        max_shrink_iters: 500,
        ..Config::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let asks = proptest::collection::vec(any_ask(), 1..60);
    let number = AtomicU32::new(0);
    let outcome = TestRunner::new_with_rng(config, random).run(&asks, |asks| {
        let number = number.fetch_add(1, Ordering::Relaxed);
        let play = Play(AppKey {
            environment: "https://auth.atlassian.com".into(),
            client_id: format!("play-{number}").into(),
        });
        for ask in asks {
            if let Ask::Pass(seconds) = ask {
                clock.advance(Duration::from_secs(seconds.into()));
            }
            let expected = runtime.block_on(play.ask(&memory, ask));
            let answered = runtime.block_on(play.ask(&*stored, ask));
            prop_assert_eq!(answered, expected, "{:?}", ask);
        }
        Ok(())
    });
    outcome.unwrap();
}

fn plays(usual: usize) -> u32 {
    u32::try_from(rounds(usual, usual * 20)).unwrap()
}

#[test]
fn sqlite_answers_as_memory_does() {
    answers_as_memory_does(&Database::sqlite(), plays(40));
}

#[test]
fn redis_answers_as_memory_does() {
    if let Some(database) = Database::redis() {
        answers_as_memory_does(&database, plays(200));
    }
}

#[test]
fn postgres_answers_as_memory_does() {
    if let Some(database) = Database::postgres() {
        answers_as_memory_does(&database, plays(100));
    }
}
