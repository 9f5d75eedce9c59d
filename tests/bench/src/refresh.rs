//! The cost of a token that works, and the time that a thousand callers of one refresh wait beyond Atlassian's response.

use std::error::Error;
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, Response};
use threelo::clock::{Clock, ManualClock};
use threelo::http_client::{Chunks, HttpClient, HttpClientError};
use threelo::internals::token;
use threelo::internals::{
    AppKey, GrantKey, GrantRecord, GrantStore, MemoryFlowMarks, MemoryGrants, MemorySessions,
};
use threelo::{AccountId, Auth, Credentials, Grant, Scopes};
use tokio::runtime::Runtime;

use crate::alloc::allocations;
use crate::measure::median;
use crate::sessions::Numbers;

/// Atlassian's answer to a refresh, after a while, without a network.
#[derive(Debug, Default)]
struct Provider {
    /// How long each answer really took.
    took: Mutex<Vec<Duration>>,
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch")]
fn now() -> Instant {
    Instant::now()
}

const TAKES: Duration = Duration::from_millis(100);
const WAITERS: usize = 1000;
const HOUR: Duration = Duration::from_secs(3600);

#[async_trait::async_trait]
impl HttpClient for Provider {
    async fn open(
        &self,
        _request: Request<Bytes>,
    ) -> Result<Response<Box<dyn Chunks>>, HttpClientError> {
        let began = now();
        tokio::time::sleep(TAKES).await;
        let mut took = self.took.lock().unwrap_or_else(PoisonError::into_inner);
        took.push(began.elapsed());
        Ok(Response::new(Box::new(Body(Some(answer())))))
    }
}

#[derive(Debug)]
struct Body(Option<Bytes>);

#[async_trait::async_trait]
impl Chunks for Body {
    async fn chunk(&mut self) -> Result<Option<Bytes>, HttpClientError> {
        Ok(self.0.take())
    }
}

/// Tokens as long as Atlassian's.
fn answer() -> Bytes {
    let long = "x".repeat(2000);
    let text = format!(
        r#"{{"access_token":"{long}","refresh_token":"{long}","expires_in":3600,"scope":"read:me offline_access"}}"#
    );
    text.into()
}

/// An app with stored grants, and its provider and clock.
struct App {
    auth: Auth,
    provider: Arc<Provider>,
    clock: Arc<ManualClock>,
    accounts: Vec<AccountId>,
}

async fn app(count: usize) -> Result<App, Box<dyn Error>> {
    let clock = Arc::new(ManualClock::new(
        UNIX_EPOCH + Duration::from_secs(1_800_000_000),
    ));
    let grants = Arc::new(MemoryGrants::with_capacity(count).with_clock(clock.clone()));
    let mut accounts = Vec::new();
    for number in 0..count {
        let account = AccountId::parse(&format!("712020:{number:036}"))?;
        let record = Arc::new(record(&account, clock.now())?);
        let _inserted = grants.insert(record).await?;
        accounts.push(account);
    }
    let provider = Arc::new(Provider::default());
    let auth = Auth::builder(
        Credentials::new("client", "secret"),
        "http://localhost:3000",
    )
    .clock(clock.clone())
    .keys("k1:nm4sbGzg3cvWMC1BfFjhkYLPjd2vgOEYV6yP0wZZHUg=")
    .http_client(provider.clone())
    .record_stores(
        Arc::new(MemorySessions::new()),
        grants,
        Arc::new(MemoryFlowMarks::new()),
    )
    .build()?;
    Ok(App {
        auth,
        provider,
        clock,
        accounts,
    })
}

fn record(account: &AccountId, now: SystemTime) -> Result<GrantRecord, Box<dyn Error>> {
    let app = AppKey {
        environment: "https://auth.atlassian.com".into(),
        client_id: "client".into(),
    };
    Ok(GrantRecord {
        key: GrantKey {
            app,
            account: account.clone(),
            consent: None,
        },
        tokens: token::from_response(&Response::new(answer()), &Scopes::new(), now)?.tokens,
        consented_at: now,
        consents: Arc::new([]),
        asked: Scopes::new(),
        wanted: Scopes::new(),
        consent_needed: None,
        sites: None,
        sites_read_at: now,
        last_site: None,
        added: Arc::new([]),
        profile: None,
        links: Arc::new([]),
        unknown: Default::default(),
        generation: 1,
        version: 1,
    })
}

/// Prints both tables.
///
/// # Errors
///
/// If the app or its store fails.
pub fn tables(runtime: &Runtime, rounds: usize) -> Result<String, Box<dyn Error>> {
    let mut text = String::from("| a token that works | ns | x the floor |\n|---|---|---|\n");
    for count in [1_000, 100_000] {
        let (ours, floor) = fast_path(runtime, count, rounds)?;
        let (ours, floor) = (median(ours), median(floor));
        let ratio = ours / floor;
        writeln!(text, "| 1 of {count} grants | {ours:.0} | {ratio:.2} |")?;
    }
    let mut added = runtime.block_on(waits(rounds))?;
    added.sort_unstable();
    let at = |share: usize| {
        added
            .get(added.len() * share / 100)
            .map_or(0, Duration::as_micros)
    };
    text +=
        "\n| of 1,000 callers that wait for one refresh of 100 ms | added wait, us |\n|---|---|\n";
    writeln!(text, "| p50 | {} |\n| p99 | {} |", at(50), at(99))?;
    Ok(text)
}

/// Nanoseconds of a call; and of the floor: the same map behind a lock, and a copy of the token.
fn fast_path(
    runtime: &Runtime,
    count: usize,
    rounds: usize,
) -> Result<(Vec<f64>, Vec<f64>), Box<dyn Error>> {
    const CALLS: usize = 20_000;
    let app = runtime.block_on(app(count))?;
    let grants = runtime.block_on(grants(&app))?;
    let token = Arc::new("x".repeat(2000));
    let known = app
        .accounts
        .iter()
        .map(|account| (account.clone(), Arc::clone(&token)));
    let floor_map: std::sync::RwLock<std::collections::HashMap<_, _>> =
        std::sync::RwLock::new(known.collect());
    let mut numbers = Numbers::named("fast path");
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..=rounds {
        let chosen: Vec<usize> = (0..CALLS).map(|_| numbers.below(count)).collect();
        let began = now();
        runtime.block_on(async {
            for index in &chosen {
                black_box(grants[*index].access_token().await.is_ok());
            }
        });
        ours.push(began.elapsed().as_nanos() as f64 / CALLS as f64);
        let began = now();
        for index in &chosen {
            let map = floor_map.read().unwrap_or_else(PoisonError::into_inner);
            black_box(
                map.get(&app.accounts[*index])
                    .map(|token| String::clone(token)),
            );
        }
        floor.push(began.elapsed().as_nanos() as f64 / CALLS as f64);
    }
    Ok((ours, floor))
}

async fn grants(app: &App) -> Result<Vec<Grant>, threelo::GrantError> {
    let mut grants = Vec::new();
    for account in &app.accounts {
        grants.push(app.auth.grants().of(account).await?);
    }
    Ok(grants)
}

/// Asks `times` times for the valid token of one of `count` grants; returns how many allocations that made.
///
/// # Errors
///
/// If the app or its store fails.
pub fn repeat(runtime: &Runtime, count: usize, times: usize) -> Result<u64, Box<dyn Error>> {
    let app = runtime.block_on(app(count))?;
    let grants = runtime.block_on(grants(&app))?;
    let mut numbers = Numbers::named("token");
    let before = allocations();
    runtime.block_on(async {
        for _ in 0..times {
            let token = grants[numbers.below(count)].access_token().await;
            assert!(black_box(token).is_ok(), "the token works");
        }
    });
    Ok(allocations() - before)
}

/// The time that each of a thousand callers waited beyond the provider's response.
async fn waits(rounds: usize) -> Result<Vec<Duration>, Box<dyn Error>> {
    let app = app(1).await?;
    let grant = app.auth.grants().of(&app.accounts[0]).await?;
    let mut added = Vec::new();
    for _ in 0..rounds {
        app.clock.advance(HOUR);
        let began = now();
        let mut waiters = tokio::task::JoinSet::new();
        for _ in 0..WAITERS {
            let grant = grant.clone();
            waiters.spawn(async move {
                let works = grant.access_token().await.is_ok();
                (works, began.elapsed())
            });
        }
        let waited = waiters.join_all().await;
        let mut took = app
            .provider
            .took
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let [took] = took.drain(..).collect::<Vec<_>>()[..] else {
            return Err("there was not exactly one refresh".into());
        };
        for (works, wait) in waited {
            if !works {
                return Err("a waiter got no token".into());
            }
            added.push(wait.saturating_sub(took));
        }
    }
    Ok(added)
}
