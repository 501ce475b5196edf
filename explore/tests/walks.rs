//! Executions that remember are those that do not: the same choices, the same verdict, step by step the same
//! numbers.

mod common;

use common::version;
use corpus::{Case, Shape};
use explore::hunt::first_loss::{Scheduling, first_loss};
use explore::schedulers::{Recorder, SamplerKind, case_at, rng_for};
use explore::states::walks::{Walked, Walks};
use model::World;
use oracle::{Goals, Judge, Judges, Replay, execute};

const KINDS: [SamplerKind; 4] =
    [SamplerKind::RandomWalk, SamplerKind::Pct(2), SamplerKind::Pct(3), SamplerKind::Burst];

fn directly(version: &impls::Version, case: &Case, chooser: &mut impl oracle::Chooser) -> Walked {
    let mut both = (Judges::default(), Goals::default());
    let summary = execute(version, &case.config, &case.programs, chooser, &mut both);
    Walked { judges: both.0, goals: both.1, end: summary.end, steps: summary.steps }
}

/// Programs that race, then random ones, each sampled many times, with room for all states, for some of them,
/// and for one.
#[test]
fn what_is_remembered_changes_nothing() {
    let racing =
        ["cpu0: W0 F0 I0 D0 | cpu1: W0", "cpu0: W0 P0 R0 D0 | cpu1: W0 R0", "cpu0: W0 Z0 R0 | cpu1: R0 W0"];
    let racing = racing.map(|line| (line.parse().expect("a case"), 200));
    let random = (0..60).map(|index| {
        let shape = Shape { actors: 2 + index as usize % 3, pages: 1 + index as usize % 2, ops: 3 };
        (corpus::generate(&mut rng_for(3, index), &shape), 12)
    });
    let (mut spoke, mut compared) = (0, 0);
    for (index, (case, executions)) in racing.into_iter().chain(random).enumerate() {
        let every = if executions > 12 { 1 } else { 3 };
        for version in impls::registry().iter().skip(index % every).step_by(every) {
            let config = version.config(&case.config);
            let world = World::new(&config, &case.programs, version.code(config.profile));
            for most in [Walks::MOST, 40, 1] {
                let mut walks = Walks::new(&world, most);
                for n in 0..executions {
                    let recorder = || Recorder::new(KINDS[n as usize % KINDS.len()], rng_for(index as u64, n));
                    let (mut one, mut other) = (recorder(), recorder());
                    one.restart(true);
                    other.restart(true);
                    let direct = directly(version, &case, &mut one);
                    let walked = walks.walk(&mut other);
                    assert_eq!(walked, direct, "{} with {most} states, execution {n}: {case}", version.name);
                    assert_eq!(one.schedule(), other.schedule(), "{}: {case}", version.name);
                    spoke += u32::from(!direct.judges.is_silent());
                    compared += 1;
                }
                assert!(walks.states() <= most);
            }
        }
    }
    assert!(spoke > 100 && compared > 10_000, "{spoke} of {compared}");
}

/// Schedules that are given, and end before the programs do.
#[test]
fn schedules_are_replayed_as_they_are() {
    for index in 0..300 {
        let (case, recorder) = case_at(7, index);
        let case = recorder.draw_for(case, version("v2"));
        for version in [version("v1"), version("v2")] {
            let config = version.config(&case.config);
            let world = World::new(&config, &case.programs, version.code(config.profile));
            let mut walks = Walks::new(&world, 100);
            for length in [case.schedule.choices().count(), 5, 0] {
                let replay = || Replay(case.schedule.choices().take(length));
                let direct = directly(version, &case, &mut replay());
                assert_eq!(walks.walk(&mut replay()), direct, "{}, {length}: {case}", version.name);
            }
        }
    }
}

/// The number of the first execution that loses is that of a loop over executions.
#[test]
fn the_first_loss_has_the_same_number() {
    let case: Case = "cpu0: W0 F0 I0 D0 | cpu1: W0".parse().expect("a case");
    for kind in KINDS {
        for seed in 0..3 {
            let found = first_loss(version("v1"), &case, &Scheduling::Blind(kind), seed, 3_000);
            let first = (0..3_000).find(|index| {
                let mut recorder = Recorder::new(kind, rng_for(seed, *index));
                directly(version("v1"), &case, &mut recorder).judges.of(Judge::LastWrite).is_some()
            });
            assert_eq!(found.map(|f| f.execution), first.map(|n| n + 1), "{kind:?}, seed {seed}");
        }
    }
}
