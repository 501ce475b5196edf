//! Shrinking: smaller, still failing, and nothing left that could go.

mod common;

use common::version;
use corpus::Case;
use explore::{case_at, shrink};
use model::Op;
use oracle::{Judge, Judges, execute, trace};

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

/// What must not grow: actors, operations, choices, runs.
fn size(case: &Case) -> [usize; 4] {
    [case.programs.actors.into(), case.programs.total(), case.schedule.len(), case.schedule.runs().len()]
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
        for (before, after) in size(&case).into_iter().zip(size(&small)) {
            assert!(after <= before, "{case} became {small}");
        }
        assert_eq!(small, shrink(&small, loses), "a second time changes nothing");
        assert_eq!(small, shrink(&case, loses), "the same both times");
        let mut repaired = small.clone();
        repaired.repair();
        assert_eq!(small, repaired, "the result is a valid case");
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
