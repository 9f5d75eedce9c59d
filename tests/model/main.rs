//! A model of the refresh: token families at the provider, instances, a store, and failures of each.
//!
//! With all rules no schedule loses a grant; without any single rule a schedule is found that does. The rules are those
//! of `core/src/refresh`; the model shares no code with it.

#![allow(clippy::unwrap_used, reason = "a test")]

mod climate;
mod provider;
mod refresh;
mod rules;
mod world;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use crate::climate::{Climate, any_climate};
use crate::rules::{Rule, Rules};
use crate::world::{Event, INSTANCES, World};

#[test]
fn no_schedule_loses_a_grant_when_all_rules_hold() {
    let cases = env_cases().unwrap_or(40_000);

    if let Err(TestError::Fail(why, (climate, events))) = search(Rules { without: None }, cases) {
        panic!("{why}\n{climate:#?}\n{events:#?}");
    }
}

#[test]
fn without_any_single_rule_a_schedule_loses_a_grant() {
    let missed: Vec<Rule> = Rule::ALL
        .into_iter()
        .filter(|rule| {
            let rules = Rules {
                without: Some(*rule),
            };
            search(rules, 400_000).is_ok()
        })
        .collect();

    assert!(missed.is_empty(), "no schedule needs {missed:?}");
}

/// How many schedules to try, for a longer search by hand: `MODEL_CASES=5000000`.
fn env_cases() -> Option<u32> {
    std::env::var("MODEL_CASES").ok()?.parse().ok()
}

type Found = TestError<(Climate, Vec<Event>)>;

/// Runs schedules until one breaks a promise. They are the same in every run.
fn search(rules: Rules, cases: u32) -> Result<(), Found> {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: if rules.without.is_none() { 100_000 } else { 0 },
        ..Config::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    let schedule = (any_climate(), prop::collection::vec(event(), 1..40));
    runner.run(&schedule, |(climate, events)| {
        let mut world = World::new(climate, rules);
        for event in events {
            world.happen(event);
            if world.violation.is_some() {
                break;
            }
        }
        if world.violation.is_none() {
            world.end();
        }
        match world.violation {
            Some(violation) => Err(TestCaseError::fail(violation)),
            None => Ok(()),
        }
    })
}

fn event() -> impl Strategy<Value = Event> {
    let (instance, account) = (0..INSTANCES, 0usize..8);
    prop_oneof![
        10 => (instance.clone(), account.clone()).prop_map(|(i, a)| Event::Ask(i, a)),
        14 => instance.clone().prop_map(Event::Step),
        10 => prop::sample::select(vec![1, 5, 15, 35, 101, 650]).prop_map(Event::Pass),
        1 => instance.clone().prop_map(Event::HangUp),
        2 => account.clone().prop_map(Event::ConsentExchange),
        2 => account.clone().prop_map(Event::ConsentWrite),
        1 => account.clone().prop_map(Event::ChooseSite),
        1 => instance.clone().prop_map(Event::Crash),
        2 => account.prop_map(Event::LoseLease),
        1 => Just(Event::LoseAnswer),
        1 => Just(Event::ProviderSilent),
        1 => Just(Event::StoreFails),
        1 => instance.prop_map(Event::WrongSecret),
        1 => Just(Event::RefuseAll),
    ]
}
