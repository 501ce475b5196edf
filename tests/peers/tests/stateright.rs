//! Stateright counts the states that `explore` counts, and says of each case whether a value is lost.

use corpus::{Case, Schedule};
use explore::exhaust::{Answer, Exhaust, exhaust};
use impls::Version;
use oracle::Judge;
use peers::stateright::{Interleavings, breadth_first, depth_first};
use std::collections::BTreeMap;

/// A case with more states than this is not small.
const SMALL: usize = 50_000;

/// All cases that come with lostwrite, without their schedules, each once.
fn cases() -> Vec<Case> {
    let entries = corpus::builtin().into_iter().flat_map(|f| f.entries);
    let cases = entries.map(|e| Case { schedule: Schedule::default(), ..e.case });
    cases.map(|c| (c.to_string(), c)).collect::<BTreeMap<_, _>>().into_values().collect()
}

fn versions() -> Vec<&'static Version> {
    ["pre-fix", "v1", "v3"].map(|name| impls::find(name).unwrap_or_else(|e| panic!("{e}"))).to_vec()
}

/// States, and whether a wrong value is loaded; nothing for a case that is not small.
fn explored(version: &Version, case: &Case) -> Option<(u64, bool)> {
    let mut loses = false;
    let all = exhaust::<()>(version, case, SMALL, |finding, ()| {
        loses |= finding.judge() == Judge::LastWrite;
        Answer::Ignore
    });
    match all {
        Exhaust::Exhausted { states, .. } => Some((states, loses)),
        Exhaust::Found { .. } => unreachable!("nothing is looked for"),
        Exhaust::Budget { .. } => None,
    }
}

#[test]
fn every_small_case_has_as_many_states_for_stateright() {
    let (mut compared, mut losses, mut states) = (0, 0, 0);
    for case in cases() {
        for version in versions() {
            let Some((expected, loses)) = explored(version, &case) else { continue };
            let counted = depth_first(Interleavings::of(version, &case));
            assert_eq!((counted.states, counted.loses), (expected, loses), "{} on {case}", version.name);
            assert!(!counted.deadlocks, "{} on {case}", version.name);
            compared += 1;
            losses += u32::from(loses);
            states += expected;
        }
    }
    eprintln!("{compared} comparisons, {losses} of them with a loss, {states} states");
    assert!(compared > 100 && losses > 20, "{compared} comparisons, {losses} with a loss: hardly any");
}

#[test]
fn breadth_first_is_the_same_graph() {
    let case: Case = "cpu0: W0 F0 I0 D0 | cpu1: W0".parse().expect("a case");
    for version in versions() {
        let (states, loses) = explored(version, &case).expect("a small case");
        let counted = breadth_first(Interleavings::of(version, &case));
        assert_eq!((counted.states, counted.loses), (states, loses), "{}", version.name);
    }
}
