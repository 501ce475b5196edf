//! Ways to look at fewer states, or in another order, say the same as looking at all of them.

mod common;

use common::version;
use corpus::Case;
use explore::exhaust::{Answer, Cut, Exhaust, Measure, Options, exhaust_with};
use explore::schedulers::case_at;
use impls::Version;
use model::Op;
use oracle::{Finding, Judge, trace};
use std::collections::BTreeSet;

/// More than any program here has.
const BUDGET: usize = 20_000;

fn case(line: &str) -> Case {
    line.parse().unwrap_or_else(|e| panic!("{line}: {e}"))
}

fn search(version: &Version, case: &Case, options: Options) -> (Exhaust, Measure) {
    exhaust_with(version, case, &options, |_, (): &()| Answer::Shortest)
}

/// Every program that comes with lostwrite, without its schedule, once.
fn programs() -> Vec<Case> {
    let files = corpus::builtin().into_iter().flat_map(|file| file.entries);
    let all = files.chain(corpus::scenario_programs()).chain(corpus::mutant_programs());
    let mut seen = BTreeSet::new();
    let bare = |case: Case| Case { schedule: corpus::Schedule::default(), ..case };
    all.map(|entry| bare(entry.case)).filter(|case| seen.insert(case.to_string())).collect()
}

fn variants() -> Vec<(&'static str, Options)> {
    let plain = Options::plain(BUDGET);
    vec![
        ("symmetry", Options { symmetry: true, ..plain }),
        ("reduction", Options { reduction: true, ..plain }),
        ("both", Options { symmetry: true, reduction: true, ..plain }),
        ("lossy", Options { lossy: true, ..plain }),
        ("all at once", Options { lossy: true, symmetry: true, reduction: true, ..plain }),
    ]
}

/// What has to be the same: the finding, the case that shows it, and what can be read back if there is none.
fn told(found: &Exhaust, measure: &Measure) -> String {
    match found {
        Exhaust::Found { finding, case, .. } => format!("{finding:?} on {case}"),
        Exhaust::Exhausted { .. } => format!("silent, {:?}", measure.outcomes),
        Exhaust::Budget { .. } => "not exhausted".to_owned(),
    }
}

fn check(version: &Version, case: &Case) -> Option<(Measure, Measure)> {
    let (found, plain) = search(version, case, Options::plain(BUDGET));
    if matches!(found, Exhaust::Budget { .. }) {
        return None;
    }
    if let Exhaust::Found { finding, case, .. } = &found {
        assert_eq!(trace(version, case).judges.of(finding.judge()), Some(*finding), "{case}");
    }
    let mut least = plain.clone();
    for (name, options) in variants() {
        let (other, measure) = search(version, case, options);
        let lossy_found = options.lossy && matches!(found, Exhaust::Found { .. });
        if lossy_found {
            // Of several shortest executions it may not find the one with fewest switches.
            let (Exhaust::Found { finding: a, .. }, Exhaust::Found { finding: b, .. }) = (&found, &other) else {
                panic!("{name}, {} on {case}: {other:?}", version.name)
            };
            assert_eq!(a.step(), b.step(), "{name}, {} on {case}", version.name);
        } else {
            assert_eq!(told(&other, &measure), told(&found, &plain), "{name}, {} on {case}", version.name);
        }
        assert!(measure.states <= plain.states, "{name} on {case}");
        if !options.symmetry && matches!(found, Exhaust::Exhausted { .. }) {
            assert_eq!(measure.ends, plain.ends, "{name}, {} on {case}", version.name);
        }
        if name == "both" {
            least = measure;
        }
    }
    Some((plain, least))
}

#[test]
fn every_quotient_says_the_same_over_the_whole_corpus() {
    let (mut all, mut fewer, mut searched) = (0, 0, 0);
    for case in programs() {
        for name in ["pre-fix", "v3"] {
            if let Some((plain, least)) = check(version(name), &case) {
                all += plain.states;
                fewer += least.states;
                searched += 1;
            }
        }
    }
    println!("{searched} searches, {all} states, {fewer} with both quotients");
    assert!(searched > 100, "{searched}");
}

/// Programs drawn at random; every other one with two actors that do the same, on pages that may have changed
/// places.
#[test]
fn every_quotient_says_the_same_on_random_programs() {
    let versions: Vec<_> = impls::registry().iter().collect();
    let (mut all, mut fewer, mut searched) = (0, 0, 0);
    for index in 0..500 {
        let (mut case, _) = case_at(31, index);
        let programs = &mut case.programs;
        let small = programs.total() <= 6 && programs.actors > 1;
        if index % 2 == 0 && small {
            let swap = |page: u8| if index % 4 == 0 && page < 2 { 1 - page } else { page };
            programs.kinds[1] = programs.kinds[0];
            programs.len[1] = programs.len[0];
            programs.ops[1] =
                programs.ops[0].map(|op| if op.kind.one_page() { Op { arg: swap(op.arg), ..op } } else { op });
        }
        let case = Case { schedule: corpus::Schedule::default(), ..case };
        if small && let Some((plain, least)) = check(versions[index as usize % versions.len()], &case) {
            all += plain.states;
            fewer += least.states;
            searched += 1;
        }
    }
    println!("{searched} searches, {all} states, {fewer} with both quotients");
    assert!(searched > 50 && fewer * 10 < all * 9, "{searched} searches, {all} states, {fewer} with both");
}

