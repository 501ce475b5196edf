//! Shrinking: smaller, the same verdict, and nothing left that could go.

mod common;

use common::version;
use corpus::Case;
use explore::schedulers::case_at;
use explore::shrink::{
    Limits, Sample, Shrunk, Signature, Size, deletions, draw_losing, shrink, shrink_to, statistics,
};
use impls::Version;
use model::Op;
use oracle::{Judge, Judges, execute, trace};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::sync::{LazyLock, Mutex};

fn case(line: &str) -> Case {
    line.parse().unwrap_or_else(|e| panic!("{line}: {e}"))
}

fn loss(version: &'static Version, case: &Case) -> Option<Signature<'static>> {
    Signature::all(version, case).into_iter().find(|s| s.judge() == Judge::LastWrite)
}

/// Random losing cases from the generator and from bytes, on every version and every CPU.
static LOSING: LazyLock<Vec<(Case, Signature<'static>)>> = LazyLock::new(|| {
    let drawn = (0..560u64).into_par_iter().filter_map(|number| {
        let (version, _, case) = draw_losing(7, number)?;
        let signature = loss(version, &case)?;
        Some((case, signature))
    });
    drawn.collect()
});

/// Whatever judges say of numbered executions, on versions and on one with each of the mistakes that can be
/// made in it.
fn anything(executions: u64) -> Vec<(Case, Signature<'static>)> {
    let edits = impls::edits(version("v3"));
    let mutants = edits.iter().map(|edit| &*Box::leak(Box::new(edit.of(version("v3")))));
    let versions: Vec<&'static Version> = impls::registry().iter().chain(mutants).collect();
    let of = |index: u64| {
        let version = versions[index as usize % versions.len()];
        let (mut case, mut recorder) = case_at(5, index);
        recorder.restart(true);
        // Some mistakes ask the model for what does not exist.
        let run = || execute(version, &case.config, &case.programs, &mut recorder, &mut Judges::default());
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err() {
            return Vec::new();
        }
        case.schedule = recorder.schedule().clone();
        Signature::all(version, &case).into_iter().map(move |s| (case.clone(), s)).collect::<Vec<_>>()
    };
    (0..executions).into_par_iter().flat_map_iter(of).collect()
}

/// What every result has to be.
fn is_sound(before: &Case, signature: &Signature<'static>, shrunk: &Shrunk<'static>) {
    let after = &shrunk.case;
    let at = format!("{signature}: {before} became {after}");
    let (old, new) = (Size::of(before), Size::of(after));
    assert!(new <= old && new.fits(&old), "{at}");
    assert!(shrunk.signature.holds(after), "{at}");
    // The page may have another number; the rest is as it was.
    let fixed = |s: &Signature| (s.version().name, s.judge(), s.scenario(), s.page().is_some());
    assert_eq!(fixed(signature), fixed(&shrunk.signature), "{at}");
    assert!(!before.config.keeps_contract() || after.config.keeps_contract(), "{at}");
    let mut repaired = after.clone();
    repaired.repair();
    assert_eq!(*after, repaired, "the result is a valid case");
    assert_eq!(after.to_string().parse::<Case>().as_ref(), Ok(after), "{at}");
}

/// None of the cases that are one deletion away shows the same.
fn is_minimal(shrunk: &Shrunk) {
    for smaller in deletions(&shrunk.case) {
        assert!(!shrunk.signature.holds(&smaller), "{}: {} could be {smaller}", shrunk.signature, shrunk.case);
    }
}

#[test]
fn no_single_deletion_of_a_result_shows_the_same() {
    assert!(LOSING.len() >= 220, "only {} cases", LOSING.len());
    LOSING.par_iter().for_each(|(before, signature)| {
        let shrunk = shrink_to(before, *signature, &Limits::default());
        assert!(shrunk.complete, "{before}");
        is_sound(before, signature, &shrunk);
        is_minimal(&shrunk);
    });
}

/// Not only losses: every judge's word is kept.
#[test]
fn what_any_judge_says_shrinks_to_a_minimum() {
    let found = anything(40_000);
    let judges: BTreeSet<Judge> = found.iter().map(|(_, s)| s.judge()).collect();
    assert_eq!(judges.len(), Judge::ALL.len(), "{judges:?}");
    // As many of each.
    let some = Judge::ALL.iter().flat_map(|j| found.iter().filter(|(_, s)| s.judge() == *j).take(24));
    some.collect::<Vec<_>>().into_par_iter().for_each(|(before, signature)| {
        let shrunk = shrink_to(before, *signature, &Limits::default());
        assert!(shrunk.complete, "{before}");
        is_sound(before, signature, &shrunk);
        is_minimal(&shrunk);
    });
}

