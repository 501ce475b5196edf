//! Schedules by place: the same execution as the counted ones, on every version; and what is said where one
//! stops matching.

mod common;

use common::version;
use corpus::{Case, Until, json};
use impls::Version;
use model::listing::{Doing, Node};
use model::{Action, Event, Machine};
use oracle::guard::quietly;
use oracle::{Judge, Why, by_place, counted, resolve, trace};

const S3: &str = "kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0 | schedule: 0*26 1*3";
const S3_BY_PLACE: &str =
    "kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0 | schedule: 0 to migrate_vma_collect_pmd/ClearPte, 1 op";

fn case(line: &str) -> Case {
    line.parse().unwrap_or_else(|e| panic!("{line}: {e}"))
}

fn execution(version: &Version, case: &Case) -> Vec<(Event, Machine)> {
    trace(version, case).rows.into_iter().map(|row| (row.event, row.after)).collect()
}

/// From steps to places and back, on the cases that come with lostwrite and every version and mutant: the same
/// machines in the same order, as text and as JSON.
#[test]
fn places_are_the_same_execution() {
    let mutants = impls::mutants().iter().map(|m| &m.version).step_by(11);
    let versions: Vec<&Version> = impls::registry().iter().chain(mutants).collect();
    let (mut named, mut plain) = (0, 0);
    for entry in corpus::builtin().into_iter().flat_map(|f| f.entries).filter(|e| !e.case.schedule.is_empty()) {
        for version in &versions {
            let at = format!("{} on {}", entry.place, version.name);
            let placed = by_place(version, &entry.case);
            assert_eq!(case(&placed.to_string()), placed, "{at}");
            assert_eq!(json::from_json(&json::to_json(&placed)).as_ref(), Ok(&placed), "{at}");
            let back = resolve(version, &placed);
            assert_eq!(back.stopped, None, "{at}: {placed}");
            assert_eq!(by_place(version, &back.case), placed, "{at}");
            assert_eq!(
                execution(version, &placed),
                execution(version, &entry.case),
                "{at}: {placed} and {}",
                back.case
            );
            assert_eq!(execution(version, &back.case), execution(version, &entry.case), "{at}");
            let counts = |s: &&corpus::Segment| matches!(s.until, Until::Times(_)) && s.who.actor().is_some();
            plain += placed.schedule.segments().iter().filter(counts).count();
            named += placed.schedule.segments().iter().filter(|s| !counts(s)).count();
        }
    }
    println!("{named} entries by place, {plain} that count an actor's steps");
    assert!(named > 1000 && plain * 20 < named, "{named} by place, {plain} counted");
}

#[test]
fn a_schedule_by_place_reads_as_one() {
    let placed = by_place(version("v1"), &case(S3));
    assert!(placed.to_string().ends_with("schedule: 0 to migrate_vma_collect_pmd/GetFolio, 1 op"), "{placed}");
    assert_eq!(counted(version("v1"), &placed).to_string(), S3);
}

/// The listing gets a step in front: what is counted now means the read, what is named still the clear.
#[test]
fn a_step_more_moves_what_is_counted_and_not_what_is_named() {
    let v1 = version("v1");
    let front = Node::Do(Doing::Step(Action::DrainLru), Vec::new());
    let body = std::iter::once(front).chain(v1.listing().iter().cloned()).collect();
    let longer = v1.edited(0, body).expect("it links");
    for (line, on_longer) in [(S3, false), (S3_BY_PLACE, true)] {
        let scenario = |version: &Version| trace(version, &case(line)).scenario().map(|s| s.name());
        assert_eq!(scenario(v1), Some("sampled-dirty"), "{line}");
        assert_eq!(scenario(&longer), on_longer.then_some("sampled-dirty"), "{line}");
        assert_eq!(trace(&longer, &case(line)).judges.of(Judge::LastWrite).is_some(), on_longer, "{line}");
    }
}

/// Whatever a version does with the word of the clear, it is the same place.
#[test]
fn a_clear_is_a_clear() {
    for name in ["pre-fix", "v1", "v2", "v3"] {
        let resolved = resolve(version(name), &case(S3_BY_PLACE));
        assert_eq!(resolved.stopped, None, "{name}");
        let lost = ["pre-fix", "v1"].contains(&name);
        assert_eq!(trace(version(name), &case(S3_BY_PLACE)).loses(), lost, "{name}");
    }
    let exact = S3_BY_PLACE.replace("ClearPte", "ClearPteIgnored");
    assert_eq!(resolve(version("v1"), &case(&exact)).stopped, None);
    assert!(resolve(version("v2"), &case(&exact)).stopped.is_some());
}

