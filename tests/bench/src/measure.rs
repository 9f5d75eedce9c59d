//! Interleaved measurements: every round runs every case once, so that a change in the machine's speed affects all alike.

use std::hint::black_box;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode};
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::alloc::allocations;
use crate::apps::App;
use crate::sessions::{Cookies, Numbers};
use crate::visit::Visit;

/// Requests whose mean is one figure; a sample is the median of such figures, so that a batch in which the system
/// did something else does not count.
const BATCH: usize = 100;

/// One kind of request to one app.
#[derive(Debug)]
pub struct Case {
    visit: Visit,
    app: App,
    router: Router,
    numbers: Numbers,
    samples: Vec<f64>,
    allocations: f64,
}

/// How often things are measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Measured rounds, after one that only warms up.
    pub rounds: usize,
    /// Requests of each case in a round.
    pub requests: usize,
}

impl Effort {
    /// For figures to report.
    pub const FULL: Self = Self {
        rounds: 9,
        requests: 20_000,
    };
    /// For a first look.
    pub const QUICK: Self = Self {
        rounds: 5,
        requests: 4_000,
    };
}

/// What one block of requests cost, per request.
struct Sample {
    nanoseconds: f64,
    allocations: f64,
}

impl Case {
    /// A case that has not run yet.
    pub fn new(visit: Visit, app: App, router: Router) -> Self {
        let numbers = Numbers::named(&format!("{} {}", visit.name(), app.name()));
        Self {
            visit,
            app,
            router,
            numbers,
            samples: Vec::new(),
            allocations: 0.0,
        }
    }

    /// The kind of request.
    pub fn visit(&self) -> Visit {
        self.visit
    }

    /// The app that answers.
    pub fn app(&self) -> App {
        self.app
    }

    /// Nanoseconds per request, one figure per round.
    pub fn nanoseconds(&self) -> &[f64] {
        &self.samples
    }

    /// Allocations per request.
    pub fn allocations(&self) -> f64 {
        self.allocations
    }

    /// Serves `times` requests without taking the time, and returns how many allocations they made.
    pub async fn repeat(&mut self, cookies: &Cookies, requests: usize) -> u64 {
        let mut made = 0;
        for _ in 0..requests {
            let request = self.request(cookies);
            let before = allocations();
            let Ok(response) = self.router.clone().oneshot(request).await;
            let status = black_box(response).status();
            made += allocations() - before;
            assert_eq!(status, StatusCode::OK, "{:?}", self.visit);
        }
        made
    }

    async fn run(&mut self, cookies: &Cookies, requests: usize) -> Sample {
        let batches = requests.div_ceil(BATCH);
        let mut means = Vec::with_capacity(batches);
        let mut made = 0;
        for _ in 0..batches {
            let mut spent = Duration::ZERO;
            for _ in 0..BATCH {
                let (time, count) = self.serve(cookies).await;
                spent += time;
                made += count;
            }
            means.push(spent.as_nanos() as f64 / BATCH as f64);
        }
        Sample {
            nanoseconds: median(means),
            allocations: made as f64 / (batches * BATCH) as f64,
        }
    }

    /// Serves one request. It is built right before, as a server would, and outside of what is measured.
    #[expect(clippy::disallowed_methods, reason = "a stopwatch")]
    async fn serve(&mut self, cookies: &Cookies) -> (Duration, u64) {
        let request = self.request(cookies);
        let (before, start) = (allocations(), Instant::now());
        let Ok(response) = self.router.clone().oneshot(request).await;
        let status = black_box(response).status();
        let (spent, made) = (start.elapsed(), allocations() - before);
        assert_eq!(status, StatusCode::OK, "{:?}", self.visit);
        (spent, made)
    }

    fn request(&mut self, cookies: &Cookies) -> Request<Body> {
        match self.visit.request(cookies.pick(&mut self.numbers)) {
            Ok(request) => request,
            Err(_) => unreachable!("the requests are well-formed"),
        }
    }
}

/// What starting and stopping the watch costs.
#[expect(clippy::disallowed_methods, reason = "a stopwatch")]
fn stopwatch() -> f64 {
    let mean = |_| {
        let spent: Duration = (0..1000).map(|_| Instant::now().elapsed()).sum();
        spent.as_nanos() as f64 / 1000.0
    };
    median((0..101).map(mean).collect())
}

/// Measures all cases; each round starts with the next case.
pub fn interleave(runtime: &Runtime, cases: &mut [Case], cookies: &Cookies, effort: Effort) {
    let stopwatch = stopwatch();
    let count = cases.len();
    for round in 0..=effort.rounds {
        for index in 0..count {
            let case = &mut cases[(round + index) % count];
            let sample = runtime.block_on(tokio::task::coop::unconstrained(async {
                // Warms the caches after the case before.
                case.run(cookies, effort.requests / 10).await;
                case.run(cookies, effort.requests).await
            }));
            if round > 0 {
                case.samples.push(sample.nanoseconds - stopwatch);
                case.allocations = sample.allocations;
            }
        }
    }
}

/// The median; 0 without figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    figures.get(middle).copied().unwrap_or(0.0)
}