/// Every step is smaller than the one before it, and none has more of anything that a reader counts than what
/// went in.
#[test]
fn every_step_is_smaller() {
    LOSING[..40].par_iter().for_each(|(before, signature)| {
        let steps = Mutex::new(vec![(Size::of(before), 0)]);
        let progress =
            |size: &Size, executions: u64| steps.lock().expect("nobody panics").push((*size, executions));
        let shrunk = shrink_to(before, *signature, &Limits { progress: Some(&progress), ..Limits::default() });
        let steps = steps.into_inner().expect("nobody panics");
        assert_eq!(steps.last().map(|s| s.0), Some(Size::of(&shrunk.case)));
        for pair in steps.windows(2) {
            assert!(pair[1].0 < pair[0].0 && pair[1].1 > pair[0].1, "{before}: {pair:?}");
            assert!(pair[1].0.fits(&steps[0].0), "{before}: {pair:?}");
        }
    });
}

#[test]
fn shrinking_a_result_changes_nothing() {
    LOSING[40..80].par_iter().for_each(|(before, signature)| {
        let once = shrink_to(before, *signature, &Limits::default());
        let twice = shrink_to(&once.case, once.signature, &Limits::default());
        assert_eq!((&once.case, once.signature), (&twice.case, twice.signature), "{before}");
        assert!(twice.complete);
    });
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let of = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let samples = pool.install(|| statistics(3, 30, &Limits::default(), || ()));
        let say =
            |s: &Sample| format!("{} {:?} {} {:?} {}", s.version.name, s.origin, s.before, s.shrunk, s.minimal);
        samples.iter().map(say).collect::<Vec<_>>()
    };
    let one = of(1);
    assert_eq!(one.len(), 30);
    assert_eq!(one, of(3));
}

/// With any bound the result is sound, and a wider bound never gives a larger one.
#[test]
fn a_bound_is_kept_and_gives_the_best_so_far() {
    LOSING[80..110].par_iter().for_each(|(before, signature)| {
        let mut last = Size::of(before);
        for executions in [0, 1, 2, 5, 20, 100, 500, 2_000] {
            let shrunk = shrink_to(before, *signature, &Limits { executions, ..Limits::default() });
            is_sound(before, signature, &shrunk);
            // One execution may count as many as its steps make it.
            assert!(shrunk.executions <= executions + 2 * u64::from(oracle::STEP_BOUND) / 1024 + 1, "{before}");
            assert!(Size::of(&shrunk.case) <= last, "{before}");
            last = Size::of(&shrunk.case);
            assert!(!shrunk.complete || shrunk.executions < executions, "{before}");
        }
    });
}

#[test]
fn who_asks_to_stop_gets_the_best_so_far() {
    let (before, signature) = &LOSING[1];
    let stop = AtomicBool::new(true);
    let at_once = shrink_to(before, *signature, &Limits { stop: Some(&stop), ..Limits::default() });
    assert_eq!((&at_once.case, at_once.complete), (before, false));
    // After three steps.
    let stop = AtomicBool::new(false);
    let seen = Mutex::new(Vec::new());
    let progress = |size: &Size, _: u64| {
        let mut seen = seen.lock().expect("nobody panics");
        seen.push(*size);
        stop.store(seen.len() >= 3, std::sync::atomic::Ordering::Relaxed);
    };
    let shrunk = shrink_to(
        before,
        *signature,
        &Limits { stop: Some(&stop), progress: Some(&progress), ..Limits::default() },
    );
    is_sound(before, signature, &shrunk);
    assert!(!shrunk.complete);
    let seen = seen.into_inner().expect("nobody panics");
    assert_eq!((seen.len(), seen.last()), (3, Some(&Size::of(&shrunk.case))));
}

fn shrunk(name: &str, line: &str) -> String {
    let (version, case) = (version(name), case(line));
    let signature = loss(version, &case).unwrap_or_else(|| panic!("{name} loses nothing on {line}"));
    let shrunk = shrink_to(&case, signature, &Limits::default());
    is_sound(&case, &signature, &shrunk);
    is_minimal(&shrunk);
    shrunk.case.to_string()
}

