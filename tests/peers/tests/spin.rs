//! Spin counts the states that `explore` counts, and says of each version whether a value is lost, on a model
//! whose actions are written in its own language. Needs `spin` and a C compiler.

use corpus::Case;
use explore::exhaust::{Answer, Exhaust, exhaust};
use impls::Version;
use oracle::Judge;
use peers::promela::{ACTIONS, Purpose, model};
use peers::spin::{self, COUNT, JUDGE};

/// More than any case here has.
const BUDGET: usize = 1_000_000;

fn version(name: &str) -> &'static Version {
    impls::find(name).unwrap_or_else(|e| panic!("{e}"))
}

fn case(line: &str) -> Case {
    line.parse().unwrap_or_else(|e| panic!("{line}: {e}"))
}

/// States, transitions, and whether a wrong value is loaded.
fn explored(version: &Version, case: &Case) -> (u64, u64, bool) {
    let mut loses = false;
    let all = exhaust::<()>(version, case, BUDGET, |finding, ()| {
        loses |= finding.judge() == Judge::LastWrite;
        Answer::Ignore
    });
    let Exhaust::Exhausted { states, transitions, .. } = all else {
        panic!("{} on {case}: {all:?}", version.name)
    };
    (states, transitions, loses)
}

/// Spin's verdict: whether a wrong value is loaded. Anything else that it objects to fails the test.
fn judged(version: &Version, case: &Case, actions: &str) -> bool {
    let text = model(version, case, Purpose::Judge, actions).unwrap_or_else(|e| panic!("{e}"));
    let report = spin::run(&text, JUDGE).unwrap_or_else(|e| panic!("{} on {case}: {e}", version.name));
    if let Some(error) = &report.error {
        assert!(
            error.contains("assertion violated") && error.contains("last"),
            "{} on {case}: {error}",
            version.name
        );
    }
    report.errors > 0
}

/// Equal counts and equal verdicts. `expected`: whether a value is lost.
fn agree(name: &str, line: &str, expected: bool) {
    let (version, case) = (version(name), case(line));
    let (states, transitions, loses) = explored(version, &case);
    assert_eq!(loses, expected, "{name} on {line}: explore");
    let text = model(version, &case, Purpose::Count, ACTIONS).unwrap_or_else(|e| panic!("{name} on {line}: {e}"));
    let counted = spin::run(&text, COUNT).unwrap_or_else(|e| panic!("{name} on {line}: {e}"));
    assert_eq!((counted.errors, counted.error.as_deref()), (0, None), "{name} on {line}");
    assert_eq!(counted.states, states, "{name} on {line}: states");
    // Spin counts the arrival in the first state, and here no load of a wrong value.
    if !loses {
        assert_eq!(counted.transitions, transitions + 1, "{name} on {line}: transitions");
    }
    assert_eq!(judged(version, &case, ACTIONS), expected, "{name} on {line}: Spin");
    eprintln!("{name} on {line}: {states} states, {transitions} transitions, a value is lost: {loses}");
}

/// The plain bug: one CPU, a page in the swap cache, a migration that drops D and fails, a reclaim.
const PLAIN: &str = "cpu0: W0 P0 R0 W0 D0 | kswapd: P0";
/// The race: the other CPU stores between the read of the entry and its clear.
const RACE: &str = "cpu0: W0 F0 I0 D0 | cpu1: W0";
/// Two CPUs, one migration, one reclaim.
const CORE: &str = "cpu0: W0 F0 D0 | cpu1: W0 | kswapd: P0";

#[test]
fn pre_fix_loses() {
    agree("pre-fix", PLAIN, true);
    agree("pre-fix", RACE, true);
}

#[test]
fn v1_loses_only_in_the_race() {
    agree("v1", PLAIN, false);
    agree("v1", RACE, true);
}

#[test]
fn v3_does_not_lose() {
    agree("v3", PLAIN, false);
    agree("v3", RACE, false);
}

#[test]
fn two_cpus_one_migration_one_reclaim() {
    agree("v3", CORE, false);
}

/// The model without one line of an action.
fn without(line: &str, instead: &str) -> String {
    assert_eq!(ACTIONS.matches(line).count(), 1, "{line:?} is not one place of the actions");
    ACTIONS.replace(line, instead)
}

/// Spin's verdict comes from the steps of its model: with a fault in one of them, the correct version loses.
#[test]
fn a_fault_in_the_model_is_found() {
    let faults = [
        ("#define FLUSH asked[me] = CPUS_THAT_CACHE; DROP_OWN", "#define FLUSH asked[me] = 0; DROP_OWN", RACE),
        ("#define T_MarkFolioDirty SET(folio, DIRTY); ", "#define T_MarkFolioDirty ", PLAIN),
    ];
    for (line, instead, program) in faults {
        assert!(judged(version("v3"), &case(program), &without(line, instead)), "{instead} on {program}");
    }
}

#[test]
fn what_the_model_does_not_have_is_refused() {
    for (line, what) in [
        ("W0 K+", "the operation K+"),
        ("W0 W1", "page 1"),
        ("shared=0 W0", "pages that start mapped"),
        ("swap=disk W0", "the swap device Disk"),
        ("hw=w4 W0", "the hardware w4"),
        ("flush=double W0", "flush=double"),
    ] {
        let refused = model(version("v3"), &case(line), Purpose::Count, ACTIONS);
        assert_eq!(refused.map_err(|e| e.0), Err(what.to_owned()), "{line}");
    }
}
