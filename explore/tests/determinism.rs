//! A numbered execution is the same wherever and whenever it runs, and a recorded one replays.

mod common;

use common::{Steps, run, version};
use explore::hunt::{HuntOptions, HuntReport, Limit, Origin, hunt};
use explore::schedulers::{Recorder, SamplerKind, case_at, rng_for};
use oracle::{Drain, Judge, Judges, execute, trace};

/// Step by step: the same case, the same choices, the same machines.
#[test]
fn a_numbered_execution_runs_the_same_twice() {
    for index in 0..256 {
        let ((case, mut one), (again, mut two)) = (case_at(7, index), case_at(7, index));
        assert_eq!(case, again);
        for version in impls::thread() {
            one.restart(false);
            let (first, _) = run(version, &case, &mut one);
            two.restart(false);
            let (second, _) = run(version, &case, &mut two);
            assert_eq!(first.steps.len(), second.steps.len(), "execution {index} on {}", version.name);
            for (n, (a, b)) in first.steps.iter().zip(&second.steps).enumerate() {
                assert_eq!(a, b, "execution {index} on {}, step {}", version.name, n + 1);
            }
            // And a third time by the one that has just run.
            two.restart(index % 2 == 0);
            let (third, _) = run(version, &case, &mut two);
            assert!(second.steps == third.steps, "execution {index} on {} after a restart", version.name);
        }
    }
}

/// Neighbouring numbers and neighbouring seeds are not the same execution.
#[test]
fn other_numbers_are_other_executions() {
    let of = |seed, index| {
        let (case, mut recorder) = case_at(seed, index);
        let (steps, _) = run(version("v3"), &case, &mut recorder);
        (case, steps.steps.len())
    };
    let mut all: Vec<_> = (0..64).flat_map(|n| [of(1, n), of(2, n)]).map(|c| format!("{c:?}")).collect();
    all.sort();
    all.dedup();
    assert!(all.len() > 96, "only {} of 128 are different", all.len());
}

/// A recorded schedule is a whole description: the same judges say the same at the same steps, the programs
/// take as many steps, and the machine ends up the same.
#[test]
fn a_recorded_execution_replays() {
    let mut found = 0;
    for index in 0..1024 {
        let (mut case, mut recorder) = case_at(3, index);
        for version in impls::thread() {
            recorder.restart(true);
            let mut judges = Judges::default();
            let summary = execute(version, &case.config, &case.programs, &mut recorder, &mut judges);
            case.schedule = recorder.schedule().clone();
            let mut again = Judges::default();
            let replayed = oracle::replay(version, &case, &mut again);
            let at = format!("execution {index} on {}: {case}", version.name);
            assert_eq!(judges.iter().collect::<Vec<_>>(), again.iter().collect::<Vec<_>>(), "{at}");
            assert_eq!(
                (summary.end, summary.steps, summary.program_steps),
                (replayed.end, replayed.steps, replayed.program_steps),
                "{at}"
            );
            assert_eq!(summary.machine, replayed.machine, "{at}");
            found += usize::from(!judges.is_silent());
        }
    }
    assert!(found > 20, "only {found} executions with a finding: the comparison says little");
}

/// An execution that outgrows a schedule: the rest is left to the drain, while recording as in the replay.
#[test]
fn an_execution_longer_than_a_schedule_replays_too() {
    let ops = "W0 R1 P0 R0 D0 ".repeat(6);
    let case: corpus::Case = format!("cpu0: {ops}| cpu1: {ops}| cpu2: {ops}").parse().expect("a case");
    let mut recorder = Recorder::new(SamplerKind::RandomWalk, rng_for(1, 1));
    recorder.restart(true);
    let (steps, summary) = run(version("v3"), &case, &mut recorder);
    let mut recorded = case.clone();
    recorded.schedule = recorder.schedule().clone();
    assert_eq!(recorded.schedule.runs().len(), corpus::MAX_RUNS);
    assert!((recorded.schedule.len() as u32) < summary.program_steps);
    let mut replayed = Steps::default();
    oracle::replay(version("v3"), &recorded, &mut replayed);
    assert_eq!(steps.steps, replayed.steps);
    // Without the schedule it is another execution.
    let (drained, _) = run(version("v3"), &case, &mut Drain);
    assert_ne!(steps.steps, drained.steps);
}

fn options(origin: Origin, from: u64, executions: u64) -> HuntOptions {
    let limit = Limit::Executions(executions);
    HuntOptions {
        versions: impls::thread(),
        origin,
        environment: corpus::Environment::default(),
        seed: 1,
        from,
        limit,
        at_home: true,
    }
}

fn hunted(threads: usize, options: &HuntOptions) -> HuntReport {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    pool.install(|| hunt(options, |_| ()))
}

fn same(one: &HuntReport, two: &HuntReport) {
    assert_eq!((one.executions, one.unfinished), (two.executions, two.unfinished));
    assert_eq!(one.losses, two.losses);
    assert_eq!(one.alarm_count, two.alarm_count);
    assert_eq!(one.alarms, two.alarms);
    assert_eq!(format!("{:?}", one.found), format!("{:?}", two.found));
}

#[test]
fn a_hunt_finds_the_same_on_any_number_of_threads() {
    for origin in [Origin::Generator, Origin::Bytes] {
        let options = options(origin, 0, 4096);
        let one = hunted(1, &options);
        assert_eq!(one.executions, 4096);
        assert!(one.losses[&0] > 0 && !one.found.is_empty(), "{origin:?}");
        assert_eq!((one.alarm_count, one.unfinished), (0, 0), "{origin:?}");
        same(&one, &hunted(3, &options));
    }
}

/// Two hunts, the second from where the first stopped, are one hunt.
#[test]
fn a_hunt_can_be_continued() {
    let whole = hunted(2, &options(Origin::Generator, 0, 2048));
    let mut parts = hunted(2, &options(Origin::Generator, 0, 1024));
    parts.merge(hunted(2, &options(Origin::Generator, 1024, 1024)));
    same(&whole, &parts);
}

/// What is found replays, and is what it is said to be.
#[test]
fn findings_replay_as_reported() {
    let options = options(Origin::Generator, 0, 4096);
    for (class, found) in &hunted(2, &options).found {
        let version = options.versions[class.version];
        let (name, trace) = (version.name, trace(version, &found.case));
        assert!(trace.loses() && class.judge == Judge::LastWrite, "{name}: {}", found.case);
        assert_eq!((trace.scenario(), trace.length()), (class.scenario, found.length), "{name}: {}", found.case);
    }
}

#[test]
fn progress_is_reported_to_the_last_execution() {
    let done = std::sync::atomic::AtomicU64::new(0);
    let report = hunt(&options(Origin::Generator, 0, 1500), |n| {
        done.fetch_add(n, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!((report.executions, done.into_inner()), (1500, 1500));
}