/// Large cases whose smallest form is known.
#[test]
fn known_losses_shrink_to_what_is_known() {
    // swapcache-dirty, with a CPU, a kernel, a swap device, an actor and two pages too many. The drain pages
    // out and reads back.
    let s1 = "kernel=6.0 W0 P0 R0 W0 D0";
    assert_eq!(shrunk("pre-fix", "kernel=6.0 W0 P0 R0 W0 D0 P0 R0"), s1);
    let large = "kernel=6.1.192 hw=sw-dirty device-frames=1 cpu0: W1 W2 P2 R2 W2 D2 P2 R2 | cpu1: R1 W0 | schedule: 1*3 0*90";
    assert_eq!(shrunk("pre-fix", large), s1);
    // lazyfree-dirty: a range and a pin where a page and a reference will do, or nothing at all.
    assert_eq!(shrunk("pre-fix", "W0 F0 W0 DD0 G0 R0"), "kernel=6.0 W0 F0 W0 D0");
    // sampled-dirty needs two actors, and the store between two steps of the migration.
    let s3 = "cpu0: W0 F0 I0 D0 | cpu1: W0 R1 | kswapd: P1 | schedule: 2 0*26 1*3";
    assert_eq!(shrunk("v1", s3), "kernel=6.0 cpu0: F0 I0 D0 | cpu1: W0 | schedule: 1*6 0*18 1*2");
    // stale-load is a stale load: another loss of the same version would be another bug.
    let s2a = "shared=0 cpu0: D0 | cpu1: R0 Z0 R0 | schedule: 1*2 0*9 1*11";
    let signature = loss(version("v1"), &case(s2a)).expect("it loses");
    assert_eq!(signature.scenario().map(impls::Scenario::name), Some("stale-load"));
    shrunk("v1", s2a);
}

/// By place it shows the same in no more entries, and stops where it is too late.
#[test]
fn what_has_shrunk_can_be_said_by_place() {
    let parallel: Vec<_> = LOSING.iter().filter(|(case, _)| !case.is_sequential()).take(60).collect();
    let shrunk: Vec<_> = parallel
        .par_iter()
        .map(|(case, signature)| shrink_to(case, *signature, &Limits { executions: 3000, ..Limits::default() }))
        .collect();
    let (mut scheduled, mut placed) = (0, 0);
    for shrunk in shrunk.iter().filter(|s| !s.case.schedule.is_empty()) {
        scheduled += 1;
        let Some(by_place) = shrunk.by_place() else {
            println!("not by place: {}: {}", shrunk.signature, shrunk.case);
            continue;
        };
        placed += 1;
        assert!(shrunk.signature.holds(&by_place), "{} and {by_place}", shrunk.case);
        assert!(by_place.schedule.segments().len() <= Size::of(&shrunk.case).runs, "{by_place}");
        // What goes in by place is shrunk as what it comes to.
        let again = shrink_to(&by_place, shrunk.signature, &Limits::default());
        assert!(again.signature.holds(&again.case), "{by_place}");
    }
    println!("{placed} of {scheduled} by place");
    // A run of what cannot move is repaired step by step, and may stand for many turns.
    assert!(scheduled > 5 && placed * 4 >= scheduled * 3, "{placed} of {scheduled}");
    let s3 = case("kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0 | schedule: 0*26 1*3");
    let signature = loss(version("v1"), &s3).expect("it loses");
    let by_place = shrink_to(&s3, signature, &Limits::default()).by_place().expect("by place");
    assert!(by_place.to_string().ends_with("0 to migrate_vma_collect_pmd/ClearPte, 1 op"), "{by_place}");
}

/// The page is the one that the verdict was about, whatever its number becomes.
#[test]
fn the_page_of_a_verdict_is_followed() {
    let line = case("W2 P2 R2 W2 D2 W0 P0 R0 W0");
    let signature = loss(version("pre-fix"), &line).expect("it loses");
    assert_eq!(signature.page(), Some(2));
    let shrunk = shrink_to(&line, signature, &Limits::default());
    assert_eq!(shrunk.signature.page(), Some(0));
    assert!(!signature.holds(&shrunk.case));
}

/// A case without the verdict is left alone.
#[test]
fn what_does_not_show_it_stays() {
    let signature = loss(version("pre-fix"), &case("W0 P0 R0 W0 D0")).expect("it loses");
    let fine = case("cpu0: W0 R0 | cpu1: R0 | schedule: 0 1 0");
    let shrunk = shrink_to(&fine, signature, &Limits::default());
    assert_eq!((shrunk.case, shrunk.executions), (fine, 1));
    assert!(Signature::all(version("v3"), &case("W0 P0 R0 W0 D0")).is_empty());
}

