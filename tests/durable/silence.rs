//! An Atlassian that accepts everything and never answers.

use std::time::Duration;

use threelo_sandbox::{Endpoint, Fault};
use threelo_tests::{ActixApp, App, AxumApp, Browser, World, rounds};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

const HOUR: Duration = Duration::from_secs(3600);
/// A place, a turn, the exchange, and the work around it: no visitor waits longer for a page.
const DEADLINE: Duration = Duration::from_secs(25);

/// What was under way times out, and what failed rests for half a minute at most.
const RECOVERY: Duration = Duration::from_secs(60);

/// Those who are signed in, and those who come back from Atlassian with a code.
struct People<A> {
    signed_in: Vec<Browser<A>>,
    arriving: Vec<Arrival<A>>,
}

#[derive(Clone)]
struct Arrival<A> {
    browser: Browser<A>,
    callback: String,
}

impl<A: App> People<A> {
    async fn of(world: &World<A>, count: usize) -> Self {
        let (mut signed_in, mut arriving) = (Vec::new(), Vec::new());
        for number in 0..count {
            signed_in.push(world.signed_in(&format!("crowd{number}")).await);
        }
        // Their tokens have ended, and codes do not live for an hour.
        world.pass(HOUR);
        for number in count..2 * count {
            let mut browser = world.browser();
            let user = format!("crowd{number}");
            let callback = browser.callback_of_login(world, &user, "/user").await;
            arriving.push(Arrival { browser, callback });
        }
        Self {
            signed_in,
            arriving,
        }
    }

    /// How long a page takes that shows the user and calls nobody: the median of each one's.
    async fn page_time(&self) -> Duration {
        let mut times = Vec::new();
        for browser in &self.signed_in {
            let mut browser = browser.clone();
            let began = Instant::now();
            assert_eq!(browser.fetch("GET", "/user").await.status(), 200);
            times.push(began.elapsed());
        }
        times.sort();
        times[times.len() / 2]
    }

    /// Every signed-in user's page calls Atlassian.
    fn call(&self) -> JoinSet<u16> {
        let calls = self.signed_in.iter().cloned();
        calls
            .map(|mut browser| async move {
                let call = browser.fetch("GET", "/myself");
                let seen = timeout(DEADLINE, call).await.expect("an answer to a call");
                seen.status()
            })
            .collect()
    }

    /// Every code arrives. Returns who is not signed in yet.
    fn arrive(&mut self) -> JoinSet<Option<Arrival<A>>> {
        let arrivals = std::mem::take(&mut self.arriving).into_iter();
        arrivals
            .map(|mut arrival| async move {
                let arrived = arrival.browser.arrive(&arrival.callback);
                let seen = timeout(DEADLINE, arrived)
                    .await
                    .expect("an answer to a code");
                match (seen.status(), seen.location()) {
                    (303, "/user") => None,
                    // A page that comes again by itself, or one that says that Atlassian does not answer.
                    (503, _) => Some(arrival),
                    (303, place) if place.starts_with("/auth/") => {
                        arrival.callback.clear();
                        Some(arrival)
                    }
                    other => panic!("{other:?}: {}", seen.text()),
                }
            })
            .collect()
    }
}

async fn silence_costs_nobody_else<A: App>() {
    let count = rounds(100, 500);
    let world = World::<A>::with_crowd(2 * count).await;
    let mut people = People::of(&world, count).await;
    let usual = people.page_time().await;
    for endpoint in [
        Endpoint::Token,
        Endpoint::Me,
        Endpoint::Sites,
        Endpoint::Api,
    ] {
        world
            .sandbox
            .fault(endpoint, Fault::Delay(HOUR), usize::MAX);
    }

    let calls = people.call();
    let arrivals = people.arrive();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let silent = people.page_time().await;

    let ratio = silent.as_secs_f64() / usual.as_secs_f64();
    eprintln!(
        "a page without calls takes {silent:?}, {ratio:.2} times what it takes without the fault"
    );
    if std::env::var_os("THREELO_SOAK").is_some() {
        assert!(ratio < 1.5, "{ratio}");
    }
    let calls = calls.join_all().await;
    assert!(calls.iter().all(|status| *status == 503), "{calls:?}");
    let waiting = arrivals.join_all().await;
    people.arriving = waiting.into_iter().flatten().collect();
    assert_eq!(
        people.arriving.len(),
        count,
        "nobody gets a token from silence"
    );

    world.sandbox.mend();
    everything_works(&world, people).await;
}

/// Those who wait go on with the same flow; those whose code was sent sign in anew.
async fn everything_works<A: App>(world: &World<A>, mut people: People<A>) {
    let back = Instant::now();
    let mut rounds = 0;
    while !people.arriving.is_empty() {
        assert!(rounds < 20, "{} cannot sign in", people.arriving.len());
        rounds += 1;
        for arrival in &mut people.arriving {
            if arrival.callback.is_empty() {
                let again = arrival.browser.callback_of_login(world, "mia", "/user");
                arrival.callback = again.await;
            }
        }
        let waiting = people.arrive().join_all().await;
        people.arriving = waiting.into_iter().flatten().collect();
    }
    loop {
        let calls = people.call().join_all().await;
        let served = calls.iter().filter(|status| **status == 200).count();
        if served == calls.len() {
            break;
        }
        assert!(back.elapsed() < RECOVERY, "{served} calls work: {calls:?}");
        tokio::time::sleep(Duration::from_secs(1)).await;
        world.pass(Duration::from_secs(1));
    }
    eprintln!("everything worked after {:?}", back.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_atlassian_costs_pages_without_calls_nothing_on_axum() {
    silence_costs_nobody_else::<AxumApp>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_atlassian_costs_pages_without_calls_nothing_on_actix() {
    silence_costs_nobody_else::<ActixApp>().await;
}
