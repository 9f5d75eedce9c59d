//! An instance of an app as a process of its own. It reads commands from its standard input, one per line.

#![expect(
    clippy::unwrap_used,
    reason = "a program for tests: an unexpected state must end it"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex};

use threelo::store::{RowKind, StoreError};
use threelo::{AccountId, Auth};
use threelo_tests::{
    ActixApp, App, AxumApp, Browser, Call, Order, Point, Settings, Told, Watch, WatchedRows,
    instance_of, rows_as,
};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::task::JoinSet;

/// Stops the next refresh at a point, forever.
#[derive(Debug, Default)]
struct Stop(Mutex<Option<Point>>);

impl Stop {
    async fn at(&self, point: Point) {
        let is_here = self
            .0
            .lock()
            .unwrap()
            .take_if(|stop| *stop == point)
            .is_some();
        if is_here {
            say(&Told::Reached(point));
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait::async_trait]
impl Watch for Stop {
    async fn before(&self, call: Call) -> Result<(), StoreError> {
        if call == Call::Replace(RowKind::Grant) {
            self.at(Point::BeforeWrite).await;
        }
        Ok(())
    }

    async fn after(&self, call: Call) {
        match call {
            Call::SwapLease => self.at(Point::AfterLease).await,
            Call::Replace(RowKind::Grant) => self.at(Point::AfterWrite).await,
            _ => {}
        }
    }
}

fn say(told: &Told) {
    let line = serde_json::to_string(told).unwrap();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    if std::env::var_os("THREELO_LOG").is_some() {
        tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .init();
    }
    let settings = std::env::args().nth(1).unwrap();
    let settings: Settings = serde_json::from_str(&settings).unwrap();
    let stop = Arc::new(Stop::default());
    let rows = rows_as(&settings.store, &settings.prefix).await;
    let rows = Arc::new(WatchedRows::new(rows, stop.clone()));
    let (auth, clock) = instance_of(&settings, rows);
    // Both live as long as the process: when a runtime ends, the connections that were opened in it end too.
    let (axum, actix) = (AxumApp::new(&auth), ActixApp::new(&auth));
    say(&Told::Ready);
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    while let Some(order) = orders.next_line().await.unwrap() {
        let told = match serde_json::from_str(&order).unwrap() {
            Order::Advance(by) => {
                clock.advance(by);
                Told::Ready
            }
            Order::Listen if settings.on_actix => Told::Listening(ActixApp::listen(&auth).await),
            Order::Listen => Told::Listening(AxumApp::listen(&auth).await),
            Order::StopAt(point) => {
                *stop.0.lock().unwrap() = Some(point);
                Told::Ready
            }
            Order::Tokens(account, tasks) => tokens(&auth, &account, tasks).await,
            Order::Arrive(callback, cookies, times) if settings.on_actix => {
                arrive(&actix, &callback, &cookies, times).await
            }
            Order::Arrive(callback, cookies, times) => {
                arrive(&axum, &callback, &cookies, times).await
            }
        };
        say(&told);
    }
}

async fn tokens(auth: &Auth, account: &str, tasks: usize) -> Told {
    let account = AccountId::parse(account).unwrap();
    let mut asking = JoinSet::new();
    for _ in 0..tasks {
        let (grants, account) = (auth.grants(), account.clone());
        asking.spawn(async move { grants.of(&account).await?.access_token().await });
    }
    let answers = asking.join_all().await;
    let errors = answers
        .iter()
        .filter_map(|answer| answer.as_ref().err())
        .map(|error| format!("{error:?}"));
    let good = answers.iter().filter(|answer| answer.is_ok()).count();
    Told::Tokens(good, errors.collect())
}

async fn arrive<A: App>(
    app: &A,
    callback: &str,
    cookies: &BTreeMap<String, String>,
    times: usize,
) -> Told {
    let mut arrivals = JoinSet::new();
    for _ in 0..times {
        let mut browser = Browser::new(app);
        browser.cookies.clone_from(cookies);
        let callback = callback.to_owned();
        arrivals.spawn(async move {
            browser.arrive(&callback).await;
            browser.who_am_i().await.is_some()
        });
    }
    let arrived = arrivals.join_all().await;
    Told::SignedIn(arrived.iter().filter(|signed_in| **signed_in).count())
}