/// The list of deletions, against what can be counted.
#[test]
fn deletions_are_all_there() {
    let line = case(
        "kernel=6.1 hw=w1 swap=disk swap-in=writable-clean shared=0 cpu0: W0 R1 | cpu1: D0 | schedule: 0*3 1 0*2",
    );
    let all = deletions(&line);
    let has = |text: &str| assert!(all.contains(&case(text)), "{text}");
    let options = "kernel=6.1 hw=w1 swap=disk swap-in=writable-clean shared=0";
    has(&format!("{options} cpu0: W0 R1 | schedule: 0*5"));
    has(&format!("{options} cpu0: D0 | schedule: 0"));
    has(&format!("{options} cpu0: R1 | cpu1: D0 | schedule: 0*3 1 0*2"));
    has(&format!("{options} cpu0: W0 | cpu1: D0 | schedule: 0*3 1 0*2"));
    has(&format!("{options} cpu0: W0 R1 | cpu1: | schedule: 0*3 1 0*2"));
    has(&format!("{options} cpu0: W0 R1 | cpu1: D0 | schedule: 0*5"));
    has(&format!("{options} cpu0: W0 R1 | cpu1: D0 | schedule: 0*3 1 0"));
    has(&format!("{options} cpu0: W0 R1 | cpu1: D0 | schedule: 0*2 1 0*2"));
    let rest = "cpu0: W0 R1 | cpu1: D0 | schedule: 0*3 1 0*2";
    has(&format!("kernel=6.1 swap=disk swap-in=writable-clean shared=0 {rest}"));
    has(&format!("kernel=6.1 hw=w1 swap-in=writable-clean shared=0 {rest}"));
    has(&format!("kernel=6.1 hw=w1 swap=disk shared=0 {rest}"));
    has(&format!("kernel=6.1 hw=w1 swap=disk swap-in=writable-clean {rest}"));
    has(&format!("kernel=6.0 hw=w1 swap=disk shared=0 {rest}"));
    for smaller in &all {
        assert!(Size::of(smaller) < Size::of(&line), "{smaller}");
    }
}

/// The other entrance: any property of a case.
mod property {
    use super::*;

    fn loses(case: &Case) -> bool {
        let mut judges = Judges::default();
        oracle::replay(version("v1"), case, &mut judges);
        judges.of(Judge::LastWrite).is_some()
    }

    /// Losses of v1, which need several actors, with their schedules.
    fn losses(count: usize) -> Vec<Case> {
        let recorded = |index| {
            let (mut case, mut recorder) = case_at(1, index);
            recorder.restart(true);
            execute(version("v1"), &case.config, &case.programs, &mut recorder, &mut Judges::default());
            case.schedule = recorder.schedule().clone();
            case
        };
        (0..).map(recorded).filter(loses).take(count).collect()
    }

    fn without_op(case: &Case, actor: usize, at: usize) -> Case {
        let mut smaller = case.clone();
        let mut ops = case.programs.of(actor).to_vec();
        ops.remove(at);
        smaller.programs.len[actor] = 0;
        smaller.programs.ops[actor] = [Op::default(); model::MAX_OPS];
        for op in ops {
            smaller.programs.push(actor, op);
        }
        smaller
    }

    #[test]
    fn the_result_is_no_larger_and_still_fails() {
        for case in losses(12) {
            let small = shrink(&case, loses);
            assert!(loses(&small), "{case} became {small}");
            assert!(Size::of(&small).fits(&Size::of(&case)), "{case} became {small}");
            assert_eq!(small, shrink(&small, loses), "a second time changes nothing");
            assert_eq!(small, shrink(&case, loses), "the same both times");
        }
    }

    #[test]
    fn no_operation_of_the_result_can_go() {
        for case in losses(12) {
            let small = shrink(&case, loses);
            for actor in 0..small.programs.actors as usize {
                for at in 0..small.programs.of(actor).len() {
                    let smaller = without_op(&small, actor, at);
                    assert!(!loses(&smaller), "{small} could be {smaller}");
                }
            }
        }
    }

    #[test]
    fn what_always_fails_shrinks_to_nothing_and_what_never_does_stays() {
        for case in losses(4) {
            assert_eq!(shrink(&case, |_| true), Case::default(), "{case}");
            assert_eq!(shrink(&case, |_| false), case);
        }
    }

    /// Within its class: what is asked for is kept, here the scenario.
    #[test]
    fn a_property_that_is_asked_for_is_kept() {
        for case in losses(6) {
            let scenario = trace(version("v1"), &case).scenario();
            let small = shrink(&case, |c| loses(c) && trace(version("v1"), c).scenario() == scenario);
            assert!(scenario.is_some(), "{case}");
            assert_eq!(trace(version("v1"), &small).scenario(), scenario, "{case} became {small}");
        }
    }
}