/// Programs that are symmetric, or of which parts have nothing to do with each other.
const QUOTIENTS: &[&str] = &[
    "cpu0: W0 R0 | cpu1: W0 R0",
    "cpu0: W0 D0 | cpu1: W1 D1",
    "cpu0: W0 P0 | cpu1: W1 P1",
    "cpu0: W0 Z0 | cpu1: W0 Z0",
    "cpu0: W0 | cpu1: W0 | cpu2: W0",
    "cpu0: R0 | cpu1: R1 | cpu2: R2",
    "cpu0: W0 | cpu1: W1 R1 | kswapd: P0",
    "cpu0: W0 D0 R0 | cpu1: W1 R1",
    "swap=disk cpu0: W0 | cpu1: W0 | kswapd: P0",
    "shared=0 cpu0: R0 D0 | cpu1: W1 R1",
    "cpu0: I0 W0 U0 | cpu1: W1 R1",
];

#[test]
fn quotients_are_smaller_where_there_is_something_to_leave_out() {
    for line in QUOTIENTS {
        for name in ["v1", "v3", "7.3"] {
            let (plain, least) =
                check(version(name), &case(line)).unwrap_or_else(|| panic!("{line} is too large"));
            println!(
                "{name} on {line}: {} states, {} transitions; {} and {}",
                plain.states, plain.transitions, least.states, least.transitions
            );
        }
    }
    for (line, factor) in [("cpu0: W0 | cpu1: W0 | cpu2: W0", 4), ("cpu0: W0 R0 | cpu1: W1 R1", 2)] {
        let states = |options| search(version("v3"), &case(line), options).1.states;
        let (all, few) = (states(Options::plain(BUDGET)), states(Options { threads: 1, ..Options::default() }));
        assert!(few * factor <= all, "{line}: {few} of {all}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for line in ["cpu0: W0 F0 I0 D0 | cpu1: W0 R0", "cpu0: W0 D0 | cpu1: W1 R0"] {
        let with = |threads, reduction| {
            let options = Options { threads, reduction, ..Options::plain(500_000) };
            let (found, measure) = search(version("v3"), &case(line), options);
            (told(&found, &measure), measure)
        };
        for reduction in [false, true] {
            assert_eq!(with(1, reduction), with(2, reduction), "{line}");
            assert_eq!(with(1, reduction), with(3, reduction), "{line}");
        }
    }
}

#[test]
fn a_limit_that_is_hit_says_how_many_states_were_seen() {
    let line = case("cpu0: W0 F0 I0 D0 | cpu1: W0");
    let (found, measure) = search(version("v3"), &line, Options::plain(1000));
    assert!(matches!(found, Exhaust::Budget { states: 1000, .. }), "{found:?}");
    assert_eq!((measure.cut, measure.states), (Some(Cut::States), 1000));
    let memory = 100_000;
    let (found, measure) =
        search(version("v3"), &line, Options { memory: Some(memory), ..Options::plain(BUDGET) });
    assert!(matches!(found, Exhaust::Budget { states, .. } if states > 100), "{found:?}");
    assert_eq!(measure.cut, Some(Cut::Memory));
    assert!(measure.bytes <= memory as u64, "{measure:?}");
}

/// What was seen to go wrong on the way is not kept back, even if the shortest way there is out of reach.
#[test]
fn a_finding_that_is_out_of_reach_level_by_level_is_mentioned() {
    let lost = case("cpu0: W0 F0 W0 D0 R0 P0 R0 | cpu1: R1 R1 | cpu2: R2 R2");
    let deep = Options { symmetry: true, reduction: true, ..Options::plain(1500) };
    let (found, measure) = search(version("pre-fix"), &lost, deep);
    assert!(matches!(found, Exhaust::Budget { .. }), "{found:?}");
    assert!(measure.spoke.is_some_and(|f: Finding| f.judge() != Judge::Structural), "{measure:?}");
}

#[test]
fn a_lossy_search_states_how_probably_it_misses_something() {
    let line = case("cpu0: W0 F0 I0 D0 | cpu1: W0");
    let (_, exact) = search(version("v3"), &line, Options::plain(BUDGET));
    let (found, lossy) = search(version("v3"), &line, Options { lossy: true, ..Options::plain(BUDGET) });
    assert!(matches!(found, Exhaust::Exhausted { .. }), "{found:?}");
    assert_eq!((lossy.states, lossy.transitions), (exact.states, exact.transitions));
    let n = lossy.states as f64;
    assert_eq!((exact.omission, lossy.omission), (0.0, n * n / 2f64.powi(64)));
    assert!(lossy.bytes * 3 < exact.bytes * 2, "{} and {}", lossy.bytes, exact.bytes);
}