/// The answer to a flush comes by itself, unless the schedule has given it already or stops before it.
#[test]
fn answers_come_by_themselves() {
    let start = "kernel=6.0 cpu0: W0 D0 | cpu1: R0 | schedule: 0 op, 1 op, 0 ";
    let schedule = |until: &str| {
        let resolved = resolve(version("v1"), &case(&format!("{start}{until}")));
        assert_eq!(resolved.stopped, None, "{until}");
        let all = resolved.case.to_string();
        all.split_once("schedule: ").expect("one").1.to_owned()
    };
    let by_itself = schedule("end");
    assert!(by_itself.contains(" i1 "), "{by_itself}");
    assert_eq!(schedule("to FlushWait, i1, 0 end"), by_itself);
    assert!(!schedule("to FlushWait").contains('i'));
    assert_eq!(schedule("to FlushWait, 0 to UnlockPtl, 0 end"), by_itself);
}

#[test]
fn what_stopped_matching_is_said() {
    let programs = "kernel=6.0 cpu0: W0 D0 | cpu1: W0 Z0 | schedule: ";
    for (version_name, schedule, entry, why, said) in [
        (
            "v3",
            "1 op, 0 to migrate_vma_collect_pmd/ClearPteIgnored",
            1,
            Why::NoStep,
            "of v3 has no step ClearPteIgnored",
        ),
        ("v1", "0 to nowhere/ClearPte", 0, Why::NoFunction, "v1 has no function nowhere"),
        (
            "v1",
            "0 to InstallExclusiveEntry",
            0,
            Why::Never,
            "cpu0 came to the end of its program, and not to InstallExclusiveEntry",
        ),
        ("v1", "0 to ReadPte#99", 0, Why::Never, "and not to ReadPte#99"),
        ("v1", "1 op*2, 1 op", 1, Why::Over, "the program of cpu1 is over"),
        ("v1", "1 op, i0, 0 end", 1, Why::CannotMove, "the interrupt of cpu0 cannot move here"),
        ("v1", "1 op*2, 1*2, 0 end", 1, Why::CannotMove, "cpu1 cannot move here"),
    ] {
        let stopped = resolve(version(version_name), &case(&format!("{programs}{schedule}"))).stopped;
        let stopped = stopped.unwrap_or_else(|| panic!("{schedule}: it matches"));
        assert_eq!((stopped.entry, &stopped.why), (entry, &why), "{schedule}: {stopped}");
        let text = stopped.to_string();
        let head = format!("the schedule stopped matching at entry {}, '", entry + 1);
        assert!(text.starts_with(&head) && text.contains(said), "{schedule}: {text}");
    }
    // Waiting for a lock, for a CPU in the middle of an access, and for an actor without blocking.
    let locked = format!("{programs}1 op, 0 past migrate_vma_collect_pmd/LockPtl, 1 end, 0 end");
    let stopped = resolve(version("v1"), &case(&locked)).stopped.expect("cpu1 waits");
    assert!(matches!(&stopped.why, Why::Waits(at) if at.action == Action::LockPtl), "{stopped}");
    assert!(stopped.to_string().contains("cpu1 has to wait at LockPtl of "), "{stopped}");
    let access = "kernel=6.0 cpu0: W0 D0 | cpu1: W0 W0 | schedule: 0 op, 1 op, 1 to Access, 0 end, 1 end";
    let stopped = resolve(version("v1"), &case(access)).stopped.expect("cpu0 waits");
    assert_eq!((stopped.entry, &stopped.why), (3, &Why::NoAnswer), "{stopped}");
    // The rest goes on: cpu1 finishes.
    let trace = trace(version("v1"), &case(access));
    assert!(trace.complete() && trace.stopped == Some(stopped));
}

/// One that stands at a place is there; `#2` is the next time; `past` does the step.
#[test]
fn a_place_that_is_reached_is_reached() {
    let v1 = version("v1");
    let steps = |schedule: &str| {
        let line = format!("kernel=6.0 cpu0: W0 W1 DD0 | cpu1: R0 | schedule: {schedule}");
        let resolved = resolve(v1, &case(&line));
        assert_eq!(resolved.stopped, None, "{line}");
        resolved.case.schedule.len()
    };
    let there = "0 to migrate_vma_collect_pmd/ReadPte";
    let once = steps(there);
    assert_eq!(steps(&format!("{there}, {there}")), once);
    assert_eq!(steps("0 past migrate_vma_collect_pmd/ReadPte"), once + 1);
    let twice = steps(&format!("{there}#2"));
    assert!(twice > once + 1);
    assert_eq!(steps(&format!("{there}, {there}#2")), twice);
}

/// What cannot be carried out stops the schedule as it stops the replay.
#[test]
fn a_listing_with_a_fault_is_no_panic() {
    let cases: Vec<Case> = corpus::builtin().into_iter().flat_map(|f| f.entries).map(|e| e.case).collect();
    quietly(|| {
        for mutant in impls::mutants() {
            let case = &cases[mutant.version.name.len() % cases.len()];
            let placed = by_place(&mutant.version, case);
            assert_eq!(
                execution(&mutant.version, &placed),
                execution(&mutant.version, case),
                "{}",
                mutant.version.name
            );
        }
    });
}
