//! Tables and verdicts.

use std::fmt::Write;

use crate::apps::App;
use crate::measure::{Case, median};
use crate::visit::Visit;

/// What a public route may cost, as a multiple of bare axum.
const PUBLIC_RATIO: f64 = 1.3;
/// Allocations that threelo may add to those of an empty layer, on a route that does not ask for the user.
const PUBLIC_ALLOCATIONS: f64 = 3.0;
/// What an authenticated route may add, as a multiple of what the floor adds.
const FLOOR_RATIO: f64 = 1.25;
/// Bytes of a session record that the floor does not need: three times, a site and a version, less its own time.
const PAYLOAD: f64 = 56.0;
/// Bytes of a session, as a multiple of the floor's, payload aside.
const MEMORY_RATIO: f64 = 2.0;

/// One table of all cases for one number of sessions.
pub fn requests(cases: &[Case]) -> String {
    let mut table = String::from(
        "| request | app | ns, median (min..max) | x bare | ns over bare | ns over empty layer | allocations | over empty layer | goal |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for case in cases {
        let compared = Compared::new(cases, case);
        let figures = case.nanoseconds();
        let low = figures.iter().copied().fold(f64::INFINITY, f64::min);
        let high = figures.iter().copied().fold(0.0, f64::max);
        let line = format!(
            "| {} | {} | {:.0} ({low:.0}..{high:.0}) | {:.2} | {:.0} | {:.0} | {:.1} | {:.1} | {} |",
            case.visit().name(),
            case.app().name(),
            median(figures.to_vec()),
            compared.ratio,
            compared.over_bare,
            compared.over_layer,
            case.allocations(),
            compared.allocations,
            verdict(cases, case, &compared),
        );
        let _infallible = writeln!(table, "{line}");
    }
    table
}

/// A case beside bare axum and the empty layer; medians of pairs from the same round.
struct Compared {
    ratio: f64,
    over_bare: f64,
    over_layer: f64,
    allocations: f64,
}

impl Compared {
    fn new(cases: &[Case], case: &Case) -> Self {
        let bare = peer(cases, case.visit(), App::Bare).unwrap_or(case);
        let layer = peer(cases, case.visit(), App::EmptyLayer).unwrap_or(case);
        Self {
            ratio: paired(case, bare, |ours, theirs| ours / theirs),
            over_bare: paired(case, bare, |ours, theirs| ours - theirs),
            over_layer: paired(case, layer, |ours, theirs| ours - theirs),
            allocations: case.allocations() - layer.allocations(),
        }
    }
}

fn peer(cases: &[Case], visit: Visit, app: App) -> Option<&Case> {
    cases
        .iter()
        .find(|case| case.visit() == visit && case.app() == app)
}

fn paired(case: &Case, other: &Case, compare: impl Fn(f64, f64) -> f64) -> f64 {
    let pairs = case.nanoseconds().iter().zip(other.nanoseconds());
    median(
        pairs
            .map(|(ours, theirs)| compare(*ours, *theirs))
            .collect(),
    )
}

fn verdict(cases: &[Case], case: &Case, compared: &Compared) -> String {
    if case.app() != App::Ours {
        return String::new();
    }
    if case.visit().path == "/public" {
        let time = judged(compared.ratio, PUBLIC_RATIO, "x bare");
        let count = judged(compared.allocations, PUBLIC_ALLOCATIONS, "allocations");
        return format!("{time}; {count}");
    }
    let floor = peer(cases, case.visit(), App::Floor).unwrap_or(case);
    let added = compared.over_bare / Compared::new(cases, floor).over_bare;
    judged(added, FLOOR_RATIO, "x floor's added ns")
}

/// A figure beside its goal, rounded as it is printed.
fn judged(figure: f64, goal: f64, unit: &str) -> String {
    let rounded = (figure * 100.0).round() / 100.0;
    if rounded <= goal {
        format!("met: {rounded} of {goal} {unit}")
    } else {
        format!(
            "missed by {:.2}: {rounded} of {goal} {unit}",
            rounded - goal
        )
    }
}

/// Bytes per session.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bytes {
    /// Live on the heap, by the allocator's count.
    pub live: f64,
    /// In the resident set.
    pub resident: f64,
}

/// The table of the memory of a stored session.
pub fn memory(rows: &[(String, Bytes, Bytes)]) -> String {
    let mut table = String::from(
        "| sessions | floor: live, resident | ours: live, resident | goal, live | goal, resident |\n|---|---|---|---|---|\n",
    );
    for (sessions, floor, ours) in rows {
        let goal = |floor: f64, ours: f64| {
            judged(
                ours.round(),
                (MEMORY_RATIO * floor + PAYLOAD).round(),
                "bytes",
            )
        };
        let line = format!(
            "| {sessions} | {:.0}, {:.0} | {:.0}, {:.0} | {} | {} |",
            floor.live,
            floor.resident,
            ours.live,
            ours.resident,
            goal(floor.live, ours.live),
            goal(floor.resident, ours.resident),
        );
        let _infallible = writeln!(table, "{line}");
    }
    table
}
